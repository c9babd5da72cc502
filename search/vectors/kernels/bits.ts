import { allowedOfFour, offerFour, TILE } from './four';
import { heapBytes } from './heap';

/** As `scanBytes`, of rows and queries that are one bit a dimension: a score is minus the number of bits that differ. `size` is in bytes, a multiple of 16. */
export function scanBits(
  rows: usize,
  _scales: usize,
  allowed: usize,
  count: i32,
  first: i32,
  size: i32,
  queries: usize,
  queryCount: i32,
  heaps: usize,
  k: i32,
): void {
  const bytes = <usize>size;
  for (let tile = 0; tile < count; tile += TILE) {
    const end = min(tile + TILE, count);
    for (let query = 0; query < queryCount; query++) {
      const values = queries + <usize>query * bytes;
      const heap = heaps + <usize>query * heapBytes(k);
      for (let row = tile; row < end; row += 4) {
        const wanted = allowedOfFour(allowed, row);
        if (wanted == 0) continue;
        const at = rows + <usize>row * bytes;
        let scores = f32x4.splat(-distance(at, values, bytes));
        scores = f32x4.replace_lane(scores, 1, -distance(at + bytes, values, bytes));
        scores = f32x4.replace_lane(scores, 2, -distance(at + 2 * bytes, values, bytes));
        scores = f32x4.replace_lane(scores, 3, -distance(at + 3 * bytes, values, bytes));
        offerFour(heap, k, scores, wanted, first + row);
      }
    }
  }
}

// @ts-ignore: decorator
@inline
function distance(row: usize, query: usize, bytes: usize): f32 {
  let sum = i32x4.splat(0);
  for (const end = row + bytes; row < end; row += 16, query += 16) {
    const ones = i8x16.popcnt(v128.xor(v128.load(row), v128.load(query)));
    sum = i32x4.add(sum, i32x4.extadd_pairwise_i16x8_s(i16x8.extadd_pairwise_i8x16_u(ones)));
  }
  return <f32>(
    (i32x4.extract_lane(sum, 0) +
      i32x4.extract_lane(sum, 1) +
      i32x4.extract_lane(sum, 2) +
      i32x4.extract_lane(sum, 3))
  );
}
