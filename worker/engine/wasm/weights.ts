/** A linear layer in int8: y = ((x · smooth) · values) · scales + bias. */
export interface Product {
  readonly inputs: number;
  readonly outputs: number;
  /** inputs × outputs, row-major, symmetric. */
  readonly values: Int8Array;
  /** One a column. */
  readonly scales: Float32Array;
  readonly bias: Float32Array;
  /** One factor a row of `values`; null for 1. */
  readonly smooth: Float32Array | null;
}

export interface Norm {
  readonly weight: Float32Array;
  readonly bias: Float32Array;
}

export interface Layer {
  /** Queries (divided by the root of a head's size), keys and values side by side. */
  readonly qkv: Product;
  readonly attentionOut: Product;
  readonly attentionNorm: Norm;
  readonly ffnIn: Product;
  readonly ffnOut: Product;
  readonly ffnNorm: Norm;
}

/** A BERT encoder, however a file keeps it. */
export interface EncoderWeights {
  readonly hidden: number;
  readonly heads: number;
  readonly embeddingNorm: Norm;
  readonly layers: readonly Layer[];
  /** Writes the sums of the word, position and type vectors of a text's tokens: ids × hidden. */
  embed(ids: Int32Array, out: Float32Array): void;
}
