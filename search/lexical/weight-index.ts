import { invalidInput, misfit } from '../../src/shared/errors';
import type { TokenWeights } from '../../src/shared/scores';
import { best } from '../ranking';
import { has, InvertedIndex } from './inverted-index';
import { type LexicalSearchOptions, scoresOf } from './scores';
import type { SavedWords, WordHit } from './word-index';

/** What tokens say. */
export type TokenTexts = Pick<ReadonlyMap<number, string>, 'get'>;

/**
 * Ranks passages by M3's lexical weights: score = Σ of query weight × passage weight over the tokens that both have.
 * Source: FlagEmbedding, `compute_lexical_matching_score`. Memory: 8 to 16 bytes a token of a passage.
 */
export class WeightIndex {
  readonly #index = new InvertedIndex<number>();
  /** What each token says. */
  readonly #texts = new Map<number, string>();

  get size(): number {
    return this.#index.size;
  }

  /** Adds a passage by its number; `texts` are those of its tokens. Throws InvalidInputError if one has that number, if ids repeat, or if a weight is not above 0. */
  add(id: number, { ids, weights }: TokenWeights, texts: TokenTexts = new Map()): void {
    if (ids.length !== weights.length) throw misfit('weights', `${ids.length} numbers`, weights.length);
    if (new Set(Array.from(ids)).size !== ids.length) throw misfit('ids', 'different token ids', 'some twice');
    const strange = Array.from(weights).findIndex((weight) => !(weight > 0 && weight < Number.POSITIVE_INFINITY));
    if (strange >= 0) throw invalidInput(`weights[${strange}]`, 'a finite number above 0', weights[strange]);
    this.#index.add(
      id,
      Array.from(ids, (token, i) => [token, weights[i]!] as const),
    );
    for (const token of Array.from(ids)) {
      const text = texts.get(token);
      // A line of what is saved is a token's.
      if (text !== undefined) this.#texts.set(token, text.replaceAll('\n', ' '));
    }
  }

  /** Takes passages out; numbers that are not there are passed over. */
  remove(ids: Iterable<number>): void {
    this.#index.remove(ids);
  }

  /** The best passages that share a token with the query, best first; `terms` are the texts of those tokens. */
  search(query: TokenWeights, { k, filter }: LexicalSearchOptions): WordHit[] {
    const terms = Array.from(query.ids, (token, i) => {
      const weight = query.weights[i]!;
      return { token, postings: this.#index.postingsOf(token), score: (value: number) => weight * value };
    });
    return best(scoresOf(this.#index, terms, filter), k).map((hit) => {
      const place = this.#index.placeOf(hit.id);
      const common = terms.filter(({ postings }) => postings && has(postings, place));
      return { ...hit, terms: common.map(({ token }) => this.#texts.get(token) ?? '') };
    });
  }

  /** The texts of all tokens. */
  get texts(): TokenTexts {
    return this.#texts;
  }

  /** The weights of some passages; those that are not there are left out. Reads the whole index. */
  weightsOf(passages: ReadonlySet<number>): Map<number, TokenWeights> {
    const found = new Map<number, { ids: number[]; weights: number[] }>();
    if (passages.size === 0) return found;
    const { keys, saved } = this.#index.save();
    for (const id of saved.passages) if (passages.has(id)) found.set(id, { ids: [], weights: [] });
    for (const [k, token] of keys.entries()) {
      for (let i = saved.offsets[k]!; i < saved.offsets[k + 1]!; i++) {
        const own = found.get(saved.passages[saved.rows[i]!]!);
        own?.ids.push(token);
        own?.weights.push(saved.values[i]!);
      }
    }
    return found;
  }

  /** What `append` takes, without removed passages. */
  save(): SavedWords {
    const { keys, saved } = this.#index.save();
    const lengths = new Uint32Array(saved.passages.length);
    for (const row of saved.rows) lengths[row]!++;
    return { ...saved, words: keys.map((token) => `${token} ${this.#texts.get(token) ?? ''}\n`).join(''), lengths };
  }

  /** Adds what another index has saved. Throws InvalidInputError, before anything is added, if it does not fit. */
  append({ words, lengths: _, ...saved }: SavedWords): void {
    const lines = words.split('\n').slice(0, -1);
    const tokens = lines.map((line) => Number.parseInt(line, 10));
    const strange = tokens.findIndex((token) => !Number.isInteger(token));
    if (strange >= 0) throw misfit('words', 'lines of token ids', lines[strange]!);
    this.#index.append(tokens, saved);
    for (const [i, token] of tokens.entries()) this.#texts.set(token, lines[i]!.slice(lines[i]!.indexOf(' ') + 1));
  }
}
