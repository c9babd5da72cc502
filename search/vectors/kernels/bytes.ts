import { allowedOfFour, offerFour, TILE, totalsOfFour } from './four';
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

/** The inner products of four rows with the query, one a lane. Row after row, as they lie in memory: four at a time would be fewer loads, and wait longer for them. */
// @ts-ignore: decorator
@inline
function products(row: usize, query: usize, size: i32): v128 {
  const bytes = <usize>size;
  const s0 = partial(row, query, bytes);
  const s1 = partial(row + bytes, query, bytes);
  const s2 = partial(row + 2 * bytes, query, bytes);
  const s3 = partial(row + 3 * bytes, query, bytes);
  return totalsOfFour(s0, s1, s2, s3);
}

// @ts-ignore: decorator
@inline
function partial(row: usize, query: usize, bytes: usize): v128 {
  let low = i32x4.splat(0),
    high = i32x4.splat(0);
  for (const end = row + bytes; row < end; row += 16, query += 32) {
    low = i32x4.add(low, i32x4.dot_i16x8_s(v128.load8x8_s(row), v128.load(query)));
    high = i32x4.add(high, i32x4.dot_i16x8_s(v128.load8x8_s(row, 8), v128.load(query, 16)));
  }
  return i32x4.add(low, high);
}
