import type { Pauses } from '../pauses';

/** Enough for a place to start from: the plane need not be exact. */
const ROUNDS = 10;

/**
 * The places of vectors (rows × dim, row-major) in the plane in which they differ most: rows × 2. The first two principal components, by
 * orthogonal iteration; all 0 in a direction in which the vectors do not differ. Costs 40 × rows × dim multiplications.
 */
export async function principalPlane(
  vectors: Float32Array,
  dim: number,
  random: () => number,
  pauses: Pauses,
  onPart: (part: number) => void = () => {},
): Promise<Float32Array<ArrayBuffer>> {
  const rows = vectors.length / dim;
  const mean = new Float64Array(dim);
  for (let i = 0; i < vectors.length; i++) mean[i % dim]! += vectors[i]! / rows;
  const axes = [0, 1].map(() => Float64Array.from({ length: dim }, () => random() - 0.5));
  orthonormalize(axes[0]!, axes[1]!);
  const places = new Float32Array(2 * rows);
  for (let round = 0; round < ROUNDS; round++) {
    const next = axes.map(() => new Float64Array(dim));
    const middles = axes.map((axis) => axis.reduce((sum, value, d) => sum + value * mean[d]!, 0));
    for (let row = 0; row < rows; row++) {
      if (pauses.isDue) {
        onPart((round + row / rows) / ROUNDS);
        await pauses.pause();
      }
      for (const [a, axis] of axes.entries()) {
        let place = -middles[a]!;
        for (let d = 0; d < dim; d++) place += axis[d]! * vectors[row * dim + d]!;
        places[2 * row + a] = place;
        const sum = next[a]!;
        for (let d = 0; d < dim; d++) sum[d]! += place * (vectors[row * dim + d]! - mean[d]!);
      }
    }
    orthonormalize(next[0]!, next[1]!);
    for (const [a, axis] of axes.entries()) axis.set(next[a]!);
  }
  return places;
}

/** Of length 1 and at right angles; what is all but 0 stays so. */
function orthonormalize(first: Float64Array, second: Float64Array): void {
  normalize(first);
  const common = first.reduce((sum, value, d) => sum + value * second[d]!, 0);
  for (let d = 0; d < second.length; d++) second[d]! -= common * first[d]!;
  normalize(second);
}

function normalize(vector: Float64Array): void {
  const norm = Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0));
  for (let d = 0; d < vector.length; d++) vector[d] = norm > 1e-12 ? vector[d]! / norm : 0;
}
