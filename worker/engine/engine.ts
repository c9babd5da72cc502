import type { EngineInfo } from '../../src/shared/protocol';

/** Texts of one forward pass. All rows have the same length: no engine of ours ever pads. */
export interface TokenBatch {
  readonly rows: number;
  /** Tokens of each row, special tokens included. */
  readonly length: number;
  /** rows × length, row-major. */
  readonly ids: Int32Array;
}

/** One loaded model on one device. */
export interface Engine {
  readonly info: EngineInfo;
  /** The most tokens that one batch may hold, and whether several rows in one batch are a gain and leave every row's numbers alone. */
  readonly batching: { readonly maxTokens: number; readonly maxRows: number };
  /** Gives the pooled, not yet normalised rows: rows × dim, row-major. Rejects with DeviceLostError or EngineError. */
  run(batch: TokenBatch): Promise<Float32Array>;
}
