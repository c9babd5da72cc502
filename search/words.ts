import { textOf } from './collection';
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

/** The words of all passages, which have the numbers of their rows. */
export class Words {
  readonly #index = new WordIndex();

  add(saved: SavedWords): void {
    this.#index.append(saved);
  }

  remove(rows: Iterable<number>): void {
    this.#index.remove(rows);
  }

  /** The best passages that share a word with the query, best first. */
  search(query: string, k: number, allowed: Bitset | undefined): WordHit[] {
    return this.#index.search(query, { k, ...(allowed && { filter: (row: number) => allowed.has(row) }) });
  }

  /** As they are stored, a part for each stretch of rows: `starts` are the new numbers at which they begin, `moved` gives the new number of a row. */
  save(moved: Int32Array, starts: readonly number[]): SavedWords[] {
    const all = this.#index.save();
    const words = all.words.split('\n');
    const parts = starts.map(() => new Part());
    const places = Array.from(all.passages, (row, i) => {
      const id = moved[row]!;
      const part = parts[starts.findLastIndex((start) => start <= id)]!;
      return { part, place: part.addPassage(id, all.lengths[i]!) };
    });
    for (const [w, word] of words.slice(0, -1).entries()) {
      for (let i = all.offsets[w]!; i < all.offsets[w + 1]!; i++) {
        const { part, place } = places[all.rows[i]!]!;
        part.addOccurrence(word, place, all.values[i]!);
      }
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
  readonly #rows: number[] = [];
  readonly #values: number[] = [];

  /** Gives its place. */
  addPassage(id: number, length: number): number {
    this.#lengths.push(length);
    return this.#passages.push(id) - 1;
  }

  addOccurrence(word: string, place: number, value: number): void {
    if (this.#words.at(-1) !== word) {
      this.#words.push(word);
      this.#offsets.push(this.#rows.length);
    }
    this.#rows.push(place);
    this.#values.push(value);
  }

  finish(): SavedWords {
    return {
      words: this.#words.map((word) => `${word}\n`).join(''),
      passages: Uint32Array.from(this.#passages),
      lengths: Uint32Array.from(this.#lengths),
      offsets: Uint32Array.from([...this.#offsets, this.#rows.length]),
      rows: Uint32Array.from(this.#rows),
      values: Float32Array.from(this.#values),
    };
  }
}
