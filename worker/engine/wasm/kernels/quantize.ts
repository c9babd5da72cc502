import { integerTotal, maximum, total } from './lanes';
import { smoothed } from './quantize-bytes';
import { rounded } from './rounded';

/** Activations have 12 bits: −2047 … 2047. With int8 weights a sum of 8192 products still fits 32 bits. */
const LARGEST: f32 = 2047;

/**
 * Gives each row of `x` (rows × size, float32) as int16 and one scale: x · smooth = out · scale. A scale a row, so that no
 * row's numbers depend on other rows; `sums` gets the sum of each row's integers, as a float. `smooth` is 0 or the address of one factor a column. `size` is a multiple of 8. A row of zeros has scale 0,
 * a row with a number that is not finite has scale NaN.
 */
export function quantize(x: usize, smooth: usize, out: usize, scales: usize, sums: usize, rows: i32, size: i32): void {
  const bytes = (<usize>size) << 2;
  for (let row = 0; row < rows; row++) {
    let peak = f32x4.splat(0);
    let poison = f32x4.splat(0);
    for (let at: usize = 0; at < bytes; at += 16) {
      const values = smoothed(x, smooth, at);
      peak = f32x4.pmax(peak, f32x4.abs(values)); // passes over NaN, unlike max, which is slower
      poison = f32x4.add(poison, f32x4.mul(values, f32x4.splat(0)));
    }
    const largest = maximum(peak);
    store<f32>(scales, largest / LARGEST + total(poison));
    const factor = f32x4.splat(largest > 0 ? LARGEST / largest : 0);
    let sum = i32x4.splat(0);
    for (let at: usize = 0; at < bytes; at += 32) {
      const integers = rounded(smoothed(x, smooth, at), smoothed(x, smooth, at + 16), factor);
      v128.store(out + (at >> 1), integers);
      sum = i32x4.add(sum, i32x4.extadd_pairwise_i16x8_s(integers));
    }
    store<f32>(sums, <f32>integerTotal(sum));
    x += bytes;
    out += bytes >> 1;
    scales += 4;
    sums += 4;
  }
}
