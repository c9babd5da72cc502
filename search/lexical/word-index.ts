import MiniSearch, { type AsPlainObject, type Options, type SearchResult } from 'minisearch';
import { invalidInput, misfit } from '../../src/shared/errors';
import { best, type Scored } from '../ranking';
import { termsOf } from './terms';

/** A passage as the index reads it; `id` is its number. */
export interface IndexedPassage {
  readonly id: number;
  readonly text: string;
  /** Words of these count as those of the text. */
  readonly headings?: readonly string[];
}

export interface WordHit extends Scored {
  /** The query's words that the passage has, in the form in which they are compared. */
  readonly terms: readonly string[];
}

export interface WordSearchOptions {
  /** An integer from 0, or Infinity. */
  readonly k: number;
  /** False for a passage that is not to be found. */
  readonly filter?: (id: number) => boolean;
}

/** The version of the saved form. */
const VERSION = 1;

const OPTIONS: Options<IndexedPassage> = {
  fields: ['text', 'headings'],
  extractField: (passage, field) =>
    field === 'headings' ? passage.headings?.join('\n') : passage[field as 'id' | 'text'],
  tokenize: (text) => termsOf(text),
  processTerm: (term) => term, // termsOf has folded it
  autoVacuum: true,
};

/** Ranks passages by the words that they share with a query (BM25+, by MiniSearch with its own k1 = 1.2, b = 0.7, δ = 0.5). */
export class WordIndex {
  readonly #index: MiniSearch<IndexedPassage>;

  private constructor(index: MiniSearch<IndexedPassage>) {
    this.#index = index;
  }

  static create(): WordIndex {
    return new WordIndex(new MiniSearch(OPTIONS));
  }

  /** Passages in the index. */
  get size(): number {
    return this.#index.documentCount;
  }

  /** Throws InvalidInputError if a passage has the number of one that is there; those before it stay. */
  add(passages: Iterable<IndexedPassage>): void {
    for (const passage of passages) {
      if (this.#index.has(passage.id)) throw invalidInput('passage.id', 'a number that no passage has', passage.id);
      this.#index.add(passage);
    }
  }

  /** Takes passages out; numbers that are not there are passed over. Their words go later, a few at a time. */
  remove(ids: Iterable<number>): void {
    for (const id of ids) if (this.#index.has(id)) this.#index.discard(id);
  }

  /** The best passages that share a word with the query, best first. */
  search(query: string, { k, filter }: WordSearchOptions): WordHit[] {
    const found = this.#index.search(query, filter && { filter: ({ id }) => filter(id) });
    return best(found as (SearchResult & Scored)[], k).map(({ id, score, terms }) => ({ id, score, terms }));
  }

  /** The index as JSON, for `restore`. */
  save(): string {
    return JSON.stringify({ version: VERSION, index: this.#index.toJSON() });
  }

  /** Rejects with InvalidInputError if it was not made by `save` of this version. Other work gets its turn in between. */
  static async restore(saved: string): Promise<WordIndex> {
    const { version, index } = parse(saved);
    if (version !== VERSION) throw misfit('saved', `a word index of version ${VERSION}`, `version ${version}`);
    return new WordIndex(await MiniSearch.loadJSAsync<IndexedPassage>(index, OPTIONS));
  }
}

function parse(saved: string): { version: unknown; index: AsPlainObject } {
  try {
    return JSON.parse(saved);
  } catch (cause) {
    throw misfit('saved', 'a word index', `no JSON: ${(cause as Error).message}`);
  }
}
