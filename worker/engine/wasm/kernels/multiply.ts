/** Columns of a panel, rows of a tile: 8 sums, 2 weights and 1 activation fit the registers that V8 has. */
const PANEL = 8;
const TILE = 4;

/**
 * out = (x · w − row's sum · column's zero point) · (row's scale · column's scale) + bias. `x` is rows × inner, int16, in memory
 * up to a multiple of 4 rows; `inner` is even. `w` is packed in panels of 8 columns: for each pair of inner indices the two
 * int8 weights of each column. `out` has `columns` floats a row, of which those from `first` to `last` are written.
 */
export function multiply(
  x: usize,
  xScales: usize,
  xSums: usize,
  w: usize,
  wScales: usize,
  wZeros: usize,
  bias: usize,
  out: usize,
  rows: i32,
  inner: i32,
  columns: i32,
  first: i32,
  last: i32,
): void {
  const pairs = <usize>inner >> 1;
  const xBytes = (<usize>inner) << 1;
  for (let column = first; column < last; column += PANEL) {
    const panel = w + <usize>column * <usize>inner;
    const offset = (<usize>column) << 2;
    for (let row = 0; row < rows; row += TILE) {
      let s00 = i32x4.splat(0), s01 = i32x4.splat(0), s10 = i32x4.splat(0), s11 = i32x4.splat(0);
      let s20 = i32x4.splat(0), s21 = i32x4.splat(0), s30 = i32x4.splat(0), s31 = i32x4.splat(0);
      // Running addresses, not offsets, and no unrolling: V8 would load ahead and spill (56 and 44 Gop/s in place of 71).
      let weights = panel;
      let a0 = x + <usize>row * xBytes;
      let a1 = a0 + xBytes;
      let a2 = a1 + xBytes;
      let a3 = a2 + xBytes;
      for (const end = panel + (pairs << 4); weights < end; weights += 16) {
        const low = v128.load8x8_s(weights);
        const high = v128.load8x8_s(weights, 8);
        let a = v128.load32_splat(a0);
        s00 = i32x4.add(s00, i32x4.dot_i16x8_s(a, low));
        s01 = i32x4.add(s01, i32x4.dot_i16x8_s(a, high));
        a = v128.load32_splat(a1);
        s10 = i32x4.add(s10, i32x4.dot_i16x8_s(a, low));
        s11 = i32x4.add(s11, i32x4.dot_i16x8_s(a, high));
        a = v128.load32_splat(a2);
        s20 = i32x4.add(s20, i32x4.dot_i16x8_s(a, low));
        s21 = i32x4.add(s21, i32x4.dot_i16x8_s(a, high));
        a = v128.load32_splat(a3);
        s30 = i32x4.add(s30, i32x4.dot_i16x8_s(a, low));
        s31 = i32x4.add(s31, i32x4.dot_i16x8_s(a, high));
        a0 += 4;
        a1 += 4;
        a2 += 4;
        a3 += 4;
      }
      const left = rows - row;
      const to = out + ((<usize>row * <usize>columns) << 2) + offset;
      const stride = (<usize>columns) << 2;
      const scales = xScales + ((<usize>row) << 2);
      const sums = xSums + ((<usize>row) << 2);
      finish(to, s00, s01, scales, sums, wScales + offset, wZeros + offset, bias + offset);
      if (left > 1) finish(to + stride, s10, s11, scales + 4, sums + 4, wScales + offset, wZeros + offset, bias + offset);
      if (left > 2) finish(to + 2 * stride, s20, s21, scales + 8, sums + 8, wScales + offset, wZeros + offset, bias + offset);
      if (left > 3) finish(to + 3 * stride, s30, s31, scales + 12, sums + 12, wScales + offset, wZeros + offset, bias + offset);
    }
  }
}

function finish(to: usize, sum0: v128, sum1: v128, xScale: usize, xSum: usize, wScales: usize, wZeros: usize, bias: usize): void {
  const scale = v128.load32_splat(xScale);
  const sum = v128.load32_splat(xSum);
  sum0 = f32x4.sub(f32x4.convert_i32x4_s(sum0), f32x4.mul(sum, v128.load(wZeros)));
  sum1 = f32x4.sub(f32x4.convert_i32x4_s(sum1), f32x4.mul(sum, v128.load(wZeros, 16)));
  v128.store(to, f32x4.add(f32x4.mul(sum0, f32x4.mul(scale, v128.load(wScales))), v128.load(bias)));
  v128.store(to, f32x4.add(f32x4.mul(sum1, f32x4.mul(scale, v128.load(wScales, 16))), v128.load(bias, 16)), 16);
}
