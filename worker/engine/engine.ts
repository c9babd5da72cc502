import type { TokenHead } from '../../src/shared/models';
import type { EngineInfo } from '../../src/shared/protocol';

/** Texts of one forward pass, one after the other, without padding. */
export interface TokenBatch {
  readonly ids: Int32Array;
  /** Tokens of each text, special tokens included. */
  readonly lengths: readonly number[];
}

export type Head = 'dense' | TokenHead | 'logits';

/**
 * What each head gives for a batch, text after text: `dense` a pooled, not yet normalised vector (texts × dim), `sparse` a weight
 * for each token, 0 or more, `colbert` a vector, not yet normalised, for each token of a text but its first, `logits` one number
 * for each text.
 */
export type HeadOutputs = { readonly [head in Head]?: Float32Array };

/** A linear layer: weight is outputs × inputs, row-major, as PyTorch stores it. */
export interface Linear {
  readonly inputs: number;
  readonly outputs: number;
  readonly weight: Float32Array;
  readonly bias: Float32Array;
}

/** What goes through an engine together: only what is a gain, and leaves every text's numbers alone. */
export interface BatchLimits {
  /** The most tokens; a longer text goes alone. */
  readonly maxTokens: number;
  readonly maxRows: number;
  /** Whether texts of one batch must be of equal length. */
  readonly equalLengths: boolean;
}

/** One loaded model on one device. */
export interface Engine {
  readonly info: EngineInfo;
  readonly batching: BatchLimits;
  /** The most batches that it can work on at a time. */
  readonly lanes: number;
  /** How many batches may be with it when the next one is urgent or not, while so many wait. */
  slots(urgent: boolean, waiting: number): number;
  /** Whether `run` can give it now. */
  has(head: Head): boolean;
  /** Adds a head that the graph does not have, from the weights of its linear layer. Rejects with EngineError. */
  attach(head: TokenHead, linear: Linear): Promise<void>;
  /** Rejects with DeviceLostError or EngineError. */
  run(batch: TokenBatch, heads: readonly Head[]): Promise<HeadOutputs>;
}
