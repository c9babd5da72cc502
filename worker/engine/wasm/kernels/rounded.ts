import { ROUND } from './exp';

/** Eight floats times a factor, as int16. */
// @ts-ignore: decorator
@inline
export function rounded(low: v128, high: v128, factor: v128): v128 {
  low = f32x4.add(f32x4.mul(low, factor), f32x4.splat(ROUND));
  high = f32x4.add(f32x4.mul(high, factor), f32x4.splat(ROUND));
  return i16x8.shuffle(low, high, 0, 2, 4, 6, 8, 10, 12, 14); // the low 16 bits of each lane are the integer
}
