import { total } from './lanes';

/**
 * Adds `residual` (0 for none) to each row of `x` and normalises the row in place: mean 0, variance 1, times `weight`,
 * plus `bias`. `size` is a multiple of 4. BERT's epsilon is inside the root.
 */
export function normalize(
  x: usize,
  residual: usize,
  weight: usize,
  bias: usize,
  rows: i32,
  size: i32,
  epsilon: f32,
): void {
  const bytes = (<usize>size) << 2;
  for (let row = 0; row < rows; row++) {
    let sums = f32x4.splat(0);
    for (let at: usize = 0; at < bytes; at += 16) {
      let values = v128.load(x + at);
      if (residual) {
        values = f32x4.add(values, v128.load(residual + at));
        v128.store(x + at, values);
      }
      sums = f32x4.add(sums, values);
    }
    const mean = f32x4.splat(total(sums) / <f32>size);
    let squares = f32x4.splat(0);
    for (let at: usize = 0; at < bytes; at += 16) {
      const centred = f32x4.sub(v128.load(x + at), mean);
      squares = f32x4.add(squares, f32x4.mul(centred, centred));
    }
    const factor = f32x4.splat(<f32>1 / sqrt<f32>(total(squares) / <f32>size + epsilon));
    for (let at: usize = 0; at < bytes; at += 16) {
      const scaled = f32x4.mul(f32x4.mul(f32x4.sub(v128.load(x + at), mean), factor), v128.load(weight + at));
      v128.store(x + at, f32x4.add(scaled, v128.load(bias + at)));
    }
    x += bytes;
    if (residual) residual += bytes;
  }
}
