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
