import type { TokenHead } from '../../src/shared/models';
import type { EngineInfo } from '../../src/shared/protocol';

/** Texts of one forward pass. All rows have the same length: no engine of ours ever pads. */
export interface TokenBatch {
  readonly rows: number;
  /** Tokens of each row, special tokens included. */
  readonly length: number;
  /** rows × length, row-major. */
  readonly ids: Int32Array;
}

export type Head = 'dense' | TokenHead | 'logits';

/**
 * What each head gives for a batch, row-major: `dense` the pooled, not yet normalised rows (rows × dim), `sparse` a weight
 * for each token, 0 or more (rows × length), `colbert` a vector, not yet normalised, for each token but the first
 * (rows × (length − 1) × dim), `logits` one number for each row.
 */
export type HeadOutputs = { readonly [head in Head]?: Float32Array };

/** A linear layer: weight is outputs × inputs, row-major, as PyTorch stores it. */
export interface Linear {
  readonly inputs: number;
  readonly outputs: number;
  readonly weight: Float32Array;
  readonly bias: Float32Array;
}

/** One loaded model on one device. */
export interface Engine {
  readonly info: EngineInfo;
  /** The most tokens that one batch may hold, and whether several rows in one batch are a gain and leave every row's numbers alone. */
  readonly batching: { readonly maxTokens: number; readonly maxRows: number };
  /** Whether `run` can give it now. */
  has(head: Head): boolean;
  /** Adds a head that the graph does not have, from the weights of its linear layer. Rejects with EngineError. */
  attach(head: TokenHead, linear: Linear): Promise<void>;
  /** Rejects with DeviceLostError or EngineError. */
  run(batch: TokenBatch, heads: readonly Head[]): Promise<HeadOutputs>;
}
