import { multiplyTile, put } from './tile';

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
      const from = x + <usize>row * xBytes;
      multiplyTile(from, xBytes, panel, inner, bias0, bias1, out + <usize>row * stride + offset, stride, rows - row);
    }
  }
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
