/** Orders the weights of a product (inner × columns, int8, row-major) as `multiply` reads them; `inner` is even, `columns` a multiple of 8. */
export function pack(from: usize, to: usize, inner: i32, columns: i32): void {
  for (let column: usize = 0; column < <usize>columns; column += 8) {
    for (let row: usize = 0; row < <usize>inner; row += 2) {
      const at = from + row * <usize>columns + column;
      v128.store(to, interleave(v128.load64_zero(at), v128.load64_zero(at + <usize>columns)));
      to += 16;
    }
  }
}

/**
 * The same for `multiplyRelaxed`: weights of −64 to 63, + 64, in groups of 4 inner indices of each column, and the sum of each
 * column's weights; `inner` is a multiple of 4.
 */
export function packRelaxed(from: usize, to: usize, sums: usize, inner: i32, columns: i32): void {
  const stride = <usize>columns;
  for (let column: usize = 0; column < stride; column += 8) {
    let sum0 = i32x4.splat(0);
    let sum1 = i32x4.splat(0);
    let at = from + column;
    for (let row = 0; row < inner; row += 4) {
      const upper = interleave(v128.load64_zero(at), v128.load64_zero(at + stride));
      const lower = interleave(v128.load64_zero(at + 2 * stride), v128.load64_zero(at + 3 * stride));
      const low = i16x8.shuffle(upper, lower, 0, 8, 1, 9, 2, 10, 3, 11);
      const high = i16x8.shuffle(upper, lower, 4, 12, 5, 13, 6, 14, 7, 15);
      sum0 = i32x4.add(sum0, i32x4.extadd_pairwise_i16x8_s(i16x8.extadd_pairwise_i8x16_s(low)));
      sum1 = i32x4.add(sum1, i32x4.extadd_pairwise_i16x8_s(i16x8.extadd_pairwise_i8x16_s(high)));
      v128.store(to, i8x16.add(low, i8x16.splat(64)));
      v128.store(to, i8x16.add(high, i8x16.splat(64)), 16);
      at += 4 * stride;
      to += 32;
    }
    v128.store(sums + (column << 2), sum0);
    v128.store(sums + (column << 2), sum1, 16);
  }
}

// @ts-ignore: decorator
@inline
function interleave(even: v128, odd: v128): v128 {
  return i8x16.shuffle(even, odd, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
}
