/** Columns of a panel, rows of a tile, inner indices of a step: 12 sums, 2 weights and 1 activation fill the registers that V8 has. */
const PANEL = 8;
const TILE = 6;
const STEP = 4;

/**
 * The same as `multiply` by the relaxed dot product, whose operands are 8 and 7 bits: `x` is int8 with a zero point a row
 * (quantizeBytes), in memory up to a multiple of 6 rows, `w` the weights + 64, 0 to 127 (packRelaxed).
 * Σ (x − zero) · (w − 64) = Σ x · w + xTerms − zero · wSums: out = that · (row's scale · column's scale) + bias.
 */
export function multiplyRelaxed(
  x: usize,
  xScales: usize,
  xZeros: usize,
  xTerms: usize,
  w: usize,
  wScales: usize,
  wSums: usize,
  bias: usize,
  out: usize,
  rows: i32,
  inner: i32,
  columns: i32,
  first: i32,
  last: i32,
): void {
  const xBytes = <usize>inner;
  const stride = (<usize>columns) << 2;
  for (let column = first; column < last; column += PANEL) {
    const panel = w + <usize>column * <usize>inner;
    const offset = (<usize>column) << 2;
    for (let row = 0; row < rows; row += TILE) {
      let s00 = i32x4.splat(0), s01 = i32x4.splat(0), s10 = i32x4.splat(0), s11 = i32x4.splat(0);
      let s20 = i32x4.splat(0), s21 = i32x4.splat(0), s30 = i32x4.splat(0), s31 = i32x4.splat(0);
      let s40 = i32x4.splat(0), s41 = i32x4.splat(0), s50 = i32x4.splat(0), s51 = i32x4.splat(0);
      let weights = panel;
      let a0 = x + <usize>row * xBytes;
      let a1 = a0 + xBytes;
      let a2 = a1 + xBytes;
      let a3 = a2 + xBytes;
      let a4 = a3 + xBytes;
      let a5 = a4 + xBytes;
      for (const end = panel + ((<usize>inner) << 3); weights < end; weights += 32) {
        const low = v128.load(weights);
        const high = v128.load(weights, 16);
        let a = v128.load32_splat(a0);
        s00 = i32x4.relaxed_dot_i8x16_i7x16_add_s(a, low, s00);
        s01 = i32x4.relaxed_dot_i8x16_i7x16_add_s(a, high, s01);
        a = v128.load32_splat(a1);
        s10 = i32x4.relaxed_dot_i8x16_i7x16_add_s(a, low, s10);
        s11 = i32x4.relaxed_dot_i8x16_i7x16_add_s(a, high, s11);
        a = v128.load32_splat(a2);
        s20 = i32x4.relaxed_dot_i8x16_i7x16_add_s(a, low, s20);
        s21 = i32x4.relaxed_dot_i8x16_i7x16_add_s(a, high, s21);
        a = v128.load32_splat(a3);
        s30 = i32x4.relaxed_dot_i8x16_i7x16_add_s(a, low, s30);
        s31 = i32x4.relaxed_dot_i8x16_i7x16_add_s(a, high, s31);
        a = v128.load32_splat(a4);
        s40 = i32x4.relaxed_dot_i8x16_i7x16_add_s(a, low, s40);
        s41 = i32x4.relaxed_dot_i8x16_i7x16_add_s(a, high, s41);
        a = v128.load32_splat(a5);
        s50 = i32x4.relaxed_dot_i8x16_i7x16_add_s(a, low, s50);
        s51 = i32x4.relaxed_dot_i8x16_i7x16_add_s(a, high, s51);
        a0 += STEP;
        a1 += STEP;
        a2 += STEP;
        a3 += STEP;
        a4 += STEP;
        a5 += STEP;
      }
      const left = rows - row;
      const to = out + <usize>row * stride + offset;
      const at = (<usize>row) << 2;
      finish(to, s00, s01, at, xScales, xZeros, xTerms, offset, wScales, wSums, bias);
      if (left > 1) finish(to + stride, s10, s11, at + 4, xScales, xZeros, xTerms, offset, wScales, wSums, bias);
      if (left > 2) finish(to + 2 * stride, s20, s21, at + 8, xScales, xZeros, xTerms, offset, wScales, wSums, bias);
      if (left > 3) finish(to + 3 * stride, s30, s31, at + 12, xScales, xZeros, xTerms, offset, wScales, wSums, bias);
      if (left > 4) finish(to + 4 * stride, s40, s41, at + 16, xScales, xZeros, xTerms, offset, wScales, wSums, bias);
      if (left > 5) finish(to + 5 * stride, s50, s51, at + 20, xScales, xZeros, xTerms, offset, wScales, wSums, bias);
    }
  }
}

function finish(
  to: usize,
  sum0: v128,
  sum1: v128,
  row: usize,
  xScales: usize,
  xZeros: usize,
  xTerms: usize,
  column: usize,
  wScales: usize,
  wSums: usize,
  bias: usize,
): void {
  const scale = v128.load32_splat(xScales + row);
  const zero = v128.load32_splat(xZeros + row);
  const term = v128.load32_splat(xTerms + row);
  sum0 = i32x4.sub(i32x4.add(sum0, term), i32x4.mul(zero, v128.load(wSums + column)));
  sum1 = i32x4.sub(i32x4.add(sum1, term), i32x4.mul(zero, v128.load(wSums + column, 16)));
  const scale0 = f32x4.mul(scale, v128.load(wScales + column));
  const scale1 = f32x4.mul(scale, v128.load(wScales + column, 16));
  v128.store(to, f32x4.add(f32x4.mul(f32x4.convert_i32x4_s(sum0), scale0), v128.load(bias + column)));
  v128.store(to, f32x4.add(f32x4.mul(f32x4.convert_i32x4_s(sum1), scale1), v128.load(bias + column, 16)), 16);
}
