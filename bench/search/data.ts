// Made-up vectors and texts, the same in every run: vectors in clusters, as those of texts are, and words as frequent as words are.

export const DIM = 384;
const CLUSTERS = 1000;
/** How far members are from the centre of their cluster, which has length 1. */
const SPREAD = 0.8;
const WORDS = 20_000;
const WORDS_PER_TEXT = 60;

/** Numbers from 0 to 1, below. */
function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function unit(into: Float32Array, next: () => number, from?: Float32Array, spread = 1): void {
  const scale = spread * Math.sqrt(6 / DIM); // of a sum of two uniform numbers: about normal
  let squares = 0;
  for (let d = 0; d < DIM; d++) {
    into[d] = (from?.[d] ?? 0) + (next() + next() - 1) * scale;
    squares += into[d]! ** 2;
  }
  for (let d = 0; d < DIM; d++) into[d]! /= Math.sqrt(squares);
}

let centres: Float32Array | undefined;
function centre(of: number): Float32Array {
  centres ??= (() => {
    const all = new Float32Array(CLUSTERS * DIM);
    for (let i = 0; i < CLUSTERS; i++) unit(all.subarray(i * DIM, (i + 1) * DIM), random(i + 1));
    return all;
  })();
  const at = of % CLUSTERS;
  return centres.subarray(at * DIM, (at + 1) * DIM);
}

/** Rows of length 1, from row `first` on. */
export function vectors(first: number, count: number): Float32Array<ArrayBuffer> {
  const rows = new Float32Array(count * DIM);
  for (let i = 0; i < count; i++) {
    const next = random(1e6 + first + i);
    unit(rows.subarray(i * DIM, (i + 1) * DIM), next, centre(Math.floor(next() * CLUSTERS)), SPREAD);
  }
  return rows;
}

/** Vectors of the same clusters, none of which is a row. */
export const queries = (count: number) => vectors(-1e6, count);

/** A text of words by Zipf's law. */
export function text(n: number): string {
  const next = random(7e6 + n);
  return Array.from({ length: WORDS_PER_TEXT }, () => word(Math.floor(WORDS ** next()))).join(' ');
}

/** Some words of a text, not the most frequent ones. */
export function question(n: number): string {
  const next = random(9e6 + n);
  return Array.from({ length: 5 }, () => word(Math.floor(20 * (WORDS / 20) ** next()))).join(' ');
}

const SYLLABLES = ['ka', 'lo', 'mi', 'ne', 'ru', 'sa', 'ti', 'vo', 'ze', 'pa', 'do', 'fi', 'gu', 'he', 'jo', 'be'];
function word(rank: number): string {
  let spelled = '';
  for (let rest = rank + 16; rest > 0; rest >>= 4) spelled += SYLLABLES[rest & 15];
  return spelled;
}
