import type { LexicalWeights } from './sparse';

/** What the heads that were asked for make of one text, or of one piece of it. */
export interface TextVectors {
  dense?: Float32Array;
  sparse?: LexicalWeights;
  /** tokens × dim, row-major, each row of length 1. */
  colbert?: Float32Array;
}
