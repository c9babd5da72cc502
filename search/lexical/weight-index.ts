import { invalidInput, misfit } from '../../src/shared/errors';
import type { TokenWeights } from '../../src/shared/scores';
import { best, type Scored } from '../ranking';
import { InvertedIndex, type SavedPostings } from './inverted-index';
import { type LexicalSearchOptions, scoresOf } from './scores';

/** Token weights of many passages, by token, as they are stored. */
export interface SavedWeights extends SavedPostings {
  /** Token ids. */
  readonly tokens: Uint32Array<ArrayBuffer>;
}

/**
 * Ranks passages by M3's lexical weights: score = Σ of query weight × passage weight over the tokens that both have.
 * Source: FlagEmbedding, `compute_lexical_matching_score`. Memory: 8 to 16 bytes a token of a passage.
 */
export class WeightIndex {
  readonly #index = new InvertedIndex<number>();

  get size(): number {
    return this.#index.size;
  }

  /** Adds a passage by its number. Throws InvalidInputError if one has that number, if ids repeat, or if a weight is not above 0. */
  add(id: number, { ids, weights }: TokenWeights): void {
    if (ids.length !== weights.length) throw misfit('weights', `${ids.length} numbers`, weights.length);
    if (new Set(Array.from(ids)).size !== ids.length) throw misfit('ids', 'different token ids', 'some twice');
    const strange = Array.from(weights).findIndex((weight) => !(weight > 0 && weight < Number.POSITIVE_INFINITY));
    if (strange >= 0) throw invalidInput(`weights[${strange}]`, 'a finite number above 0', weights[strange]);
    this.#index.add(
      id,
      Array.from(ids, (token, i) => [token, weights[i]!] as const),
    );
  }

  /** Takes passages out; numbers that are not there are passed over. */
  remove(ids: Iterable<number>): void {
    this.#index.remove(ids);
  }

  /** The best passages that share a token with the query, best first. */
  search(query: TokenWeights, { k, filter }: LexicalSearchOptions): Scored[] {
    const terms = Array.from(query.ids, (token, i) => {
      const weight = query.weights[i]!;
      return { postings: this.#index.postingsOf(token), score: (value: number) => weight * value };
    });
    return best(scoresOf(this.#index, terms, filter), k);
  }

  /** What `append` takes, without removed passages. */
  save(): SavedWeights {
    const { keys, saved } = this.#index.save();
    return { ...saved, tokens: Uint32Array.from(keys) };
  }

  /** Adds what another index has saved. Throws InvalidInputError, before anything is added, if it does not fit. */
  append({ tokens, ...saved }: SavedWeights): void {
    this.#index.append(tokens, saved);
  }
}
