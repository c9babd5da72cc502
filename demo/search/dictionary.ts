import type { Embedder, Reranker, RerankProgress } from 'bge-web';
import {
  createIndex,
  type Hit,
  type IndexEmbedder,
  type IndexReranker,
  type SearchIndex,
  type SearchMode,
} from 'bge-web/search';
import type { ChineseWords } from './chinese';

/** The ways of searching, in the order of the columns. */
const MODES: readonly SearchMode[] = ['dense', 'lexical', 'hybrid'];

/** How many hits a column shows, and how many of the hybrid's a reranker reads. */
const SHOWN = 10;
const RERANKED = 20;

/** What is searched for: as it was typed, and in English. */
export interface Description {
  readonly typed: string;
  /** Empty for Chinese of which no word is known. */
  readonly english: string;
  /** What it was read with, where it is Chinese. */
  readonly chinese?: ChineseWords;
}

/** What the documents of the index have beside their text, the definition. */
export interface Meaning {
  /** The words that have it, separated by commas. */
  readonly title: string;
  /** `noun`, `verb`, `adj` or `adv`. */
  readonly tags: readonly [string];
  readonly examples?: readonly string[];
}

export const meaningOf = ({ document }: Hit) => document as unknown as Meaning;

/** What each way of searching has found, and how long it took. */
export interface Answer {
  readonly description: Description;
  /** Milliseconds until the description was a vector. */
  readonly embedMs: number;
  readonly columns: readonly Column[];
  /** Ids of the hybrid's best, which a reranker would read. */
  readonly candidates: readonly string[];
}

export interface Column {
  readonly mode: SearchMode | 'reranked';
  readonly ms: number;
  readonly hits: readonly Hit[];
}

/** An index of definitions, and the model that reads descriptions. */
export class Dictionary {
  readonly #embedder: Embedder;
  readonly #index: SearchIndex;
  readonly #models: LentModels;
  readonly #url: string;
  /** How many meanings there are. */
  readonly meanings: number;

  private constructor(embedder: Embedder, index: SearchIndex, models: LentModels, url: string, meanings: number) {
    this.#embedder = embedder;
    this.#index = index;
    this.#models = models;
    this.#url = url;
    this.meanings = meanings;
  }

  /** Opens an index in memory. Rejects with the reason of `signal`. */
  static async open(embedder: Embedder, file: Blob, signal: AbortSignal): Promise<Dictionary> {
    const url = URL.createObjectURL(file);
    const models = new LentModels(embedder);
    const index = await createIndex({ embedder: models, reranker: models, url, signal });
    return new Dictionary(embedder, index, models, url, (await index.stats()).documents);
  }

  /** Searches in each way; one after the other, so that each has its own time. Rejects with the reason of `signal`. */
  async ask(description: Description, signal: AbortSignal): Promise<Answer> {
    const query = description.english;
    const start = performance.now();
    this.#models.vectors = await this.#embedder.encodeQueries([query], { signal });
    const embedMs = performance.now() - start;
    const columns: Column[] = [];
    let candidates: string[] = [];
    for (const mode of MODES) {
      const start = performance.now();
      const hits = await this.#index.search(query, { mode, k: RERANKED, explain: true, signal });
      columns.push({ mode, ms: performance.now() - start, hits: hits.slice(0, SHOWN) });
      candidates = hits.map(({ id }) => id);
    }
    return { description, embedMs, columns, candidates };
  }

  /** Searches in both ways, and has the best read again by the reranker. Rejects as it does, and with the reason of `signal`. */
  async rerank(
    { description }: Answer,
    reranker: Reranker,
    onProgress: (event: RerankProgress) => void,
    signal: AbortSignal,
  ): Promise<Column> {
    const start = performance.now();
    // A reranker of many languages reads what was typed.
    this.#models.score = (pairs, options) =>
      reranker.score(
        pairs.map(([, definition]) => [description.typed, definition]),
        { ...options, onProgress },
      );
    const options = { mode: 'hybrid', k: RERANKED, rerank: RERANKED, explain: true, signal } as const;
    const hits = await this.#index.search(description.english, options);
    return { mode: 'reranked', ms: performance.now() - start, hits: hits.slice(0, SHOWN) };
  }

  close(): void {
    this.#index.dispose();
    URL.revokeObjectURL(this.#url);
  }
}

/** The models as the index sees them: each way of searching takes the vector of the one reading, and the reranker comes later. */
class LentModels implements IndexEmbedder, IndexReranker {
  readonly #embedder: Embedder;
  vectors: Awaited<ReturnType<Embedder['encodeQueries']>> | undefined;
  score: IndexReranker['score'] = () => Promise.reject(new Error('There is no reranker'));

  constructor(embedder: Embedder) {
    this.#embedder = embedder;
  }

  get info() {
    return this.#embedder.info;
  }

  async encodeQueries(...of: Parameters<IndexEmbedder['encodeQueries']>) {
    return this.vectors ?? this.#embedder.encodeQueries(...of);
  }

  encodeCorpus(...of: Parameters<IndexEmbedder['encodeCorpus']>) {
    return this.#embedder.encodeCorpus(...of);
  }

  tokenize(...of: Parameters<IndexEmbedder['tokenize']>) {
    return this.#embedder.tokenize(...of);
  }
}
