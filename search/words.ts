import type { Entry, PassageListener } from './collection';
import { textOf } from './collection';
import { type WordHit, WordIndex } from './lexical/word-index';
import { Pauses } from './pauses';
import type { Bitset } from './vectors/bitset';

/** The words of all passages, which have the numbers of their rows. Texts are indexed after they came, in stretches between which searches get their turn. */
export class Words implements PassageListener {
  readonly #index = new WordIndex();
  readonly #waiting = new Set<Entry>();
  #work: Promise<void> | null = null;

  add(entry: Entry): void {
    this.#waiting.add(entry);
    this.#work ??= this.#indexAll();
  }

  remove(entry: Entry): void {
    this.#waiting.delete(entry);
    this.#index.remove(rowsOf(entry));
  }

  /** The best passages that share a word with the query, best first, once all texts that have come are indexed. */
  async search(query: string, k: number, allowed: Bitset | undefined): Promise<WordHit[]> {
    await this.#work;
    return this.#index.search(query, { k, ...(allowed && { filter: (row: number) => allowed.has(row) }) });
  }

  async #indexAll(): Promise<void> {
    const pauses = new Pauses();
    await pauses.pause();
    for (const entry of this.#waiting) {
      for (const passage of passagesOf(entry)) {
        if (pauses.isDue) await pauses.pause();
        if (!this.#waiting.has(entry)) break; // removed meanwhile
        this.#index.add([passage]);
      }
      this.#waiting.delete(entry);
    }
    this.#work = null;
  }
}

function* passagesOf(entry: Entry) {
  for (const [i, passage] of entry.passages.entries()) {
    const { headings } = passage;
    yield { id: entry.first + i, text: textOf(entry, passage), ...(headings && { headings }) };
  }
}

const rowsOf = ({ first, passages }: Entry) => passages.map((_, i) => first + i);
