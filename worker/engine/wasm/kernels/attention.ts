import { exp } from './exp';
import { multiplyTile, put } from './tile';
import { maximum, total } from './lanes';

/** Rows of queries that go through the keys together, columns of a step, and bytes of those. */
const ROWS = 4;
const COLUMNS = 8;
const PANEL: usize = 32;

/**
 * Attention of the `queries` tokens of one text to all of its `tokens`. `q` has the queries (already divided by the root of the
 * head's size), qBytes apart; `k` and `v` the keys and values, kvBytes apart; all have heads × size floats. `out` is queries ×
 * (heads · size). `scratch` has room for (2 · size + 4) · tokens' floats, tokens' being `tokens` rounded up to 8: the keys and
 * values of one head, packed, and the weights of four queries. So a long text never has its tokens × tokens weights in memory.
 */
export function attend(
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
  const outBytes = <usize>heads * headBytes;
  const padded = <usize>((tokens + COLUMNS - 1) & ~(COLUMNS - 1));
  const weightBytes = padded << 2;
  const values = scratch + padded * headBytes;
  const weights = values + padded * headBytes;
  const zero = f32x4.splat(0);
  for (let head = 0; head < heads; head++) {
    packKeys(k, scratch, tokens, kvBytes, size);
    packValues(v, values, tokens, kvBytes, headBytes);
    for (let row = 0; row < queries; row += ROWS) {
      const count = min(ROWS, queries - row);
      const from = q + <usize>row * qBytes;
      let keys = scratch;
      for (let at: usize = 0; at < weightBytes; at += PANEL) {
        multiplyTile(from, qBytes, keys, size, zero, zero, weights + at, weightBytes, count);
        keys += COLUMNS * headBytes;
      }
      for (let r = 0; r < count; r++) softmax(weights + <usize>r * weightBytes, tokens, padded);
      const to = out + <usize>row * outBytes;
      let panel = values;
      for (let at: usize = 0; at < headBytes; at += PANEL) {
        multiplyTile(weights, weightBytes, panel, tokens, zero, zero, to + at, outBytes, count);
        panel += <usize>tokens * PANEL;
      }
    }
    q += headBytes;
    k += headBytes;
    v += headBytes;
    out += headBytes;
  }
}

/** The keys of a head in panels of eight tokens: for each dimension those of the eight, zeros after the last token. */
function packKeys(keys: usize, to: usize, tokens: i32, rowBytes: usize, size: i32): void {
  for (let first = 0; first < tokens; first += COLUMNS) {
    for (let token = first; token < first + COLUMNS; token++) {
      let from = keys + <usize>token * rowBytes;
      let at = to + ((<usize>(token - first)) << 2);
      for (let d = 0; d < size; d++) {
        store<f32>(at, token < tokens ? load<f32>(from) : 0);
        from += 4;
        at += PANEL;
      }
    }
    to += <usize>size * PANEL;
  }
}

/** The values of a head in panels of eight dimensions: for each token those eight. */
function packValues(values: usize, to: usize, tokens: i32, rowBytes: usize, headBytes: usize): void {
  for (let at: usize = 0; at < headBytes; at += PANEL) {
    let from = values + at;
    for (let token = 0; token < tokens; token++) {
      put(to, v128.load(from), v128.load(from, 16));
      from += rowBytes;
      to += PANEL;
    }
  }
}

/** e to the score less the highest one, divided by their sum; places after the last token become 0. */
function softmax(row: usize, tokens: i32, padded: usize): void {
  const bytes = padded << 2;
  for (let token = <usize>tokens; token < padded; token++) store<f32>(row + (token << 2), f32.NEGATIVE_INFINITY);
  let peaks = v128.load(row);
  for (let at: usize = 16; at < bytes; at += 16) peaks = f32x4.pmax(peaks, v128.load(row + at));
  const peak = f32x4.splat(maximum(peaks));
  let sums = f32x4.splat(0);
  for (let at: usize = 0; at < bytes; at += 16) {
    const e = exp(f32x4.sub(v128.load(row + at), peak));
    v128.store(row + at, e);
    sums = f32x4.add(sums, e);
  }
  const factor = f32x4.splat(<f32>1 / total(sums));
  for (let at: usize = 0; at < bytes; at += 16) v128.store(row + at, f32x4.mul(v128.load(row + at), factor));
}
