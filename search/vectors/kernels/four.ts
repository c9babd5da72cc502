import { offer, threshold } from './heap';

/** Rows that stay in the nearest cache while all queries pass over them. */
export const TILE: i32 = 32;

/** Which of the four rows from `row` on (a multiple of 4) may be found: one bit each. */
// @ts-ignore: decorator
@inline
export function allowedOfFour(allowed: usize, row: i32): i32 {
  return (<i32>load<u8>(allowed + (<usize>row >> 3)) >> (row & 4)) & 15;
}

/** Offers the four scores, as far as they are allowed and high enough. */
// @ts-ignore: decorator
@inline
export function offerFour(heap: usize, k: i32, scores: v128, wanted: i32, row: i32): void {
  const better = i32x4.bitmask(f32x4.gt(scores, f32x4.splat(threshold(heap, k)))) & wanted;
  if (better == 0) return;
  if (better & 1) offer(heap, k, f32x4.extract_lane(scores, 0), row);
  if (better & 2) offer(heap, k, f32x4.extract_lane(scores, 1), row + 1);
  if (better & 4) offer(heap, k, f32x4.extract_lane(scores, 2), row + 2);
  if (better & 8) offer(heap, k, f32x4.extract_lane(scores, 3), row + 3);
}

/** The sums of the four integers of each, one a lane. */
// @ts-ignore: decorator
@inline
export function totalsOfFour(s0: v128, s1: v128, s2: v128, s3: v128): v128 {
  const a = i32x4.add(i32x4.shuffle(s0, s1, 0, 4, 1, 5), i32x4.shuffle(s0, s1, 2, 6, 3, 7));
  const b = i32x4.add(i32x4.shuffle(s2, s3, 0, 4, 1, 5), i32x4.shuffle(s2, s3, 2, 6, 3, 7));
  return i32x4.add(i32x4.shuffle(a, b, 0, 1, 4, 5), i32x4.shuffle(a, b, 2, 3, 6, 7));
}
