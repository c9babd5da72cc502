/** Symmetric or not, a scale a column: weight = (value − the column's zero point) · the column's scale. */
export interface IntegerMatrix {
  readonly kind: 'int8';
  readonly inputs: number;
  readonly outputs: number;
  /** inputs × outputs, row-major. */
  readonly values: Int8Array;
  /** One a column. */
  readonly scales: Float32Array;
  /** One a column, −255 to 255; null where all are 0. */
  readonly zeroPoints: Float32Array | null;
}

export interface FloatMatrix {
  readonly kind: 'float32';
  readonly inputs: number;
  readonly outputs: number;
  /** inputs × outputs, row-major. */
  readonly values: Float32Array;
}

export type Matrix = IntegerMatrix | FloatMatrix;

/** A linear layer: y = (x · smooth) · matrix + bias. */
export interface Product {
  readonly matrix: Matrix;
  readonly bias: Float32Array;
  /** One factor an input; null for 1. */
  readonly smooth: Float32Array | null;
}

/** Layer normalisation: times `weight`, plus `bias`. */
export interface Norm {
  readonly weight: Float32Array;
  readonly bias: Float32Array;
}

/** The word vectors, rows × columns. */
export type Table =
  | {
      readonly kind: 'int8';
      readonly rows: number;
      readonly columns: number;
      /** Row-major: number = (value − zeroPoint) · the scale of its block. */
      readonly values: Int8Array;
      readonly zeroPoint: number;
      /** Neighbours in a row that share a scale; divides `columns`. */
      readonly block: number;
      /** rows × (columns / block). */
      readonly scales: Float32Array;
    }
  | { readonly kind: 'float32'; readonly rows: number; readonly columns: number; readonly values: Float32Array };

export interface Layer {
  /** Queries (divided by the root of a head's size), keys and values, side by side: one product of 3 · hidden columns, or three of hidden with the same `smooth`. */
  readonly qkv: readonly Product[];
  readonly attentionOut: Product;
  readonly attentionNorm: Norm;
  readonly ffnIn: Product;
  readonly ffnOut: Product;
  readonly ffnNorm: Norm;
}

/**
 * What XLM-RoBERTa rerankers put on the first token's hidden state: logit = out(tanh(dense(state))).
 * Source: transformers, `XLMRobertaClassificationHead`.
 */
export interface Classifier {
  readonly dense: Product;
  readonly out: Product;
}

/** A token that the places of the others are counted without. */
export interface Padding {
  readonly id: number;
  /** What it has in place of a row of `positions`: hidden numbers. */
  readonly position: Float32Array;
}

/** An encoder of the BERT family (BERT, RoBERTa, XLM-RoBERTa), however a file keeps it. */
export interface EncoderWeights {
  readonly hidden: number;
  /** Of the attention. */
  readonly heads: number;
  /** Of all layer normalisations, inside the root. */
  readonly epsilon: number;
  readonly words: Table;
  /** One row for each place that a token can have, the first text token's first, with the vector of token type 0 added: places × hidden. */
  readonly positions: Float32Array;
  /** RoBERTa's padding token takes no place, not even where a text spells it out; left out for BERT, whose every token takes one. */
  readonly padding?: Padding;
  readonly embeddingNorm: Norm;
  readonly layers: number;
  /** Reads one layer; its arrays may be views of the file, and are not kept. */
  layer(index: number): Layer;
  /** Null for embedders. */
  readonly classifier: Classifier | null;
}
