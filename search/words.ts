import type { SparseData } from '../src/shared/protocol';
import type { TokenWeights } from '../src/shared/scores';
import type { Lexical } from '../src/shared/search';
import { textOf } from './collection';
import { type TokenTexts, WeightIndex } from './lexical/weight-index';
import { type IndexedPassage, type SavedWords, type WordHit, WordIndex } from './lexical/word-index';
import { Pauses } from './pauses';
import type { StoredDocument } from './store/segment';
import type { Bitset } from './vectors/bitset';

/** The words of some documents' passages, which have the numbers from `first` on. Other work gets its turn every 20 ms. */
export async function wordsOf(
  documents: readonly StoredDocument[],
  first: number,
  signal: AbortSignal,
): Promise<SavedWords> {
  const pauses = new Pauses(signal);
  const index = new WordIndex();
  for (const passage of numbered(documents, first)) {
    index.add([passage]);
    if (pauses.isDue) await pauses.pause();
  }
  return index.save();
}

function* numbered(documents: readonly StoredDocument[], first: number): Generator<IndexedPassage> {
  let id = first;
  for (const one of documents)
    for (const passage of one.passages) yield { id: id++, text: textOf(one, passage), headings: passage.headings };
}

/** M3's weights of passages, which have the numbers from `first` on. */
export function savedWeights(rows: readonly TokenWeights[], first: number, texts: TokenTexts): SavedWords {
  const index = new WeightIndex();
  for (const [i, row] of rows.entries()) index.add(first + i, row, texts);
  return index.save();
}

/** Of all texts in a row the weights of text `i`. */
export function weightsAt({ ids, weights, offsets }: SparseData, i: number): TokenWeights {
  return {
    ids: ids.subarray(offsets[i]!, offsets[i + 1]!),
    weights: weights.subarray(offsets[i]!, offsets[i + 1]!),
  };
}

/** The words of all passages, or M3's weights of their tokens. Passages have the numbers of their rows. */
export class Words {
  readonly #index: WordIndex | WeightIndex;

  constructor(lexical: Lexical) {
    this.#index = lexical === 'weights' ? new WeightIndex() : new WordIndex();
  }

  /** Those of M3's weights; null where words are ranked by BM25. */
  get weights(): WeightIndex | null {
    return this.#index instanceof WeightIndex ? this.#index : null;
  }

  add(saved: SavedWords): void {
    this.#index.append(saved);
  }

  remove(rows: Iterable<number>): void {
    this.#index.remove(rows);
  }

  /** The best passages that share a word with the query, best first; of weights, a token. `weights` are those of the query, where there are such. */
  search(query: string, weights: TokenWeights | null, k: number, allowed: Bitset | undefined): WordHit[] {
    const options = { k, ...(allowed && { filter: (row: number) => allowed.has(row) }) };
    if (this.#index instanceof WordIndex) return this.#index.search(query, options);
    return weights ? this.#index.search(weights, options) : [];
  }

  /** As they are stored, a part for each stretch of rows: `starts` are the new numbers at which they begin, `moved` gives the new number of a row. */
  save(moved: Int32Array, starts: readonly number[]): SavedWords[] {
    const { words, passages, lengths, offsets, rows, values } = this.#index.save();
    const ids = Uint32Array.from(passages, (row) => moved[row]!);
    const partOf = Uint32Array.from(ids, (id) => starts.findLastIndex((start) => start <= id));
    const sizes = starts.map(() => 0);
    for (const row of rows) sizes[partOf[row]!]! += 1;
    const parts = sizes.map((size) => new Part(size));
    const places = ids.map((id, row) => parts[partOf[row]!]!.addPassage(id, lengths[row]!));
    for (const [w, word] of words.split('\n').slice(0, -1).entries()) {
      for (let i = offsets[w]!; i < offsets[w + 1]!; i++)
        parts[partOf[rows[i]!]!]!.addOccurrence(word, places[rows[i]!]!, values[i]!);
    }
    return parts.map((part) => part.finish());
  }
}

/** The words of one stretch of rows, gathered word by word. */
class Part {
  readonly #passages: number[] = [];
  readonly #lengths: number[] = [];
  readonly #words: string[] = [];
  readonly #offsets: number[] = [];
  readonly #rows: Uint32Array<ArrayBuffer>;
  readonly #values: Float32Array<ArrayBuffer>;
  #end = 0;

  /** @param size how many occurrences will come */
  constructor(size: number) {
    this.#rows = new Uint32Array(size);
    this.#values = new Float32Array(size);
  }

  /** Gives its place. */
  addPassage(id: number, length: number): number {
    this.#lengths.push(length);
    return this.#passages.push(id) - 1;
  }

  addOccurrence(word: string, place: number, value: number): void {
    if (this.#words.at(-1) !== word) {
      this.#words.push(word);
      this.#offsets.push(this.#end);
    }
    this.#rows[this.#end] = place;
    this.#values[this.#end++] = value;
  }

  finish(): SavedWords {
    return {
      words: this.#words.map((word) => `${word}\n`).join(''),
      passages: Uint32Array.from(this.#passages),
      lengths: Uint32Array.from(this.#lengths),
      offsets: Uint32Array.from([...this.#offsets, this.#end]),
      rows: this.#rows,
      values: this.#values,
    };
  }
}
