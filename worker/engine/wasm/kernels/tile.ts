import { madd } from './madd';

/** Bytes of eight columns. */
const PANEL: usize = 32;

/**
 * Up to four rows of a product, eight columns of it, and what is added to each row: `a` has `steps` floats a row, aStride bytes
 * apart, `b` eight a step.
 */
export function multiplyTile(
  a: usize,
  aStride: usize,
  b: usize,
  steps: i32,
  bias0: v128,
  bias1: v128,
  out: usize,
  outStride: usize,
  rows: i32,
): void {
  // Rows that are not there repeat the first.
  let a0 = a;
  let a1 = a + (rows > 1 ? aStride : 0);
  let a2 = a + (rows > 2 ? 2 * aStride : 0);
  let a3 = a + (rows > 3 ? 3 * aStride : 0);
  let s00 = bias0, s01 = bias1, s10 = bias0, s11 = bias1, s20 = bias0, s21 = bias1, s30 = bias0, s31 = bias1;
  for (const end = b + <usize>steps * PANEL; b < end; b += PANEL) {
    const b0 = v128.load(b);
    const b1 = v128.load(b, 16);
    let x = v128.load32_splat(a0);
    s00 = madd(x, b0, s00);
    s01 = madd(x, b1, s01);
    x = v128.load32_splat(a1);
    s10 = madd(x, b0, s10);
    s11 = madd(x, b1, s11);
    x = v128.load32_splat(a2);
    s20 = madd(x, b0, s20);
    s21 = madd(x, b1, s21);
    x = v128.load32_splat(a3);
    s30 = madd(x, b0, s30);
    s31 = madd(x, b1, s31);
    a0 += 4;
    a1 += 4;
    a2 += 4;
    a3 += 4;
  }
  put(out, s00, s01);
  if (rows > 1) put(out + outStride, s10, s11);
  if (rows > 2) put(out + 2 * outStride, s20, s21);
  if (rows > 3) put(out + 3 * outStride, s30, s31);
}

// @ts-ignore: decorator
@inline
export function put(to: usize, low: v128, high: v128): void {
  v128.store(to, low);
  v128.store(to, high, 16);
}
