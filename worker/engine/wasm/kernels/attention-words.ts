import { ROUND } from './exp';
import { integerTotal, maximum, total } from './lanes';
import { madd } from './madd';
import { rounded } from './rounded';

/** Rows of queries that go through the keys together, columns of a step, and bytes of those: two int16 a column. */
const ROWS = 4;
const COLUMNS = 8;
const PANEL: usize = 32;

/** Values have 12 bits; the weights of all tokens come to a million, more or less, so that a sum of products fits 32 bits. */
const LARGEST_VALUE: f32 = 2047;
const WEIGHTS: f32 = 1_000_000;
const LARGEST_WEIGHT: f32 = 32_767;

const LOG2_E: f32 = 1.44269504;

/**
 * The same as `attend`, with the same arguments, by products of int16. Queries and keys have a scale a token, of as many bits as the sum bears (14 at 32
 * dimensions a head), values a scale a dimension; weights of a query are rounded to a common scale and then divided by the sum that they really have.
 * What is not finite stays visible: a value of a text that is not makes that dimension of all its tokens NaN.
 */
export function attendWords(
  q: usize,
  qBytes: usize,
  k: usize,
  v: usize,
  kvBytes: usize,
  out: usize,
  scratch: usize,
  tokens: i32,
  queries: i32,
  heads: i32,
  size: i32,
): void {
  const headBytes = <usize>size << 2;
  const wordBytes = <usize>size << 1;
  const outBytes = <usize>heads * headBytes;
  const padded = <usize>((tokens + COLUMNS - 1) & ~(COLUMNS - 1));
  const values = scratch + padded * wordBytes;
  const keyScales = values + padded * wordBytes;
  const valueScales = keyScales + (padded << 2);
  const scores = valueScales + headBytes;
  const weights = scores + ROWS * (padded << 2);
  const words = weights + ROWS * (padded << 1);
  const scales = words + ROWS * wordBytes;
  const largest = floor<f32>(sqrt<f32>(<f32>2147483648 / <f32>size)) - 1;
  for (let head = 0; head < heads; head++) {
    for (let token = 0; token < tokens; token++) {
      const to = scratch + (<usize>(token >> 3) << 3) * wordBytes + (<usize>(token & 7) << 2);
      store<f32>(keyScales + (<usize>token << 2), packRow(k + <usize>token * kvBytes, to, PANEL, size, largest));
    }
    packValues(v, values, valueScales, tokens, kvBytes, size, padded << 4);
    for (let row = 0; row < queries; row += ROWS) {
      const count = min(ROWS, queries - row);
      for (let r = 0; r < count; r++) {
        const from = q + <usize>(row + r) * qBytes;
        store<f32>(scales + (<usize>r << 2), packRow(from, words + <usize>r * wordBytes, 4, size, largest) * LOG2_E);
      }
      multiplyRows(words, wordBytes, count, scratch, size >> 1, <i32>(padded >> 3), scales, keyScales, scores, padded << 2);
      for (let r = 0; r < count; r++) {
        const sum = weigh(scores + <usize>r * (padded << 2), weights + <usize>r * (padded << 1), tokens, padded);
        store<f32>(scales + (<usize>r << 2), <f32>1 / <f32>sum);
      }
      const to = out + <usize>row * outBytes;
      multiplyRows(weights, padded << 1, count, values, <i32>(padded >> 1), size >> 3, scales, valueScales, to, outBytes);
    }
    q += headBytes;
    k += headBytes;
    v += headBytes;
    out += headBytes;
  }
}

/** Writes a row of floats as int16, two at a time, `step` bytes apart; gives their scale. */
function packRow(from: usize, to: usize, step: usize, size: i32, largest: f32): f32 {
  const end = from + (<usize>size << 2);
  let peak = f32x4.splat(0);
  let poison = f32x4.splat(0);
  for (let at = from; at < end; at += 16) {
    const row = v128.load(at);
    peak = f32x4.pmax(peak, f32x4.abs(row)); // passes over NaN
    poison = f32x4.add(poison, f32x4.mul(row, f32x4.splat(0)));
  }
  const highest = maximum(peak);
  const factor = f32x4.splat(highest > 0 ? largest / highest : 0);
  for (let at = from; at < end; at += 32) {
    const integers = rounded(v128.load(at), v128.load(at, 16), factor);
    v128.store32_lane(to, integers, 0);
    v128.store32_lane(to + step, integers, 1);
    v128.store32_lane(to + 2 * step, integers, 2);
    v128.store32_lane(to + 3 * step, integers, 3);
    to += 4 * step;
  }
  return highest / largest + total(poison);
}

/** Writes the values in panels of eight dimensions: for each two tokens those eight, two int16 each; and a scale a dimension. */
function packValues(values: usize, to: usize, scales: usize, tokens: i32, rowBytes: usize, size: i32, panelBytes: usize): void {
  const end = values + <usize>tokens * rowBytes;
  for (let column: usize = 0; column < <usize>size << 2; column += 16) {
    let peak = f32x4.splat(1e-30); // a dimension of zeros has a finite factor
    let poison = f32x4.splat(0);
    for (let at = values; at < end; at += rowBytes) {
      const row = v128.load(at + column);
      peak = f32x4.pmax(peak, f32x4.abs(row));
      poison = f32x4.add(poison, f32x4.mul(row, f32x4.splat(0)));
    }
    v128.store(scales + column, f32x4.add(f32x4.div(peak, f32x4.splat(LARGEST_VALUE)), poison));
    const factor = f32x4.div(f32x4.splat(LARGEST_VALUE), peak);
    let pair = to + (column >> 5) * panelBytes + (column & 16);
    for (let at = values; at < end; at += 2 * rowBytes) {
      const next = at + rowBytes < end ? at + rowBytes : at; // the weight of a token that is not there is 0
      const low = f32x4.add(f32x4.mul(v128.load(at + column), factor), f32x4.splat(ROUND));
      const high = f32x4.add(f32x4.mul(v128.load(next + column), factor), f32x4.splat(ROUND));
      v128.store(pair, i16x8.shuffle(low, high, 0, 8, 2, 10, 4, 12, 6, 14));
      pair += PANEL;
    }
  }
}

/** 2 to the power of each lane, which is at most 0, within 4e-6 of it; from −126 on as good as zero. */
// @ts-ignore: decorator
@inline
function powerOfTwo(x: v128): v128 {
  x = f32x4.pmax(x, f32x4.splat(-126));
  const shifted = f32x4.add(x, f32x4.splat(ROUND));
  const rest = f32x4.sub(x, f32x4.sub(shifted, f32x4.splat(ROUND)));
  let p = madd(f32x4.splat(0.0095701), rest, f32x4.splat(0.05591786));
  p = madd(p, rest, f32x4.splat(0.24024745));
  p = madd(p, rest, f32x4.splat(0.69312181));
  p = madd(p, rest, f32x4.splat(0.99999926));
  return i32x4.add(p, i32x4.shl(shifted, 23)); // adds the integer to the exponent
}

/** Writes 2 to the score less the highest one as int16 of a common scale, 0 after the last token; gives their sum. */
function weigh(row: usize, to: usize, tokens: i32, padded: usize): i32 {
  const bytes = padded << 2;
  for (let token = <usize>tokens; token < padded; token++) store<f32>(row + (token << 2), f32.NEGATIVE_INFINITY);
  let peaks = v128.load(row);
  for (let at: usize = 16; at < bytes; at += 16) peaks = f32x4.pmax(peaks, v128.load(row + at));
  const peak = f32x4.splat(maximum(peaks));
  let sums = f32x4.splat(0);
  for (let at: usize = 0; at < bytes; at += 16) {
    const e = powerOfTwo(f32x4.sub(v128.load(row + at), peak));
    v128.store(row + at, e);
    sums = f32x4.add(sums, e);
  }
  const factor = f32x4.splat(min(LARGEST_WEIGHT, WEIGHTS / total(sums)));
  let sum = i32x4.splat(0);
  for (let at: usize = 0; at < bytes; at += 32) {
    const integers = rounded(v128.load(row + at), v128.load(row + at, 16), factor);
    v128.store(to + (at >> 1), integers);
    sum = i32x4.add(sum, i32x4.extadd_pairwise_i16x8_s(integers));
  }
  return integerTotal(sum);
}

/**
 * Up to four rows of a product of int16 with the `panels` of eight columns from `b` on: `a` has 2 × `pairs` integers a row, aStride bytes apart. Each row and
 * each column has a scale.
 */
function multiplyRows(
  a: usize,
  aStride: usize,
  rows: i32,
  b: usize,
  pairs: i32,
  panels: i32,
  aScales: usize,
  bScales: usize,
  out: usize,
  outStride: usize,
): void {
  // Rows that are not there repeat the first.
  const second = rows > 1 ? aStride : 0;
  const third = rows > 2 ? 2 * aStride : 0;
  const fourth = rows > 3 ? 3 * aStride : 0;
  for (; panels > 0; panels--) {
    let a0 = a;
    let a1 = a + second;
    let a2 = a + third;
    let a3 = a + fourth;
    let s00 = i32x4.splat(0), s01 = i32x4.splat(0), s10 = i32x4.splat(0), s11 = i32x4.splat(0);
    let s20 = i32x4.splat(0), s21 = i32x4.splat(0), s30 = i32x4.splat(0), s31 = i32x4.splat(0);
    for (const end = b + <usize>pairs * PANEL; b < end; b += PANEL) {
      const b0 = v128.load(b);
      const b1 = v128.load(b, 16);
      let x = v128.load32_splat(a0);
      s00 = i32x4.add(s00, i32x4.dot_i16x8_s(x, b0));
      s01 = i32x4.add(s01, i32x4.dot_i16x8_s(x, b1));
      x = v128.load32_splat(a1);
      s10 = i32x4.add(s10, i32x4.dot_i16x8_s(x, b0));
      s11 = i32x4.add(s11, i32x4.dot_i16x8_s(x, b1));
      x = v128.load32_splat(a2);
      s20 = i32x4.add(s20, i32x4.dot_i16x8_s(x, b0));
      s21 = i32x4.add(s21, i32x4.dot_i16x8_s(x, b1));
      x = v128.load32_splat(a3);
      s30 = i32x4.add(s30, i32x4.dot_i16x8_s(x, b0));
      s31 = i32x4.add(s31, i32x4.dot_i16x8_s(x, b1));
      a0 += 4;
      a1 += 4;
      a2 += 4;
      a3 += 4;
    }
    finish(out, s00, s01, aScales, bScales);
    if (rows > 1) finish(out + outStride, s10, s11, aScales + 4, bScales);
    if (rows > 2) finish(out + 2 * outStride, s20, s21, aScales + 8, bScales);
    if (rows > 3) finish(out + 3 * outStride, s30, s31, aScales + 12, bScales);
    bScales += PANEL;
    out += PANEL;
  }
}

// @ts-ignore: decorator
@inline
function finish(to: usize, low: v128, high: v128, scale: usize, scales: usize): void {
  const factor = v128.load32_splat(scale);
  v128.store(to, f32x4.mul(f32x4.convert_i32x4_s(low), f32x4.mul(factor, v128.load(scales))));
  v128.store(to, f32x4.mul(f32x4.convert_i32x4_s(high), f32x4.mul(factor, v128.load(scales, 16))), 16);
}
