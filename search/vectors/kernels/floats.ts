import { allowedOfFour, offerFour, TILE } from './four';
import { heapBytes } from './heap';

/** As `scanBytes`, of float32 rows and queries; there are no scales. */
export function scanFloats(
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
  const bytes = (<usize>size) << 2;
  for (let tile = 0; tile < count; tile += TILE) {
    const end = min(tile + TILE, count);
    for (let query = 0; query < queryCount; query++) {
      const values = queries + <usize>query * bytes;
      const heap = heaps + <usize>query * heapBytes(k);
      for (let row = tile; row < end; row += 4) {
        const wanted = allowedOfFour(allowed, row);
        if (wanted == 0) continue;
        offerFour(heap, k, products(rows + <usize>row * bytes, values, bytes), wanted, first + row);
      }
    }
  }
}

// @ts-ignore: decorator
@inline
function products(row: usize, query: usize, bytes: usize): v128 {
  let r0 = row,
    r1 = row + bytes,
    r2 = row + 2 * bytes,
    r3 = row + 3 * bytes;
  let s0 = f32x4.splat(0),
    s1 = f32x4.splat(0),
    s2 = f32x4.splat(0),
    s3 = f32x4.splat(0);
  for (const end = row + bytes; r0 < end; r0 += 16) {
    const values = v128.load(query);
    s0 = f32x4.add(s0, f32x4.mul(v128.load(r0), values));
    s1 = f32x4.add(s1, f32x4.mul(v128.load(r1), values));
    s2 = f32x4.add(s2, f32x4.mul(v128.load(r2), values));
    s3 = f32x4.add(s3, f32x4.mul(v128.load(r3), values));
    query += 16;
    r1 += 16;
    r2 += 16;
    r3 += 16;
  }
  const a = f32x4.add(v128.shuffle<f32>(s0, s1, 0, 4, 1, 5), v128.shuffle<f32>(s0, s1, 2, 6, 3, 7));
  const b = f32x4.add(v128.shuffle<f32>(s2, s3, 0, 4, 1, 5), v128.shuffle<f32>(s2, s3, 2, 6, 3, 7));
  return f32x4.add(v128.shuffle<f32>(a, b, 0, 1, 4, 5), v128.shuffle<f32>(a, b, 2, 3, 6, 7));
}
