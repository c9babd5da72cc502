import type { Embedder } from 'bge-web';
import { createIndex, type Hit, type IndexEmbedder, type SearchIndex, type SearchMode } from 'bge-web/search';

/** The ways of searching, in the order of the columns. */
export const MODES: readonly SearchMode[] = ['dense', 'lexical', 'hybrid'];

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
  readonly query: string;
  /** Milliseconds until the description was a vector. */
  readonly embedMs: number;
  readonly columns: readonly Column[];
}

export interface Column {
  readonly mode: SearchMode;
  readonly ms: number;
  readonly hits: readonly Hit[];
}

/** An index of definitions, and the model that reads descriptions. */
export class Dictionary {
  readonly #embedder: Embedder;
  readonly #index: SearchIndex;
  readonly #read: ReadOnce;
  readonly #url: string;
  /** How many meanings there are. */
  readonly meanings: number;

  private constructor(embedder: Embedder, index: SearchIndex, read: ReadOnce, url: string, meanings: number) {
    this.#embedder = embedder;
    this.#index = index;
    this.#read = read;
    this.#url = url;
    this.meanings = meanings;
  }

  /** Opens the index that `download` has brought. */
  static async open(embedder: Embedder, url: string): Promise<Dictionary> {
    const read = new ReadOnce(embedder);
    const index = await createIndex({ embedder: read, url });
    return new Dictionary(embedder, index, read, url, (await index.stats()).documents);
  }

  /** Searches in each way; one after the other, so that each has its own time. Rejects with the reason of `signal`. */
  async ask(query: string, signal: AbortSignal): Promise<Answer> {
    const start = performance.now();
    this.#read.vectors = await this.#embedder.encodeQueries([query], { signal });
    const embedMs = performance.now() - start;
    const columns: Column[] = [];
    for (const mode of MODES) {
      const start = performance.now();
      const hits = await this.#index.search(query, { mode, explain: true, signal });
      columns.push({ mode, ms: performance.now() - start, hits });
    }
    return { query, embedMs, columns };
  }

  close(): void {
    this.#index.dispose();
    URL.revokeObjectURL(this.#url);
  }
}

/** The embedder as the index sees it: each way of searching takes the vector of the one reading. */
class ReadOnce implements IndexEmbedder {
  readonly #embedder: Embedder;
  vectors: Awaited<ReturnType<Embedder['encodeQueries']>> | undefined;

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

/**
 * Downloads a packed index and gives the address of what was in it. Rejects with the browser's error if the server, the network or
 * the unpacking fails.
 */
export async function download(url: string, onProgress: (loaded: number, total: number) => void): Promise<string> {
  const response = await fetch(url);
  if (!response.ok || !response.body) throw new Error(`${url}: HTTP ${response.status}`);
  const total = Number(response.headers.get('Content-Length'));
  let loaded = 0;
  const counting = new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
    transform(chunk, controller) {
      loaded += chunk.length;
      onProgress(loaded, total);
      controller.enqueue(chunk);
    },
  });
  const unpacked = response.body.pipeThrough(counting).pipeThrough(new DecompressionStream('gzip'));
  return URL.createObjectURL(await new Response(unpacked).blob());
}

/** True for a description that this dictionary cannot read. */
export const isChinese = (text: string) => /\p{Script=Han}/u.test(text);
