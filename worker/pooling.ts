/**
 * Gives one row a text from the hidden states of texts without padding: its first token (`cls`, as all BGE models
 * want), or the mean over all its tokens. Source: FlagEmbedding, inference/embedder/encoder_only/base.py, `pooling`.
 *
 * @param hidden tokens × dim, row-major, text after text
 * @param lengths tokens of each text
 */
export function pool(hidden: Float32Array, lengths: readonly number[], pooling: 'cls' | 'mean'): Float32Array {
  const dim = hidden.length / lengths.reduce((sum, length) => sum + length, 0);
  const pooled = new Float32Array(lengths.length * dim);
  let first = 0;
  for (const [row, length] of lengths.entries()) {
    const out = pooled.subarray(row * dim, (row + 1) * dim);
    const end = first + length * dim;
    if (pooling === 'cls') out.set(hidden.subarray(first, first + dim));
    else {
      for (let at = first; at < end; at += dim) for (let d = 0; d < dim; d++) out[d]! += hidden[at + d]!;
      for (let d = 0; d < dim; d++) out[d]! /= length;
    }
    first = end;
  }
  return pooled;
}

/** Smallest norm that is divided by, as in `torch.nn.functional.normalize`. */
const EPSILON = 1e-12;

/** Scales `row` in place to length 1 (L2). A row of zeros stays zero; NaN stays NaN. */
export function normalizeRow(row: Float32Array): void {
  let squares = 0;
  for (const value of row) squares += value * value;
  const norm = Math.max(Math.sqrt(squares), EPSILON);
  for (let d = 0; d < row.length; d++) row[d]! /= norm;
}
