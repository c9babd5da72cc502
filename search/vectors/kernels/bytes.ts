import { allowedOfFour, offerFour, TILE } from './four';
import { heapBytes } from './heap';

/**
 * Offers each heap (one a query) the inner products of its query with `count` int8 rows, times the scale of the row.
 * `queries` are int16 of at most 12 bits, so that a sum of 8192 products fits 32 bits; `size` is a multiple of 16, `count` of 4.
 * Row 0 has the number `first`; rows whose bit in `allowed` is 0 are passed over, four at a time without being read.
 */
export function scanBytes(
  rows: usize,
  scales: usize,
  allowed: usize,
  count: i32,
  first: i32,
  size: i32,
  queries: usize,
  queryCount: i32,
  heaps: usize,
  k: i32,
): void {
  for (let tile = 0; tile < count; tile += TILE) {
    const end = min(tile + TILE, count);
    for (let query = 0; query < queryCount; query++) {
      const values = queries + ((<usize>query * <usize>size) << 1);
      const heap = heaps + <usize>query * heapBytes(k);
      for (let row = tile; row < end; row += 4) {
        const wanted = allowedOfFour(allowed, row);
        if (wanted == 0) continue;
        const sums = f32x4.convert_i32x4_s(products(rows + <usize>row * <usize>size, values, size));
        offerFour(heap, k, f32x4.mul(sums, v128.load(scales + ((<usize>row) << 2))), wanted, first + row);
      }
    }
  }
}

/** The inner products of four rows with the query, one a lane. */
// @ts-ignore: decorator
@inline
function products(row: usize, query: usize, size: i32): v128 {
  const bytes = <usize>size;
  let r0 = row,
    r1 = row + bytes,
    r2 = row + 2 * bytes,
    r3 = row + 3 * bytes;
  let s0 = i32x4.splat(0),
    s1 = i32x4.splat(0),
    s2 = i32x4.splat(0),
    s3 = i32x4.splat(0);
  for (const end = row + bytes; r0 < end; r0 += 16) {
    const low = v128.load(query);
    const high = v128.load(query, 16);
    s0 = i32x4.add(s0, i32x4.dot_i16x8_s(v128.load8x8_s(r0), low));
    s1 = i32x4.add(s1, i32x4.dot_i16x8_s(v128.load8x8_s(r1), low));
    s2 = i32x4.add(s2, i32x4.dot_i16x8_s(v128.load8x8_s(r2), low));
    s3 = i32x4.add(s3, i32x4.dot_i16x8_s(v128.load8x8_s(r3), low));
    s0 = i32x4.add(s0, i32x4.dot_i16x8_s(v128.load8x8_s(r0, 8), high));
    s1 = i32x4.add(s1, i32x4.dot_i16x8_s(v128.load8x8_s(r1, 8), high));
    s2 = i32x4.add(s2, i32x4.dot_i16x8_s(v128.load8x8_s(r2, 8), high));
    s3 = i32x4.add(s3, i32x4.dot_i16x8_s(v128.load8x8_s(r3, 8), high));
    query += 32;
    r1 += 16;
    r2 += 16;
    r3 += 16;
  }
  const a = i32x4.add(i32x4.shuffle(s0, s1, 0, 4, 1, 5), i32x4.shuffle(s0, s1, 2, 6, 3, 7));
  const b = i32x4.add(i32x4.shuffle(s2, s3, 0, 4, 1, 5), i32x4.shuffle(s2, s3, 2, 6, 3, 7));
  return i32x4.add(i32x4.shuffle(a, b, 0, 1, 4, 5), i32x4.shuffle(a, b, 2, 3, 6, 7));
}
