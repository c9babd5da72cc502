import { TILE, totalsOfFour } from './four';

/**
 * Writes to `found` the pairs of a query (from `from` up to `to`) and a row whose inner product may reach `limit`: the number of the query and that of the
 * row, u16 each, all of them at most; gives how many. Both are int16 of `size` numbers, times a scale each; sums of so many products must fit 32 bits.
 * They are multiplied in pieces of `piece` numbers. After each of them `rests` has the lengths of what remains of each row (f32, `most` of them, then those
 * after the next piece, at last zeros): their product is the most that the rest can add (Cauchy-Schwarz), which tells most pairs apart early.
 * `count` is a multiple of 4, `piece` and `size` are of 8. Where queries and rows are the same table, pairs of a higher query than row are left out, but for
 * up to three of each query.
 */
export function nearPairs(
  queries: usize,
  queryScales: usize,
  queryRests: usize,
  from: i32,
  to: i32,
  rows: usize,
  scales: usize,
  rests: usize,
  count: i32,
  most: i32,
  piece: i32,
  size: i32,
  limit: f32,
  found: usize,
): i32 {
  const bytes = (<usize>size) << 1;
  const pieceBytes = (<usize>piece) << 1;
  const limits = f32x4.splat(limit);
  let at = found;
  for (let tile = 0; tile < count; tile += TILE) {
    const end = min(tile + TILE, count);
    for (let query = from; query < to; query++) {
      const ofQuery = (<usize>query) << 2;
      const values = queries + <usize>query * bytes;
      const scale = f32x4.splat(load<f32>(queryScales + ofQuery));
      for (let row = queries == rows ? max(tile, (query + 1) & ~3) : tile; row < end; row += 4) {
        const ofRow = (<usize>row) << 2;
        const four = rows + <usize>row * bytes;
        const factors = f32x4.mul(scale, v128.load(scales + ofRow));
        let sums = i32x4.splat(0);
        let near = 15;
        let rest: usize = 0;
        for (let done: usize = 0; done < bytes && near != 0; done += pieceBytes, rest += (<usize>most) << 2) {
          const length = min(pieceBytes, bytes - done);
          sums = i32x4.add(sums, products(four + done, values + done, bytes, length));
          const bound = f32x4.mul(f32x4.splat(load<f32>(queryRests + rest + ofQuery)), v128.load(rests + rest + ofRow));
          const highest = f32x4.add(f32x4.mul(f32x4.convert_i32x4_s(sums), factors), bound);
          near = i32x4.bitmask(f32x4.ge(highest, limits));
        }
        for (; near != 0; near &= near - 1) {
          store<u16>(at, query);
          store<u16>(at, row + ctz(near), 2);
          at += 4;
        }
      }
    }
  }
  return (at - found) >> 2;
}

/** The inner products of the first `length` bytes of four rows with those of the query, one a lane. */
// @ts-ignore: decorator
@inline
function products(r0: usize, query: usize, bytes: usize, length: usize): v128 {
  let r1 = r0 + bytes,
    r2 = r0 + 2 * bytes,
    r3 = r0 + 3 * bytes;
  let s0 = i32x4.splat(0),
    s1 = i32x4.splat(0),
    s2 = i32x4.splat(0),
    s3 = i32x4.splat(0);
  for (const end = r0 + length; r0 < end; r0 += 16) {
    const values = v128.load(query);
    s0 = i32x4.add(s0, i32x4.dot_i16x8_s(v128.load(r0), values));
    s1 = i32x4.add(s1, i32x4.dot_i16x8_s(v128.load(r1), values));
    s2 = i32x4.add(s2, i32x4.dot_i16x8_s(v128.load(r2), values));
    s3 = i32x4.add(s3, i32x4.dot_i16x8_s(v128.load(r3), values));
    query += 16;
    r1 += 16;
    r2 += 16;
    r3 += 16;
  }
  return totalsOfFour(s0, s1, s2, s3);
}
