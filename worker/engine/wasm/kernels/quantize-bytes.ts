import { ROUND } from './exp';
import { integerTotal, maximum, total } from './lanes';

/**
 * Gives each row of `x` (rows × size, float32) as int8 with a scale and a zero point: x · smooth = (out − zero) · scale, for
 * `multiplyRelaxed`, whose terms are −64 times the sum of a row's integers. `smooth` is 0 or the address of one factor a column.
 * `size` is a multiple of 16. Zero is always representable; a row of zeros has scale 0, one with a number that is not finite scale NaN.
 */
export function quantizeBytes(
  x: usize,
  smooth: usize,
  out: usize,
  scales: usize,
  zeros: usize,
  terms: usize,
  rows: i32,
  size: i32,
): void {
  const bytes = (<usize>size) << 2;
  for (let row = 0; row < rows; row++) {
    let highest = f32x4.splat(0);
    let lowest = f32x4.splat(0);
    let poison = f32x4.splat(0);
    for (let at: usize = 0; at < bytes; at += 16) {
      const values = smoothed(x, smooth, at);
      highest = f32x4.pmax(highest, values); // passes over NaN
      lowest = f32x4.pmax(lowest, f32x4.neg(values));
      poison = f32x4.add(poison, f32x4.mul(values, f32x4.splat(0)));
    }
    const low = maximum(lowest);
    const range = maximum(highest) + low;
    const factor: f32 = range > 0 ? 255 / range : 0;
    const zero = <i32>nearest<f32>(low * factor) - 128;
    store<f32>(scales, range / 255 + total(poison));
    store<i32>(zeros, zero);
    const factors = f32x4.splat(factor);
    const shift = i32x4.splat(zero - reinterpret<i32>(ROUND));
    let sum = i32x4.splat(0);
    for (let at: usize = 0; at < bytes; at += 64) {
      const a = integers(smoothed(x, smooth, at), factors, shift);
      const b = integers(smoothed(x, smooth, at + 16), factors, shift);
      const c = integers(smoothed(x, smooth, at + 32), factors, shift);
      const d = integers(smoothed(x, smooth, at + 48), factors, shift);
      const packed = i8x16.narrow_i16x8_s(i16x8.narrow_i32x4_s(a, b), i16x8.narrow_i32x4_s(c, d));
      v128.store(out + (at >> 2), packed);
      sum = i32x4.add(sum, i32x4.extadd_pairwise_i16x8_s(i16x8.extadd_pairwise_i8x16_s(packed)));
    }
    store<i32>(terms, -64 * integerTotal(sum));
    x += bytes;
    out += bytes >> 2;
    scales += 4;
    zeros += 4;
    terms += 4;
  }
}

// @ts-ignore: decorator
@inline
function integers(values: v128, factors: v128, shift: v128): v128 {
  return i32x4.add(f32x4.add(f32x4.mul(values, factors), f32x4.splat(ROUND)), shift);
}

// @ts-ignore: decorator
@inline
export function smoothed(x: usize, smooth: usize, at: usize): v128 {
  const values = v128.load(x + at);
  return smooth ? f32x4.mul(values, v128.load(smooth + at)) : values;
}
