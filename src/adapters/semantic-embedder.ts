import { createEmbedder, type Embedder, type EmbedderOptions, type Embeddings, listModels } from '../index.js';
import { checkOneOf, checkTexts } from '../inputs.js';
import { invalidInput } from '../shared/errors.js';

// The shape is that of the polyfill in GoogleChromeLabs/web-ai-demos, 2026; the API is not in browsers yet and may change.

export type Availability = 'unavailable' | 'downloadable' | 'downloading' | 'available';

export type TaskType =
  | 'semantic-similarity'
  | 'retrieval-query'
  | 'retrieval-document'
  | 'classification'
  | 'clustering';

export interface SemanticEmbedderOptions extends Omit<EmbedderOptions, 'onProgress' | 'signal'> {
  /** Take the browser's own embedder where it has one, whose model and `embeddingSpace` are others; the options of ours then mean nothing. Default false. */
  native?: boolean;
}

export interface CreateOptions extends SemanticEmbedderOptions {
  /** Is given a target of `downloadprogress` events, with `loaded` from 0 to 1. */
  monitor?: (monitor: EventTarget) => void;
  /** Ends the start, and later the embedder: what is pending rejects with its reason. */
  signal?: AbortSignal;
}

export interface EmbedCallOptions {
  /** `retrieval-query` puts the model's query instruction before each text, `retrieval-document` its passage instruction, the others none. */
  taskType?: TaskType;
  signal?: AbortSignal;
}

export interface EmbedResult {
  /** One for each text, in their order. */
  readonly embeddings: readonly {
    readonly values: Float32Array;
    readonly statistics: { readonly tokenCount: number; readonly truncated: boolean };
  }[];
  readonly metadata: {
    /** Vectors of different spaces must not be compared. */
    readonly embeddingSpace: string;
    readonly maxInputTokens: number;
  };
}

/** What ours and the browser's have alike. */
export interface SemanticEmbedderLike {
  embed(input: string | readonly string[], options?: EmbedCallOptions): Promise<EmbedResult>;
  destroy(): void;
}

interface Native {
  availability(): Promise<Availability>;
  create(options: Pick<CreateOptions, 'monitor' | 'signal'>): Promise<SemanticEmbedderLike>;
}

const TASKS = ['semantic-similarity', 'retrieval-query', 'retrieval-document', 'classification', 'clustering'] as const;
const DEFAULT_MODEL = 'BAAI/bge-small-en-v1.5';

/** How many of each model are on their way. */
const starting = new Map<string, number>();

/** The browser API's shape on our engine. */
export class SemanticEmbedder implements SemanticEmbedderLike {
  readonly #embedder: Embedder;
  readonly #signal: AbortSignal | undefined;
  readonly #end = () => this.destroy();

  private constructor(embedder: Embedder, signal: AbortSignal | undefined) {
    this.#embedder = embedder;
    this.#signal = signal;
    signal?.addEventListener('abort', this.#end, { once: true });
  }

  /** Says whether `create` can work, and whether it must download. `available` means that this browser's storage has the model. */
  static async availability(options: SemanticEmbedderOptions = {}): Promise<Availability> {
    const native = await nativeIf(options);
    if (native) return native.availability();
    if (typeof WebAssembly === 'undefined' || typeof Worker === 'undefined') return 'unavailable';
    const { model = DEFAULT_MODEL } = options;
    if ((starting.get(model) ?? 0) > 0) return 'downloading';
    const stored = (await listModels()).filter((one) => one.model === model);
    return stored.some(({ complete }) => complete) ? 'available' : 'downloadable';
  }

  /** Gives an embedder whose model is loaded. Rejects as `createEmbedder`, or as the browser's own. */
  static async create(options: CreateOptions = {}): Promise<SemanticEmbedderLike> {
    const { monitor, signal, native: _, ...rest } = options;
    if (monitor !== undefined && typeof monitor !== 'function') throw invalidInput('monitor', 'a function', monitor);
    signal?.throwIfAborted();
    const native = await nativeIf(options);
    if (native) return native.create({ ...(monitor && { monitor }), ...(signal && { signal }) });
    const tell = monitored(monitor);
    const { model = DEFAULT_MODEL } = rest;
    starting.set(model, (starting.get(model) ?? 0) + 1);
    try {
      tell(0);
      const embedder = await createEmbedder({
        ...rest,
        ...(signal && { signal }),
        onProgress: (event) => event.phase === 'download' && event.total > 0 && tell(event.loaded / event.total),
      });
      tell(1);
      return new SemanticEmbedder(embedder, signal);
    } finally {
      starting.set(model, starting.get(model)! - 1);
    }
  }

  /** Gives a vector a text, with its tokens after truncation. A single string gives one. Rejects with InvalidInputError, DisposedError, the reason of either signal, or as `encode`. */
  async embed(input: string | readonly string[], { taskType, signal }: EmbedCallOptions = {}): Promise<EmbedResult> {
    const texts = checkTexts(input);
    if (taskType !== undefined) checkOneOf('taskType', TASKS, taskType);
    const signals = [this.#signal, signal].filter((one) => one !== undefined);
    const options = signals.length > 0 ? { signal: AbortSignal.any(signals) } : {};
    const embedder = this.#embedder;
    const { maxLength } = embedder.info;
    if (taskType === 'retrieval-query') return resultOf(await embedder.encodeQueries(texts, options), maxLength);
    if (taskType === 'retrieval-document') return resultOf(await embedder.encodeCorpus(texts, options), maxLength);
    return resultOf(await embedder.encode(texts, options), maxLength);
  }

  /** Ends the worker and frees its memory. Pending and later calls reject with DisposedError. */
  destroy(): void {
    this.#signal?.removeEventListener('abort', this.#end);
    this.#embedder.dispose();
  }
}

/** The browser's own, where it is asked for, there, and able to run. */
async function nativeIf(options: SemanticEmbedderOptions): Promise<Native | null> {
  if (typeof options !== 'object' || options === null) throw invalidInput('options', 'an object', options);
  const { native = false } = options;
  if (typeof native !== 'boolean') throw invalidInput('native', 'a boolean', native);
  const own = (globalThis as { SemanticEmbedder?: Native }).SemanticEmbedder;
  if (!native || !own || (own as unknown) === SemanticEmbedder) return null; // a page may have put ours there
  return (await own.availability()) === 'unavailable' ? null : own;
}

function monitored(monitor: CreateOptions['monitor']): (loaded: number) => void {
  if (!monitor) return () => {};
  const target = new EventTarget();
  monitor(target);
  let last = -1;
  return (loaded) => {
    if (loaded <= last) return;
    last = loaded;
    target.dispatchEvent(new ProgressEvent('downloadprogress', { loaded, total: 1, lengthComputable: true }));
  };
}

function resultOf(embeddings: Embeddings, maxInputTokens: number): EmbedResult {
  return {
    embeddings: Array.from(embeddings, (row, i) => ({
      values: row.slice(),
      statistics: { tokenCount: embeddings.tokenCounts[i]!, truncated: embeddings.truncated[i] === 1 },
    })),
    metadata: { embeddingSpace: embeddings.space, maxInputTokens },
  };
}
