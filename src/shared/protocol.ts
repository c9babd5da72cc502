import type { WireError } from './errors.js';
import type { Dtype, ModelSpec, TokenHead } from './models.js';

export type Device = 'webgpu' | 'wasm';

/** What runs the model, and how it came to be chosen. */
export interface EngineInfo {
  /** onnxruntime-web, or the package's own encoder in WebAssembly. */
  readonly engine: 'ort' | 'wasm';
  readonly device: Device;
  readonly dtype: Dtype;
  /** How many threads at most work on bulk jobs on the CPU. */
  readonly threads: number;
}

export interface ModelInfo extends EngineInfo {
  readonly model: string;
  readonly revision: string;
  /** The most tokens of one text (of one pair, for a reranker), special tokens included; what is longer is cut. */
  readonly maxLength: number;
  /** Why the first choice of device was not taken; null when it was. */
  readonly fallbackReason: string | null;
  /** The lowest cosine between this engine's vectors and the stored reference vectors; null where there is no reference or the check is off. */
  readonly selfCheck: number | null;
}

export interface EmbedderInfo extends ModelInfo {
  readonly dim: number;
  /** The heads that it has beside the dense one. */
  readonly heads: readonly TokenHead[];
  /** Names the embedding space: vectors of different spaces must not be compared. */
  readonly space: string;
}

/** An instruction is put before queries only (`query`), passages may have one of their own (`passage`), `plain` texts have none. */
export type TextKind = 'query' | 'passage' | 'plain';

/** One way of running the model that has failed before; the worker must not choose it again. */
export interface FailedChoice {
  readonly device: Device;
  /** The one engine that failed on the device; without it, all. */
  readonly engine?: 'wasm';
  readonly reason: string;
}

/** What is read of a Blob. */
export interface GivenFile {
  readonly size: number;
  arrayBuffer(): Promise<ArrayBuffer>;
}

/** Everything a fresh worker needs in order to become ready: the page keeps it and hands it to each successor. */
export interface LoadConfig {
  readonly model: ModelSpec;
  readonly device: 'auto' | Device;
  readonly dtype: 'auto' | Dtype;
  readonly revision: string | null;
  readonly modelBase: string;
  /** The model's files by path, in place of what lies under `modelBase`. */
  readonly files: ReadonlyMap<string, GivenFile> | null;
  readonly wasmBase: string | null;
  readonly cache: boolean;
  readonly maxLength: number;
  readonly batchTokens: number | null;
  readonly threads: 'auto' | number;
  readonly normalize: boolean;
  /** Dimensions to keep of each vector; 1 for a reranker. */
  readonly dim: number;
  readonly queryInstruction: string;
  readonly passageInstruction: string;
  readonly selfCheck: boolean;
  readonly failed: readonly FailedChoice[];
}

/** Number format in which ColBERT vectors are kept: 4, 2 or 1 bytes a component (and 4 more a token for its scale). */
export type ColbertFormat = 'float32' | 'float16' | 'int8';

/** What is made of each text. */
export interface Heads {
  readonly dense: boolean;
  readonly sparse: boolean;
  readonly colbert: ColbertFormat | null;
}

/** What happens to a text of more than `maxLength` tokens. */
export type Overflow = 'truncate' | 'error' | 'chunk';

export interface EncodeRequest {
  readonly callId: number;
  readonly texts: readonly string[];
  /** The place of the first text in the stream that they are a part of, for messages. */
  readonly firstIndex: number;
  readonly kind: TextKind;
  readonly heads: Heads;
  /** Overrides the embedder's maxLength for this call. */
  readonly maxLength: number | null;
  readonly overflow: Overflow;
  /** Higher goes first at each batch boundary. */
  readonly priority: number;
}

/** The lexical weights of all texts in a row: text `i` has those from `offsets[i]` to `offsets[i + 1]`. */
export interface SparseData {
  readonly ids: Uint32Array<ArrayBuffer>;
  readonly weights: Float32Array<ArrayBuffer>;
  readonly offsets: Uint32Array<ArrayBuffer>;
  /** The string of each token id that occurs. */
  readonly tokens: ReadonlyMap<number, string>;
}

/** The token vectors of all texts in a row: text `i` has the rows from `offsets[i]` to `offsets[i + 1]`. */
export interface ColbertData {
  /** float32, float16 (as its bits) or int8. */
  readonly data: Float32Array<ArrayBuffer> | Uint16Array<ArrayBuffer> | Int8Array<ArrayBuffer>;
  /** For int8: what each row is to be multiplied by. */
  readonly scales: Float32Array<ArrayBuffer> | null;
  readonly offsets: Uint32Array<ArrayBuffer>;
  readonly dim: number;
}

/** What crosses back: its buffers are transferred, not copied. */
export interface EncodeReply {
  readonly dense: Float32Array<ArrayBuffer> | null;
  readonly sparse: SparseData | null;
  readonly colbert: ColbertData | null;
  readonly dim: number;
  readonly tokenCounts: Uint32Array<ArrayBuffer>;
  readonly truncated: Uint8Array<ArrayBuffer>;
  readonly space: string;
}

/** A query and a passage. */
export type TextPair = readonly [query: string, passage: string];

export interface ScoreRequest {
  readonly callId: number;
  readonly pairs: readonly TextPair[];
  /** Of the dense, the sparse and the ColBERT score. */
  readonly weights: readonly [number, number, number];
  readonly maxQueryLength: number | null;
  readonly maxPassageLength: number | null;
  readonly priority: number;
}

/** BGE-M3's scores of some pairs, each list in the order of the pairs; names and formulas as FlagEmbedding's `compute_score`. */
export interface PairScores {
  /** Inner product of the dense vectors, which is their cosine unless they are not normalised. */
  readonly dense: readonly number[];
  /** Sum over the common tokens of the products of their weights. */
  readonly sparse: readonly number[];
  /** Mean over the query's tokens of the highest cosine with a token of the passage. */
  readonly colbert: readonly number[];
  /** Weighted mean of both. */
  readonly 'sparse+dense': readonly number[];
  /** Weighted mean of all three. */
  readonly 'colbert+sparse+dense': readonly number[];
}

export interface ExplainRequest {
  readonly callId: number;
  readonly query: string;
  readonly passage: string;
  readonly maxLength: number | null;
  readonly priority: number;
}

/** A stretch of a text, in UTF-16 positions; both are 0 for a special token, which stands for no part of the text. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** Why a query and a passage match, for highlighting. */
export interface Explanation {
  readonly scores: { readonly dense: number; readonly sparse: number; readonly colbert: number };
  /** The tokens that both texts have, the one that adds most to the sparse score first. */
  readonly lexical: readonly {
    readonly token: string;
    /** What it adds: the product of its two weights. */
    readonly score: number;
    /** Every place of it. */
    readonly query: readonly Span[];
    readonly passage: readonly Span[];
  }[];
  /** For each token of the query, in its order, the token of the passage that is most alike; the ColBERT score is the mean of these. The last token is `</s>`. */
  readonly alignments: readonly {
    readonly score: number;
    readonly query: Span & { readonly token: string };
    readonly passage: Span & { readonly token: string };
  }[];
}

export interface RerankRequest {
  readonly callId: number;
  readonly pairs: readonly TextPair[];
  /** Overrides the reranker's maxLength for this call. */
  readonly maxLength: number | null;
  /** The most tokens of the query, without special ones; null for 3/4 of `maxLength`. */
  readonly maxQueryLength: number | null;
  readonly overflow: Exclude<Overflow, 'chunk'>;
  readonly priority: number;
}

export interface TokenizeRequest {
  readonly callId: number;
  readonly priority: number;
  readonly texts: readonly string[];
  readonly kind: TextKind;
  readonly maxLength: number | null;
}

/** The tokens of one text; `offsets` holds two UTF-16 positions a token, into the text with its instruction; [0, 0] for special tokens. */
export interface Tokens {
  readonly ids: Int32Array;
  readonly tokens: readonly string[];
  readonly offsets: Uint32Array;
  readonly truncated: boolean;
}

export type LoadEvent =
  /** Bytes of all files together; `file` is the one that moved. `cached` is true for what comes from the store. */
  | {
      readonly phase: 'download';
      readonly file: string;
      readonly loaded: number;
      readonly total: number;
      readonly cached: boolean;
    }
  /** Another tab downloads the same file; this one waits for it. */
  | { readonly phase: 'wait'; readonly file: string }
  | { readonly phase: 'verify'; readonly file: string }
  | { readonly phase: 'compile'; readonly device: Device; readonly dtype: Dtype }
  | { readonly phase: 'warm-up' }
  | { readonly phase: 'ready'; readonly info: ModelInfo }
  /** A device was given up; a new worker tries the next one. */
  | { readonly phase: 'fallback'; readonly reason: string }
  /** Work goes on, with less: `quota` and `no-store` mean that the model is kept in memory only. */
  | { readonly phase: 'warning'; readonly warning: 'quota' | 'no-store' | 'unverified'; readonly message: string };

export interface EncodeEvent {
  readonly phase: 'encode';
  readonly texts: number;
  readonly totalTexts: number;
  readonly tokens: number;
}

/** After each batch: how many pairs are done, and the logits of those that now came. */
export interface RerankEvent {
  readonly phase: 'rerank';
  readonly pairs: number;
  readonly totalPairs: number;
  readonly tokens: number;
  readonly indices: readonly number[];
  readonly logits: readonly number[];
}

export type CallEvent = EncodeEvent | RerankEvent;

/** What the worker tells without being asked; each message also is a sign of life. */
export type WorkerEvent =
  | { readonly type: 'load'; readonly event: LoadEvent }
  | { readonly type: 'call'; readonly callId: number; readonly event: CallEvent }
  /** The worker met an error that no call stands for, and ends. */
  | { readonly type: 'fatal'; readonly error: WireError };

/** What may be asked of a loaded model. */
export interface ModelApi {
  // Of an embedder:
  encode(request: EncodeRequest): Promise<EncodeReply>;
  tokenize(request: TokenizeRequest): Promise<Tokens[]>;
  score(request: ScoreRequest): Promise<PairScores>;
  explain(request: ExplainRequest): Promise<Explanation>;
  // Of a reranker:
  /** One logit a pair, in the order of the pairs. */
  rerank(request: RerankRequest): Promise<Float32Array<ArrayBuffer>>;
  /** Ends the call at its next batch boundary; it then rejects with an AbortError that the page replaces by the signal's reason. */
  cancel(callId: number): void;
}

/** What the page may ask of the worker, over comlink. */
export interface WorkerApi extends ModelApi {
  /** `lifeLock` names the Web Lock that the worker holds as long as it lives. */
  connect(lifeLock: string): Promise<void>;
  load(config: LoadConfig): Promise<ModelInfo>;
}
