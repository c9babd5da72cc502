import { misfit } from '../../src/shared/errors';
import { best, type Scored } from '../ranking';
import { has, InvertedIndex, type Postings, type SavedPostings } from './inverted-index';
import { type LexicalSearchOptions, scoresOf } from './scores';
import { termsOf } from './terms';

/** A passage as the index reads it; `id` is its number. */
export interface IndexedPassage {
  readonly id: number;
  readonly text: string;
  /** Words of these count as those of the text. */
  readonly headings?: readonly string[] | undefined;
}

export interface WordHit extends Scored {
  /** The query's words that the passage has, in the form in which they are compared. */
  readonly terms: readonly string[];
}

/** Words of many passages, as they are stored; or M3's tokens. */
export interface SavedWords extends SavedPostings {
  /** The words, each with a line break after it; of a token the id, a space and its text. */
  readonly words: string;
  /** Words of each passage, as many times as they occur; of tokens each one once. */
  readonly lengths: Uint32Array<ArrayBuffer>;
}

/** How soon more occurrences of a word stop to count, and how much long passages lose. Lucene's values. */
const K1 = 1.2;
const B = 0.75;

/**
 * Ranks passages by the words that they share with a query: BM25, score = Σ of idf × tf ÷ (tf + k1 × (1 − b + b × length ÷ mean
 * length)) with idf = ln(1 + (N − n + 0.5) ÷ (n + 0.5)), k1 = 1.2, b = 0.75. Source: Robertson and Zaragoza 2009, as Lucene 8 and
 * bm25s (`lucene`) compute it. Memory: 8 to 16 bytes for each different word of a passage.
 */
export class WordIndex {
  readonly #index = new InvertedIndex<string>();
  /** Words of the passage at each place. */
  #lengths: number[] = [];

  /** Passages in the index. */
  get size(): number {
    return this.#index.size;
  }

  /** Throws InvalidInputError if a passage has the number of one that is there; those before it stay. */
  add(passages: Iterable<IndexedPassage>): void {
    for (const { id, text, headings = [] } of passages) {
      const terms = [...headings, text].flatMap(termsOf);
      const counts = new Map<string, number>();
      for (const term of terms) counts.set(term, (counts.get(term) ?? 0) + 1);
      this.#index.add(id, counts);
      this.#lengths.push(terms.length);
    }
  }

  /** Takes passages out; numbers that are not there are passed over. */
  remove(ids: Iterable<number>): void {
    const moved = this.#index.remove(ids);
    if (moved) this.#lengths = [...moved.keys()].map((place) => this.#lengths[place]!);
  }

  /** The best passages that share a word with the query, best first. */
  search(query: string, { k, filter }: LexicalSearchOptions): WordHit[] {
    const words = [...new Set(termsOf(query))].map((word) => ({ word, postings: this.#index.postingsOf(word) }));
    const mean = this.#meanLength();
    const terms = words.map(({ postings }) => {
      const n = postings ? this.#passagesIn(postings) : 0;
      const idf = Math.log(1 + (this.size - n + 0.5) / (n + 0.5));
      const score = (tf: number, place: number) =>
        (idf * tf) / (tf + K1 * (1 - B + (B * this.#lengths[place]!) / mean));
      return { postings, score };
    });
    return best(scoresOf(this.#index, terms, filter), k).map((hit) => {
      const place = this.#index.placeOf(hit.id);
      return {
        ...hit,
        terms: words.filter(({ postings }) => postings && has(postings, place)).map(({ word }) => word),
      };
    });
  }

  /** What `append` takes, without removed passages: it spares to read their texts again. */
  save(): SavedWords {
    const { keys, saved, places } = this.#index.save();
    const lengths = Uint32Array.from(places, (place) => this.#lengths[place]!);
    return { ...saved, words: keys.map((word) => `${word}\n`).join(''), lengths };
  }

  /** Adds what another index has saved. Throws InvalidInputError, before anything is added, if it does not fit. */
  append({ words, lengths, ...saved }: SavedWords): void {
    if (lengths.length !== saved.passages.length)
      throw misfit('lengths', `${saved.passages.length} numbers`, lengths.length);
    this.#index.append(words.split('\n').slice(0, -1), saved);
    for (const length of lengths) this.#lengths.push(length);
  }

  #meanLength(): number {
    let total = 0;
    for (let place = 0; place < this.#lengths.length; place++)
      if (this.#index.passageAt(place) >= 0) total += this.#lengths[place]!;
    return total / this.size;
  }

  /** Those that are not removed. */
  #passagesIn({ length, places }: Postings): number {
    if (this.#index.places === this.size) return length;
    let passages = 0;
    for (let i = 0; i < length; i++) if (this.#index.passageAt(places[i]!) >= 0) passages++;
    return passages;
  }
}
