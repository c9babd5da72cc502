import { WorkerClient, withSignal } from './client.js';
import { Embeddings } from './embeddings.js';
import { checkMaxLength, type EmbedderOptions, isIntegerIn, toConfig } from './options.js';
import { BgeError, invalidInput } from './shared/errors.js';
import type { EmbedderInfo, EncodeEvent, TextKind, Tokens } from './shared/protocol.js';

export interface EncodeOptions {
  /** Ends the call: it rejects with the signal's reason at once, and the worker drops it at the next batch. */
  signal?: AbortSignal;
  /** Hears, after each batch, how many texts and tokens are done. */
  onProgress?: (event: EncodeEvent) => void;
  /** The most tokens of a text in this call, special tokens included, 2 to the model's maximum. Default: the embedder's. */
  maxLength?: number;
  /** Any finite number; higher goes first at each batch boundary. Default 1 for queries, 0 for the rest. */
  priority?: number;
}

export interface StreamOptions extends EncodeOptions {
  /** Texts in each piece that comes out, 1 to 100,000. Default 256. */
  chunkSize?: number;
  /** Put the passage instruction before each text. Default `passage`. */
  kind?: TextKind;
}

export interface TokenizeOptions {
  signal?: AbortSignal;
  maxLength?: number;
  /** Which instruction to put before the text. Default `plain`: none. */
  kind?: TextKind;
}

/**
 * Gives an embedder whose model is loaded, checked and warm, in a Web Worker of its own.
 * The first call of an app downloads the model (34 MB for the default one) and stores it; later ones need no network.
 * Rejects with InvalidInputError, UnknownModelError, ModelFileNotFoundError, DownloadError, IntegrityError,
 * CorruptModelError, CorruptTokenizerError, WasmBlockedError, WasmUnsupportedError, EngineError, SelfCheckError,
 * WorkerDiedError, WorkerUnresponsiveError, or the reason of `signal`; the worker is ended then.
 */
export async function createEmbedder(options: EmbedderOptions = {}): Promise<Embedder> {
  const config = toConfig(options);
  const { deadline = 300_000, onProgress, signal } = options;
  if (!(typeof deadline === 'number' && deadline > 0))
    throw invalidInput('deadline', 'a number of milliseconds above 0', deadline);
  const client = new WorkerClient({
    spawn: spawnerOf(options.worker),
    config,
    deadline,
    onLoadEvent: (event) => onProgress?.(event),
  });
  try {
    await withSignal(signal, () => client.ready());
  } catch (error) {
    client.abandon(error);
    throw error;
  }
  return new Embedder(client, config.model.maxLength);
}

/** A loaded model: texts in, vectors out. Made by `createEmbedder`. */
export class Embedder {
  readonly #client: WorkerClient;
  readonly #modelMaxLength: number;

  /** @internal */
  constructor(client: WorkerClient, modelMaxLength: number) {
    this.#client = client;
    this.#modelMaxLength = modelMaxLength;
  }

  /** What runs the model, and why it was chosen; may change when a device is lost. */
  get info(): EmbedderInfo {
    return this.#client.info!;
  }

  /**
   * Gives one vector a text, without any instruction: for passages, and for comparing texts with each other.
   * A single string gives one row, an empty array none, an empty string the vector of the empty text.
   * Rejects with InvalidInputError, EngineError, WorkerDiedError, WorkerUnresponsiveError, DisposedError, or the reason of `signal`.
   */
  encode(texts: string | readonly string[], options: EncodeOptions = {}): Promise<Embeddings> {
    return this.#encode(texts, 'plain', 0, options);
  }

  /** As `encode`, with the passage instruction before each text, if the embedder was given one. */
  encodeCorpus(passages: string | readonly string[], options: EncodeOptions = {}): Promise<Embeddings> {
    return this.#encode(passages, 'passage', 0, options);
  }

  /** As `encode`, with the model's query instruction before each text, and ahead of bulk work. For the short side of a retrieval. */
  encodeQueries(queries: string | readonly string[], options: EncodeOptions = {}): Promise<Embeddings> {
    return this.#encode(queries, 'query', 1, options);
  }

  /**
   * Gives the vectors of a corpus of any size, piece by piece and in order, in bounded memory: at most two pieces are in
   * flight, and no text is taken from `texts` before there is room for it.
   * Rejects as `encode`; leaving the loop early cancels what is in flight.
   */
  async *encodeStream(
    texts: Iterable<string> | AsyncIterable<string>,
    options: StreamOptions = {},
  ): AsyncGenerator<Embeddings, void, undefined> {
    const { chunkSize = 256, kind = 'passage', signal, ...rest } = options;
    if (!isIntegerIn(chunkSize, 1, 100_000)) throw invalidInput('chunkSize', 'an integer from 1 to 100000', chunkSize);
    const pieces = chunksOf(texts, chunkSize);
    const left = new AbortController();
    const abort = () => left.abort(signal?.reason);
    signal?.addEventListener('abort', abort);
    let current: Promise<Embeddings> | undefined;
    try {
      for (;;) {
        const next = pieces.next();
        next.catch(() => {});
        // A piece that is done, or has failed, does not wait for a source that is slow.
        const first = [current?.then(() => true), next.then(() => false)];
        if (await withSignal(signal, () => Promise.race(first.filter((promise) => promise !== undefined)))) {
          yield await current!;
          current = undefined;
        }
        const { done, value } = await withSignal(signal, () => next);
        const following = done ? undefined : this.#encode(value, kind, 0, { ...rest, signal: left.signal });
        following?.catch(() => {});
        if (current) yield await current;
        if (!following) return;
        current = following;
      }
    } finally {
      left.abort();
      signal?.removeEventListener('abort', abort);
      pieces.return().catch(() => {}); // not awaited: a source that is idle would never answer
    }
  }

  /** Gives the token ids, token strings and UTF-16 offsets of each text, as the model sees it: with special tokens, and cut to `maxLength`. */
  async tokenize(texts: string | readonly string[], options: TokenizeOptions = {}): Promise<Tokens[]> {
    const { kind = 'plain', signal } = options;
    const request = { texts: checkTexts(texts), kind, maxLength: this.#checkMaxLength(options.maxLength) };
    return this.#client.call((api) => api.tokenize(request), signal, undefined);
  }

  /** Ends the worker and frees its memory. Pending and later calls reject with DisposedError. */
  dispose(): void {
    this.#client.dispose();
  }

  async #encode(
    texts: string | readonly string[],
    kind: TextKind,
    defaultPriority: number,
    options: EncodeOptions,
  ): Promise<Embeddings> {
    const { signal, onProgress, priority = defaultPriority } = options;
    if (!Number.isFinite(priority)) throw invalidInput('priority', 'a finite number', priority);
    const request = { texts: checkTexts(texts), kind, priority, maxLength: this.#checkMaxLength(options.maxLength) };
    const reply = await this.#client.call((api, callId) => api.encode({ ...request, callId }), signal, onProgress);
    return new Embeddings(reply);
  }

  #checkMaxLength(maxLength: number | undefined): number | null {
    if (maxLength === undefined) return null;
    checkMaxLength(maxLength, this.#modelMaxLength);
    return maxLength;
  }
}

/** Gives a copy: what the caller does to the array after the call must not reach the worker. */
function checkTexts(texts: string | readonly string[]): readonly string[] {
  if (typeof texts === 'string') return [texts];
  if (!Array.isArray(texts)) throw invalidInput('texts', 'a string or an array of strings', texts);
  const copy = Array.from(texts);
  const wrong = copy.findIndex((text) => typeof text !== 'string');
  if (wrong >= 0) throw invalidInput(`texts[${wrong}]`, 'a string', copy[wrong]);
  return copy;
}

async function* chunksOf(
  texts: Iterable<string> | AsyncIterable<string>,
  size: number,
): AsyncGenerator<string[], void, undefined> {
  let chunk: string[] = [];
  for await (const text of texts) {
    chunk.push(text);
    if (chunk.length < size) continue;
    yield chunk;
    chunk = [];
  }
  if (chunk.length > 0) yield chunk;
}

function spawnOwn(): Worker {
  try {
    // Literal and inline: bundlers find the worker by it.
    return new Worker(new URL('./worker.js', import.meta.url), { type: 'module' });
  } catch (error) {
    if ((error as Error).name !== 'SecurityError') throw error;
    // From another origin (a CDN) a worker cannot be started, but one of the page's own can import it.
    const file = import.meta.url.replace(/[^/]*$/, 'worker.js');
    const code = new Blob([`import ${JSON.stringify(file)}`], { type: 'text/javascript' });
    return new Worker(URL.createObjectURL(code), { type: 'module' });
  }
}

function spawnerOf(worker: EmbedderOptions['worker']): () => Worker {
  if (worker === undefined) return spawnOwn;
  if (typeof worker === 'function') return worker;
  let used = false;
  return () => {
    if (used) {
      const message =
        'The worker that was passed in has ended; pass a function that makes workers, so that a new one can be started';
      throw new BgeError('WorkerDiedError', message);
    }
    used = true;
    return worker;
  };
}
