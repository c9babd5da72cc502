import { invalidInput, misfit } from '../../src/shared/errors';
import type { TokenWeights } from '../../src/shared/scores';
import { best, type Scored } from '../ranking';

/** The weights of many passages in a row, as they are stored. */
export interface SavedWeights {
  /** The passages' numbers. */
  readonly passages: Uint32Array<ArrayBuffer>;
  /** passages + 1 places: passage `i` has the ids and weights from `offsets[i]` to `offsets[i + 1]`. */
  readonly offsets: Uint32Array<ArrayBuffer>;
  /** Token ids. */
  readonly ids: Uint32Array<ArrayBuffer>;
  readonly weights: Float32Array<ArrayBuffer>;
}

/** Where a token occurs: places of passages, and its weight in each. */
interface Postings {
  readonly places: number[];
  readonly weights: number[];
}

/**
 * Ranks passages by M3's lexical weights: score = Σ of query weight × passage weight over the tokens that both have.
 * Source: FlagEmbedding, `compute_lexical_matching_score`. Memory: some 16 bytes a token of a passage.
 */
export class WeightIndex {
  readonly #postings = new Map<number, Postings>();
  /** The number of the passage at each place; places are never used twice, so that a removed passage's postings mean nothing. */
  readonly #passages: number[] = [];
  readonly #places = new Map<number, number>();

  get size(): number {
    return this.#places.size;
  }

  /** Throws InvalidInputError if a passage has that number, if ids repeat, or if a weight is not finite. */
  add(id: number, { ids, weights }: TokenWeights): void {
    if (this.#places.has(id)) throw invalidInput('id', 'a number that no passage has', id);
    if (ids.length !== weights.length) throw misfit('weights', `${ids.length} numbers`, weights.length);
    if (new Set(Array.from(ids)).size !== ids.length) throw misfit('ids', 'different token ids', 'some twice');
    const strange = Array.from(weights).findIndex((weight) => !Number.isFinite(weight));
    if (strange >= 0) throw invalidInput(`weights[${strange}]`, 'a finite number', weights[strange]);
    const place = this.#passages.push(id) - 1;
    this.#places.set(id, place);
    for (let i = 0; i < ids.length; i++) {
      const postings = this.#postings.get(ids[i]!);
      if (!postings) this.#postings.set(ids[i]!, { places: [place], weights: [weights[i]!] });
      else {
        postings.places.push(place);
        postings.weights.push(weights[i]!);
      }
    }
  }

  /** Takes passages out; numbers that are not there are passed over. Their memory is free after `save` and `restore`. */
  remove(ids: Iterable<number>): void {
    for (const id of ids) this.#places.delete(id);
  }

  /** The best passages that share a token with the query, best first; `filter` is false for one that is not to be found. */
  search(query: TokenWeights, { k, filter }: { k: number; filter?: (id: number) => boolean }): Scored[] {
    const scores = new Float64Array(this.#passages.length);
    const touched: number[] = [];
    for (let i = 0; i < query.ids.length; i++) {
      const postings = this.#postings.get(query.ids[i]!);
      if (!postings) continue;
      const weight = query.weights[i]!;
      for (const [p, place] of postings.places.entries()) {
        if (scores[place] === 0) touched.push(place);
        scores[place]! += weight * postings.weights[p]!;
      }
    }
    return best(this.#found(touched, scores, filter), k);
  }

  *#found(touched: readonly number[], scores: Float64Array, filter?: (id: number) => boolean): Iterable<Scored> {
    for (const place of touched) {
      const id = this.#passages[place]!;
      const score = scores[place]!;
      scores[place] = 0; // a place that came back to 0 in between was touched twice
      if (score !== 0 && this.#places.get(id) === place && (!filter || filter(id))) yield { id, score };
    }
  }

  /** The index in four arrays, removed passages left out. */
  save(): SavedWeights {
    const places = [...this.#places.values()];
    const rowOf = new Map(places.map((place, row) => [place, row]));
    const offsets = new Uint32Array(places.length + 1);
    for (const { places } of this.#postings.values())
      for (const place of places) if (rowOf.has(place)) offsets[rowOf.get(place)! + 1]!++;
    for (let row = 0; row < places.length; row++) offsets[row + 1]! += offsets[row]!;
    const ids = new Uint32Array(offsets.at(-1)!);
    const weights = new Float32Array(ids.length);
    const next = offsets.slice();
    for (const [id, postings] of this.#postings) {
      for (const [p, place] of postings.places.entries()) {
        const row = rowOf.get(place);
        if (row === undefined) continue;
        ids[next[row]!] = id;
        weights[next[row]!++] = postings.weights[p]!;
      }
    }
    return { passages: Uint32Array.from(places, (place) => this.#passages[place]!), offsets, ids, weights };
  }

  /** Throws InvalidInputError if the arrays do not fit each other. */
  static restore({ passages, offsets, ids, weights }: SavedWeights): WeightIndex {
    if (offsets.length !== passages.length + 1)
      throw misfit('offsets', `${passages.length + 1} places`, offsets.length);
    if (offsets.at(-1) !== ids.length) throw misfit('ids', `${offsets.at(-1)} token ids`, ids.length);
    const index = new WeightIndex();
    for (const [row, id] of passages.entries()) {
      const [start, end] = [offsets[row]!, offsets[row + 1]!];
      index.add(id, { ids: ids.subarray(start, end), weights: weights.subarray(start, end) });
    }
    return index;
  }
}
