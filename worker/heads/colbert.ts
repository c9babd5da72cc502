import { toFloat16 } from '../../src/shared/float16';
import type { ColbertData, ColbertFormat } from '../../src/shared/protocol';
import { normalizeRow } from '../pooling';

/** The token vectors of all texts of a call in one matrix, in the format that was asked for. */
export class ColbertRows implements ColbertData {
  readonly data: ColbertData['data'];
  readonly scales: Float32Array<ArrayBuffer> | null;

  /** @param offsets the first row of each text, and the end of the last */
  constructor(
    readonly offsets: Uint32Array<ArrayBuffer>,
    readonly dim: number,
    format: ColbertFormat,
  ) {
    const rows = offsets.at(-1)!;
    this.data = new { float32: Float32Array, float16: Uint16Array, int8: Int8Array }[format](rows * dim);
    this.scales = format === 'int8' ? new Float32Array(rows) : null;
  }

  /** Puts normalised vectors from row `at` on. */
  put(at: number, vectors: Float32Array): void {
    const target = this.data.subarray(at * this.dim, at * this.dim + vectors.length);
    if (this.data instanceof Float32Array) target.set(vectors);
    else if (this.data instanceof Uint16Array) for (const [i, value] of vectors.entries()) target[i] = toFloat16(value);
    else
      for (let row = 0; row < vectors.length / this.dim; row++)
        this.#putInt8(at + row, vectors.subarray(row * this.dim, (row + 1) * this.dim));
  }

  /** One scale a token, the largest component becoming ±127. */
  #putInt8(row: number, vector: Float32Array): void {
    const scale = vector.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0) / 127;
    this.scales![row] = scale;
    if (scale > 0) for (const [d, value] of vector.entries()) this.data[row * this.dim + d] = Math.round(value / scale);
  }
}

/**
 * Cuts each token's vector to `dim` and scales it to length 1.
 * Source: FlagEmbedding, finetune/embedder/encoder_only/m3/modeling.py, `_colbert_embedding` and `compute_…`.
 * @param vectors tokens × full, row-major
 */
export function tokenVectors(vectors: Float32Array, tokens: number, dim: number): Float32Array {
  const full = vectors.length / tokens;
  const kept = new Float32Array(tokens * dim);
  for (let token = 0; token < tokens; token++) {
    const row = kept.subarray(token * dim, (token + 1) * dim);
    row.set(vectors.subarray(token * full, token * full + dim));
    normalizeRow(row);
  }
  return kept;
}
