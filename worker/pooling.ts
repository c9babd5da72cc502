/**
 * Gives one row a text from the hidden states of a batch without padding: its first token (`cls`, as all BGE models
 * want), or the mean over all its tokens. Source: FlagEmbedding, inference/embedder/encoder_only/base.py, `pooling`.
 *
 * @param hidden rows × length × dim, row-major
 */
export function pool(hidden: Float32Array, rows: number, length: number, pooling: 'cls' | 'mean'): Float32Array {
  const dim = hidden.length / rows / length;
  const pooled = new Float32Array(rows * dim);
  for (let row = 0; row < rows; row++) {
    const first = row * length * dim;
    const out = pooled.subarray(row * dim, (row + 1) * dim);
    if (pooling === 'cls') {
      out.set(hidden.subarray(first, first + dim));
      continue;
    }
    for (let at = first; at < first + length * dim; at += dim) for (let d = 0; d < dim; d++) out[d]! += hidden[at + d]!;
    for (let d = 0; d < dim; d++) out[d]! /= length;
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
