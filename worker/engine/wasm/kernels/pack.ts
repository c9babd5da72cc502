/** Orders the weights of a product (inner × columns, int8, row-major) as `multiply` reads them; `inner` is even, `columns` a multiple of 8. */
export function pack(from: usize, to: usize, inner: i32, columns: i32): void {
  for (let column: usize = 0; column < <usize>columns; column += 8) {
    for (let row: usize = 0; row < <usize>inner; row += 2) {
      const at = from + row * <usize>columns + column;
      const even = v128.load64_zero(at);
      const odd = v128.load64_zero(at + <usize>columns);
      v128.store(to, i8x16.shuffle(even, odd, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23));
      to += 16;
    }
  }
}
