/**
 * The best `k` of what was offered, the worst of them at the root. In memory: how many there are (u32), then for each
 * its score (f32) and its row (u32). Of equal scores the lower row is the better one.
 */
export const HEADER: usize = 8;
const ENTRY: usize = 8;

// @ts-ignore: decorator
@inline
export function heapBytes(k: i32): usize {
  return HEADER + <usize>k * ENTRY;
}

/** A score must be higher to get in: rows are offered in rising order, so an equal one would be the worse. */
// @ts-ignore: decorator
@inline
export function threshold(heap: usize, k: i32): f32 {
  return load<u32>(heap) < <u32>k ? -Infinity : load<f32>(heap, HEADER);
}

export function offer(heap: usize, k: i32, score: f32, row: u32): void {
  const count = load<u32>(heap);
  const entries = heap + HEADER;
  if (count < <u32>k) {
    store<u32>(heap, count + 1);
    rise(entries, count, score, row);
  } else if (score > load<f32>(entries)) sink(entries, count, score, row);
}

function rise(entries: usize, at: u32, score: f32, row: u32): void {
  while (at > 0) {
    const parent = (at - 1) >> 1;
    const from = entries + <usize>parent * ENTRY;
    if (!isWorse(score, row, load<f32>(from), load<u32>(from, 4))) break;
    store<u64>(entries + <usize>at * ENTRY, load<u64>(from));
    at = parent;
  }
  put(entries + <usize>at * ENTRY, score, row);
}

/** Puts it at the root, in place of the worst. */
function sink(entries: usize, count: u32, score: f32, row: u32): void {
  let at: u32 = 0;
  for (;;) {
    let child: u32 = 2 * at + 1;
    if (child >= count) break;
    let from = entries + <usize>child * ENTRY;
    if (child + 1 < count && isWorse(load<f32>(from, 8), load<u32>(from, 12), load<f32>(from), load<u32>(from, 4))) {
      child++;
      from += ENTRY;
    }
    if (!isWorse(load<f32>(from), load<u32>(from, 4), score, row)) break;
    store<u64>(entries + <usize>at * ENTRY, load<u64>(from));
    at = child;
  }
  put(entries + <usize>at * ENTRY, score, row);
}

// @ts-ignore: decorator
@inline
function isWorse(score: f32, row: u32, otherScore: f32, otherRow: u32): bool {
  return score < otherScore || (score == otherScore && row > otherRow);
}

// @ts-ignore: decorator
@inline
function put(entry: usize, score: f32, row: u32): void {
  store<f32>(entry, score);
  store<u32>(entry, row, 4);
}
