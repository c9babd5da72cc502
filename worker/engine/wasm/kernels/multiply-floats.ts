import { madd } from './madd';

/** Columns of a panel, rows of a tile. */
const PANEL = 8;
const TILE = 4;

/**
 * out = x · w + bias in float32. `x` is rows × inner, `w` packed in panels of 8 columns: for each inner index the weights of the
 * eight. `out` has `columns` floats a row, of which those from `first` to `last` are written.
 */
export function multiplyFloats(
  x: usize,
  w: usize,
  bias: usize,
  out: usize,
  rows: i32,
  inner: i32,
  columns: i32,
  first: i32,
  last: i32,
): void {
  const xBytes = (<usize>inner) << 2;
  const stride = (<usize>columns) << 2;
  for (let column = first; column < last; column += PANEL) {
    const panel = w + <usize>column * xBytes;
    const offset = (<usize>column) << 2;
    const bias0 = v128.load(bias + offset);
    const bias1 = v128.load(bias + offset, 16);
    for (let row = 0; row < rows; row += TILE) {
      const left = rows - row;
      // Rows that are not there repeat the first.
      let a0 = x + <usize>row * xBytes;
      let a1 = a0 + (left > 1 ? xBytes : 0);
      let a2 = a0 + (left > 2 ? 2 * xBytes : 0);
      let a3 = a0 + (left > 3 ? 3 * xBytes : 0);
      let s00 = bias0, s01 = bias1, s10 = bias0, s11 = bias1, s20 = bias0, s21 = bias1, s30 = bias0, s31 = bias1;
      let weights = panel;
      for (const end = panel + ((<usize>inner) << 5); weights < end; weights += 32) {
        const low = v128.load(weights);
        const high = v128.load(weights, 16);
        let a = v128.load32_splat(a0);
        s00 = madd(a, low, s00);
        s01 = madd(a, high, s01);
        a = v128.load32_splat(a1);
        s10 = madd(a, low, s10);
        s11 = madd(a, high, s11);
        a = v128.load32_splat(a2);
        s20 = madd(a, low, s20);
        s21 = madd(a, high, s21);
        a = v128.load32_splat(a3);
        s30 = madd(a, low, s30);
        s31 = madd(a, high, s31);
        a0 += 4;
        a1 += 4;
        a2 += 4;
        a3 += 4;
      }
      const to = out + <usize>row * stride + offset;
      put(to, s00, s01);
      if (left > 1) put(to + stride, s10, s11);
      if (left > 2) put(to + 2 * stride, s20, s21);
      if (left > 3) put(to + 3 * stride, s30, s31);
    }
  }
}

// @ts-ignore: decorator
@inline
export function put(to: usize, low: v128, high: v128): void {
  v128.store(to, low);
  v128.store(to, high, 16);
}

/** Orders the weights of a product (inner × columns, float32, row-major) as `multiplyFloats` reads them; `columns` is a multiple of 8. */
export function packFloats(from: usize, to: usize, inner: i32, columns: i32): void {
  const stride = (<usize>columns) << 2;
  for (let column: usize = 0; column < stride; column += 32) {
    let at = from + column;
    for (let row = 0; row < inner; row++) {
      put(to, v128.load(at), v128.load(at, 16));
      at += stride;
      to += 32;
    }
  }
}
