import type { WireError } from './errors.js';
import type { Dtype, ModelSpec } from './models.js';

export type Device = 'webgpu' | 'wasm';

/** What runs the model, and how it came to be chosen. */
export interface EngineInfo {
  readonly engine: 'ort';
  readonly device: Device;
  readonly dtype: Dtype;
  readonly threads: number;
}

export interface EmbedderInfo extends EngineInfo {
  readonly model: string;
  readonly revision: string;
  readonly dim: number;
  /** The most tokens of one text, special tokens included; what is longer is cut. */
  readonly maxLength: number;
  /** Names the embedding space: vectors of different spaces must not be compared. */
  readonly space: string;
  /** Why the first choice of device was not taken; null when it was. */
  readonly fallbackReason: string | null;
  /** The lowest cosine between this engine's vectors and the stored reference vectors; null where there is no reference or the check is off. */
  readonly selfCheck: number | null;
}

/** An instruction is put before queries only (`query`), passages may have one of their own (`passage`), `plain` texts have none. */
export type TextKind = 'query' | 'passage' | 'plain';

/** One way of running the model that has failed before; the worker must not choose it again. */
export interface FailedChoice {
  readonly device: Device;
  readonly reason: string;
}

/** Everything a fresh worker needs in order to become ready: the page keeps it and hands it to each successor. */
export interface LoadConfig {
  readonly model: ModelSpec;
  readonly device: 'auto' | Device;
  readonly dtype: 'auto' | Dtype;
  readonly revision: string | null;
  readonly modelBase: string;
  readonly wasmBase: string | null;
  readonly cache: boolean;
  readonly maxLength: number;
  readonly batchTokens: number | null;
  readonly normalize: boolean;
  /** Dimensions to keep of each vector. */
  readonly dim: number;
  readonly queryInstruction: string;
  readonly passageInstruction: string;
  readonly selfCheck: boolean;
  readonly failed: readonly FailedChoice[];
}

export interface EncodeRequest {
  readonly callId: number;
  readonly texts: readonly string[];
  readonly kind: TextKind;
  /** Overrides the embedder's maxLength for this call. */
  readonly maxLength: number | null;
  /** Higher goes first at each batch boundary. */
  readonly priority: number;
}

/** What crosses back: its buffers are transferred, not copied. */
export interface EncodeReply {
  readonly data: Float32Array<ArrayBuffer>;
  readonly dim: number;
  readonly tokenCounts: Uint32Array<ArrayBuffer>;
  readonly truncated: Uint8Array<ArrayBuffer>;
  readonly space: string;
}

export interface TokenizeRequest {
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
  | { readonly phase: 'ready'; readonly info: EmbedderInfo }
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

/** What the worker tells without being asked; each message also is a sign of life. */
export type WorkerEvent =
  | { readonly type: 'load'; readonly event: LoadEvent }
  | { readonly type: 'encode'; readonly callId: number; readonly event: EncodeEvent }
  /** The worker met an error that no call stands for, and ends. */
  | { readonly type: 'fatal'; readonly error: WireError };

/** What the page may ask of the worker, over comlink. */
export interface WorkerApi {
  /** `listener` hears every event until the worker ends. `lifeLock` names the Web Lock that the worker holds as long as it lives. */
  connect(listener: (event: WorkerEvent) => void, lifeLock: string): Promise<void>;
  load(config: LoadConfig): Promise<EmbedderInfo>;
  encode(request: EncodeRequest): Promise<EncodeReply>;
  tokenize(request: TokenizeRequest): Promise<Tokens[]>;
  /** Ends the call at its next batch boundary; it then rejects with an AbortError that the page replaces by the signal's reason. */
  cancel(callId: number): void;
}
