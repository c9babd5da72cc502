/** a[i] · b[i] over four bytes, all of them alike, as the browser's relaxed dot product gives it. */
export function dot(a: i32, b: i32): i32 {
  return i32x4.extract_lane(i32x4.relaxed_dot_i8x16_i7x16_add_s(i8x16.splat(<i8>a), i8x16.splat(<i8>b), i32x4.splat(0)), 0);
}
