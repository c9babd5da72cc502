import type { Embeddings } from './embeddings.js';
import {
  checkHeads,
  denseOf,
  type HeadChoice,
  type HeadEmbeddings,
  type NamedHeads,
  type NoHeads,
  namesHeads,
  toHeadEmbeddings,
} from './heads.js';
import {
  checkInteger,
  checkOneOf,
  checkPairs,
  checkPriority,
  checkString,
  checkTexts,
  checkWeights,
} from './inputs.js';
import type { ModelClient } from './model-client.js';
import { callLength, type EmbedderOptions, embedderConfig } from './options.js';
import { encodePieces } from './pieces.js';
import { invalidInput } from './shared/errors.js';
import type {
  EmbedderInfo,
  EncodeEvent,
  EncodeReply,
  Explanation,
  Overflow,
  PairScores,
  TextKind,
  Tokens,
} from './shared/protocol.js';
import { startClient } from './start.js';

export interface CallOptions {
  /** Ends the call: it rejects with the signal's reason at once, and the worker drops it at the next batch. */
  signal?: AbortSignal;
  /** Hears, after each batch, how many texts (or pieces of long ones) and tokens are done. */
  onProgress?: (event: EncodeEvent) => void;
  /** Any finite number; higher goes first at each batch boundary. Default 1 for queries and single answers, 0 for the rest. */
  priority?: number;
}

export interface EncodeOptions extends CallOptions {
  /** The most tokens of a text in this call, special tokens included, 2 to the model's maximum. Default: the embedder's. */
  maxLength?: number;
  /**
   * What happens to a text of more tokens. `truncate` (default): the rest is cut off, and `truncated` says so. `error`:
   * TextTooLongError. `chunk`: the text is encoded in as few pieces as it takes (an instruction stands in the first), and
   * has the mean of their dense vectors, weighted by their tokens; of lexical weights the highest; all token vectors.
   */
  overflow?: Overflow;
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

export interface ScoreOptions extends CallOptions {
  /** Of the dense, the sparse and the ColBERT score: three numbers of 0 or more, not all 0. Default [1, 1, 1]. */
  weights?: readonly [number, number, number];
  /** The most tokens of a query and of a passage. Default: the embedder's maxLength. */
  maxQueryLength?: number;
  maxPassageLength?: number;
}

export interface ExplainOptions {
  signal?: AbortSignal;
  /** The most tokens of each text. Default: the embedder's. */
  maxLength?: number;
}

type Texts = string | readonly string[];

/**
 * Gives an embedder whose model is loaded, checked and warm, in a Web Worker of its own.
 * The first call of an app downloads the model (35 MB for the default one) and stores it; later ones need no network.
 * Rejects with InvalidInputError, UnknownModelError, WrongModelError, ModelFileNotFoundError, DownloadError, IntegrityError,
 * ModelTooLargeError, CorruptModelError, CorruptTokenizerError, WasmBlockedError, WasmUnsupportedError, EngineError,
 * SelfCheckError, WorkerDiedError, WorkerUnresponsiveError, or the reason of `signal`; the worker is ended then.
 */
export async function createEmbedder(options: EmbedderOptions = {}): Promise<Embedder> {
  const config = embedderConfig(options);
  return new Embedder(await startClient<EmbedderInfo>(options, config), config.model.maxLength);
}

/** A loaded model: texts in, vectors out. Made by `createEmbedder`. */
export class Embedder {
  readonly #client: ModelClient<EmbedderInfo>;
  readonly #modelMaxLength: number;

  /** @internal */
  constructor(client: ModelClient<EmbedderInfo>, modelMaxLength: number) {
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
   * With `dense`, `sparse` or `colbert` in the options it gives what these heads of BGE-M3 make of each text, from one
   * pass through the model; their weights (4 kB, and 2 to 4 MB) are fetched at first use unless they are in the model file.
   * Rejects with InvalidInputError, WrongModelError (a head that the model does not have), TextTooLongError, EngineError (also
   * for a result that memory does not hold), WorkerDiedError, WorkerUnresponsiveError, DisposedError, or the reason of
   * `signal`; where a head's file must be fetched, with ModelFileNotFoundError, which names it, DownloadError, IntegrityError or CorruptModelError.
   */
  encode<Choice extends NamedHeads>(texts: Texts, options: EncodeOptions & Choice): Promise<HeadEmbeddings<Choice>>;
  encode(texts: Texts, options?: EncodeOptions & NoHeads): Promise<Embeddings>;
  encode(texts: Texts, options: EncodeOptions & HeadChoice = {}): Promise<Embeddings | HeadEmbeddings> {
    return this.#encode(texts, 'plain', 0, options);
  }

  /** As `encode`, with the passage instruction before each text, if the embedder was given one. */
  encodeCorpus<Choice extends NamedHeads>(
    passages: Texts,
    options: EncodeOptions & Choice,
  ): Promise<HeadEmbeddings<Choice>>;
  encodeCorpus(passages: Texts, options?: EncodeOptions & NoHeads): Promise<Embeddings>;
  encodeCorpus(passages: Texts, options: EncodeOptions & HeadChoice = {}): Promise<Embeddings | HeadEmbeddings> {
    return this.#encode(passages, 'passage', 0, options);
  }

  /** As `encode`, with the model's query instruction before each text, and ahead of bulk work. For the short side of a retrieval. */
  encodeQueries<Choice extends NamedHeads>(
    queries: Texts,
    options: EncodeOptions & Choice,
  ): Promise<HeadEmbeddings<Choice>>;
  encodeQueries(queries: Texts, options?: EncodeOptions & NoHeads): Promise<Embeddings>;
  encodeQueries(queries: Texts, options: EncodeOptions & HeadChoice = {}): Promise<Embeddings | HeadEmbeddings> {
    return this.#encode(queries, 'query', 1, options);
  }

  /**
   * Gives the vectors of a corpus of any size, piece by piece and in order, in bounded memory: at most two pieces are in
   * flight, and no text is taken from `texts` before there is room for it.
   * Rejects as `encode`; leaving the loop early cancels what is in flight.
   */
  encodeStream<Choice extends NamedHeads>(
    texts: Iterable<string> | AsyncIterable<string>,
    options: StreamOptions & Choice,
  ): AsyncGenerator<HeadEmbeddings<Choice>, void, undefined>;
  encodeStream(
    texts: Iterable<string> | AsyncIterable<string>,
    options?: StreamOptions & NoHeads,
  ): AsyncGenerator<Embeddings, void, undefined>;
  async *encodeStream(
    texts: Iterable<string> | AsyncIterable<string>,
    options: StreamOptions & HeadChoice = {},
  ): AsyncGenerator<Embeddings | HeadEmbeddings, void, undefined> {
    const { chunkSize = 256, kind = 'passage', signal, ...rest } = options;
    checkInteger('chunkSize', chunkSize, 1, 100_000);
    // A string is an iterable too, of its characters.
    if (typeof texts !== 'object' || texts === null) throw invalidInput('texts', 'an iterable of strings', texts);
    yield* encodePieces(texts, chunkSize, signal, (piece, first, left) =>
      this.#encode(piece, kind, 0, { ...rest, signal: left }, first),
    );
  }

  /**
   * Gives BGE-M3's scores of pairs of query and passage: dense, sparse, ColBERT, and the weighted means of the first two
   * and of all three, each as a list in the order of the pairs. No instruction is put before either text.
   * A text that occurs in several pairs is encoded once, and no vector leaves the worker. A mean whose weights are all 0 is NaN.
   * Source: FlagEmbedding, `BGEM3FlagModel.compute_score`; ours does not depend on the batch. Rejects as `encode`.
   */
  async score(pairs: readonly (readonly string[])[], options: ScoreOptions = {}): Promise<PairScores> {
    const { weights = [1, 1, 1], maxQueryLength, maxPassageLength, signal, onProgress, priority = 1 } = options;
    const request = {
      pairs: checkPairs(pairs),
      weights: checkWeights(weights),
      maxQueryLength: callLength('maxQueryLength', maxQueryLength, this.#modelMaxLength),
      maxPassageLength: callLength('maxPassageLength', maxPassageLength, this.#modelMaxLength),
      priority: checkPriority(priority),
    };
    return this.#client.call((api, callId) => api.score({ ...request, callId }), signal, onProgress);
  }

  /**
   * Says why a query and a passage match, by BGE-M3: their common tokens with what each adds to the lexical score, and
   * for each token of the query its best partner in the passage, with character positions in both texts, for highlighting.
   * Rejects as `encode`.
   */
  async explain(query: string, passage: string, options: ExplainOptions = {}): Promise<Explanation> {
    const request = {
      query: checkString('query', query),
      passage: checkString('passage', passage),
      maxLength: callLength('maxLength', options.maxLength, this.#modelMaxLength),
      priority: 1,
    };
    return this.#client.call((api, callId) => api.explain({ ...request, callId }), options.signal);
  }

  /** Gives the token ids, token strings and UTF-16 offsets of each text, as the model sees it: with special tokens, and cut to `maxLength`. */
  async tokenize(texts: Texts, options: TokenizeOptions = {}): Promise<Tokens[]> {
    const { kind = 'plain', signal } = options;
    const maxLength = callLength('maxLength', options.maxLength, this.#modelMaxLength);
    const request = { texts: checkTexts(texts), kind, maxLength, priority: 0 };
    return this.#client.call((api, callId) => api.tokenize({ ...request, callId }), signal);
  }

  /** Ends the worker and frees its memory. Pending and later calls reject with DisposedError. */
  dispose(): void {
    this.#client.dispose();
  }

  async #encode(
    texts: Texts,
    kind: TextKind,
    defaultPriority: number,
    options: EncodeOptions & HeadChoice,
    firstIndex = 0,
  ): Promise<Embeddings | HeadEmbeddings> {
    const { signal, onProgress, priority = defaultPriority, overflow = 'truncate' } = options;
    const maxLength = callLength('maxLength', options.maxLength, this.#modelMaxLength);
    if (overflow === 'chunk' && (maxLength ?? this.info.maxLength) < 3)
      throw invalidInput('maxLength', "3 or more where `overflow` is 'chunk'", maxLength ?? this.info.maxLength);
    const request = {
      texts: checkTexts(texts, firstIndex),
      firstIndex,
      kind,
      heads: checkHeads(options),
      maxLength,
      overflow: checkOneOf('overflow', ['truncate', 'error', 'chunk'], overflow),
      priority: checkPriority(priority),
    };
    const run = (api: { encode(request: unknown): Promise<EncodeReply> }, callId: number) =>
      api.encode({ ...request, callId });
    const reply = await this.#client.call(run, signal, onProgress);
    return namesHeads(options) ? toHeadEmbeddings(reply) : denseOf(reply);
  }
}
