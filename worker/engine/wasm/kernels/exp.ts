import { madd } from './madd';

/** Added to a float of up to ±2²², it leaves the nearest integer in the low bits. */
export const ROUND: f32 = 12582912;

/**
 * e to the power of each lane, which is at most 88, within 2e-7 of it; below −87 zero. Cephes' expf: 2 to an integer times a
 * polynomial. (pmax and shifts where max and conversions would be natural: those cost V8 several instructions each.)
 */
// @ts-ignore: decorator
@inline
export function exp(x: v128): v128 {
  const clamped = f32x4.pmax(x, f32x4.splat(-87.3));
  const shifted = madd(clamped, f32x4.splat(1.44269504088896341), f32x4.splat(ROUND));
  const n = f32x4.sub(shifted, f32x4.splat(ROUND));
  let r = madd(n, f32x4.splat(-0.693359375), clamped);
  r = madd(n, f32x4.splat(2.1219444e-4), r);
  let p = f32x4.splat(1.98756915e-4);
  p = madd(p, r, f32x4.splat(1.3981999507e-3));
  p = madd(p, r, f32x4.splat(8.3334519073e-3));
  p = madd(p, r, f32x4.splat(4.1665795894e-2));
  p = madd(p, r, f32x4.splat(1.6666665459e-1));
  p = madd(p, r, f32x4.splat(5.0000001201e-1));
  const e = f32x4.add(madd(f32x4.mul(r, r), p, r), f32x4.splat(1));
  // Multiplies by 2ⁿ: adds n to the exponent.
  return v128.and(i32x4.add(e, i32x4.shl(shifted, 23)), f32x4.ge(x, f32x4.splat(-87.3)));
}
