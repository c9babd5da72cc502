import { madd } from './madd';

/**
 * x · Φ(x) in place, the GELU of BERT, of `count` floats (a multiple of 4), within 1e-6: Φ by erf as a rational function
 * (Eigen's `erf_float`), which needs no exponential.
 */
export function gelu(x: usize, count: i32): void {
  for (const end = x + ((<usize>count) << 2); x < end; x += 16) {
    const value = v128.load(x);
    const z = f32x4.mul(value, f32x4.splat(0.70710678118654752));
    // From 4 on erf is 1 in float32. (pmin and pmax pass NaN on in this order.)
    const c = f32x4.pmax(f32x4.pmin(z, f32x4.splat(4)), f32x4.splat(-4));
    const s = f32x4.mul(c, c);
    let p = f32x4.splat(-2.72614225801306e-10);
    p = madd(p, s, f32x4.splat(2.77068142495902e-8));
    p = madd(p, s, f32x4.splat(-2.10102402082508e-6));
    p = madd(p, s, f32x4.splat(-5.69250639462346e-5));
    p = madd(p, s, f32x4.splat(-7.34990630326855e-4));
    p = madd(p, s, f32x4.splat(-2.95459980854025e-3));
    p = madd(p, s, f32x4.splat(-1.60960333262415e-2));
    let q = f32x4.splat(-1.45660718464996e-5);
    q = madd(q, s, f32x4.splat(-2.13374055278905e-4));
    q = madd(q, s, f32x4.splat(-1.68282697438203e-3));
    q = madd(q, s, f32x4.splat(-7.37332916720468e-3));
    q = madd(q, s, f32x4.splat(-1.42647390514189e-2));
    const erf = f32x4.div(f32x4.mul(c, p), q);
    const half = f32x4.mul(value, f32x4.splat(0.5));
    v128.store(x, madd(half, erf, half));
  }
}
