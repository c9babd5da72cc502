import { exp } from './exp';
import { total } from './normalize';

/** Rows of queries that go through the keys together, and columns of a step. */
const ROWS = 4;
const COLUMNS = 8;

/**
 * Attention of the first `queries` tokens of one text to all of its `tokens`. `qkv` is tokens × 3 · hidden: queries
 * (already divided by the root of the head's size), keys, values. `out` is queries × hidden. `scratch` has room for
 * (size + 4) · tokens' floats, tokens' being `tokens` rounded up to 8: the keys of one head, transposed, and the weights of four queries. So a
 * long text never has its tokens × tokens weights in memory.
 */
export function attend(qkv: usize, out: usize, scratch: usize, tokens: i32, queries: i32, heads: i32, size: i32): void {
  const hiddenBytes = (<usize>heads * <usize>size) << 2;
  const rowBytes: usize = 3 * hiddenBytes;
  const padded = <usize>((tokens + COLUMNS - 1) & ~(COLUMNS - 1));
  const keyBytes = padded << 2;
  const weights = scratch + <usize>size * keyBytes;
  for (let head = 0; head < heads; head++) {
    const query = qkv + ((<usize>head * <usize>size) << 2);
    transposeKeys(query + hiddenBytes, scratch, tokens, padded, rowBytes, size);
    for (let row = 0; row < queries; row += ROWS) {
      scores(query, scratch, weights, row, queries, padded, rowBytes, size);
      const count = min(ROWS, queries - row);
      for (let r = 0; r < count; r++) softmax(weights + <usize>r * keyBytes, tokens, padded);
      const to = out + <usize>row * hiddenBytes + ((<usize>head * <usize>size) << 2);
      mix(weights, query + 2 * hiddenBytes, to, count, tokens, keyBytes, rowBytes, hiddenBytes, size);
    }
  }
}

/** The keys of a head as size × padded, zeros after the last token. */
function transposeKeys(keys: usize, to: usize, tokens: i32, padded: usize, rowBytes: usize, size: i32): void {
  for (let d = 0; d < size; d++) {
    let from = keys + ((<usize>d) << 2);
    for (let token = 0; token < tokens; token++) {
      store<f32>(to, load<f32>(from));
      from += rowBytes;
      to += 4;
    }
    for (let token = <usize>tokens; token < padded; token++) {
      store<f32>(to, 0);
      to += 4;
    }
  }
}

/** Inner products of four queries (the last one again where there are fewer) with all keys. */
function scores(
  query: usize,
  keys: usize,
  out: usize,
  row: i32,
  queries: i32,
  padded: usize,
  rowBytes: usize,
  size: i32,
): void {
  const last = queries - 1;
  const q0 = query + <usize>row * rowBytes;
  const q1 = query + <usize>min(row + 1, last) * rowBytes;
  const q2 = query + <usize>min(row + 2, last) * rowBytes;
  const q3 = query + <usize>min(row + 3, last) * rowBytes;
  const keyBytes = padded << 2;
  for (let column: usize = 0; column < keyBytes; column += COLUMNS << 2) {
    let s00 = f32x4.splat(0),
      s01 = f32x4.splat(0),
      s10 = f32x4.splat(0),
      s11 = f32x4.splat(0);
    let s20 = f32x4.splat(0),
      s21 = f32x4.splat(0),
      s30 = f32x4.splat(0),
      s31 = f32x4.splat(0);
    let a0 = q0,
      a1 = q1,
      a2 = q2,
      a3 = q3;
    let key = keys + column;
    for (const end = key + <usize>size * keyBytes; key < end; key += keyBytes) {
      const k0 = v128.load(key);
      const k1 = v128.load(key, 16);
      let q = v128.load32_splat(a0);
      s00 = f32x4.add(s00, f32x4.mul(q, k0));
      s01 = f32x4.add(s01, f32x4.mul(q, k1));
      q = v128.load32_splat(a1);
      s10 = f32x4.add(s10, f32x4.mul(q, k0));
      s11 = f32x4.add(s11, f32x4.mul(q, k1));
      q = v128.load32_splat(a2);
      s20 = f32x4.add(s20, f32x4.mul(q, k0));
      s21 = f32x4.add(s21, f32x4.mul(q, k1));
      q = v128.load32_splat(a3);
      s30 = f32x4.add(s30, f32x4.mul(q, k0));
      s31 = f32x4.add(s31, f32x4.mul(q, k1));
      a0 += 4;
      a1 += 4;
      a2 += 4;
      a3 += 4;
    }
    const to = out + column;
    v128.store(to, s00);
    v128.store(to, s01, 16);
    v128.store(to + keyBytes, s10);
    v128.store(to + keyBytes, s11, 16);
    v128.store(to + 2 * keyBytes, s20);
    v128.store(to + 2 * keyBytes, s21, 16);
    v128.store(to + 3 * keyBytes, s30);
    v128.store(to + 3 * keyBytes, s31, 16);
  }
}

/** e to the score less the highest one, divided by their sum; places after the last token become 0. */
function softmax(row: usize, tokens: i32, padded: usize): void {
  const bytes = padded << 2;
  for (let token = <usize>tokens; token < padded; token++) store<f32>(row + (token << 2), f32.NEGATIVE_INFINITY);
  let peaks = v128.load(row);
  for (let at: usize = 16; at < bytes; at += 16) peaks = f32x4.pmax(peaks, v128.load(row + at));
  const peak = f32x4.splat(
    max(
      max(f32x4.extract_lane(peaks, 0), f32x4.extract_lane(peaks, 1)),
      max(f32x4.extract_lane(peaks, 2), f32x4.extract_lane(peaks, 3)),
    ),
  );
  let sums = f32x4.splat(0);
  for (let at: usize = 0; at < bytes; at += 16) {
    const e = exp(f32x4.sub(v128.load(row + at), peak));
    v128.store(row + at, e);
    sums = f32x4.add(sums, e);
  }
  const factor = f32x4.splat(<f32>1 / total(sums));
  for (let at: usize = 0; at < bytes; at += 16) v128.store(row + at, f32x4.mul(v128.load(row + at), factor));
}

/** The values of all tokens, mixed by the weights of up to four queries. */
function mix(
  weights: usize,
  values: usize,
  out: usize,
  count: i32,
  tokens: i32,
  keyBytes: usize,
  rowBytes: usize,
  hiddenBytes: usize,
  size: i32,
): void {
  const w1 = weights + (count > 1 ? keyBytes : 0);
  const w2 = weights + (count > 2 ? 2 * keyBytes : 0);
  const w3 = weights + (count > 3 ? 3 * keyBytes : 0);
  for (let column: usize = 0; column < (<usize>size) << 2; column += COLUMNS << 2) {
    let s00 = f32x4.splat(0),
      s01 = f32x4.splat(0),
      s10 = f32x4.splat(0),
      s11 = f32x4.splat(0);
    let s20 = f32x4.splat(0),
      s21 = f32x4.splat(0),
      s30 = f32x4.splat(0),
      s31 = f32x4.splat(0);
    let a0 = weights,
      a1 = w1,
      a2 = w2,
      a3 = w3;
    let value = values + column;
    for (const end = value + <usize>tokens * rowBytes; value < end; value += rowBytes) {
      const v0 = v128.load(value);
      const v1 = v128.load(value, 16);
      let w = v128.load32_splat(a0);
      s00 = f32x4.add(s00, f32x4.mul(w, v0));
      s01 = f32x4.add(s01, f32x4.mul(w, v1));
      w = v128.load32_splat(a1);
      s10 = f32x4.add(s10, f32x4.mul(w, v0));
      s11 = f32x4.add(s11, f32x4.mul(w, v1));
      w = v128.load32_splat(a2);
      s20 = f32x4.add(s20, f32x4.mul(w, v0));
      s21 = f32x4.add(s21, f32x4.mul(w, v1));
      w = v128.load32_splat(a3);
      s30 = f32x4.add(s30, f32x4.mul(w, v0));
      s31 = f32x4.add(s31, f32x4.mul(w, v1));
      a0 += 4;
      a1 += 4;
      a2 += 4;
      a3 += 4;
    }
    const to = out + column;
    v128.store(to, s00);
    v128.store(to, s01, 16);
    if (count > 1) {
      v128.store(to + hiddenBytes, s10);
      v128.store(to + hiddenBytes, s11, 16);
    }
    if (count > 2) {
      v128.store(to + 2 * hiddenBytes, s20);
      v128.store(to + 2 * hiddenBytes, s21, 16);
    }
    if (count > 3) {
      v128.store(to + 3 * hiddenBytes, s30);
      v128.store(to + 3 * hiddenBytes, s31, 16);
    }
  }
}
