import type { Pauses } from '../pauses';
import { KernelMemory } from './memory';

/** Rows of a table: each two of them are multiplied at a time. */
const TABLE = 2048;

/** Rows of the first table that one call of the kernel compares with all of the second. */
const GROUP = 32;

/** Pieces in which two vectors are multiplied, until the rest cannot matter. */
const PIECES = 3;

/** More than all errors of the sums in float32, relative to the lengths of both vectors. */
const ROUNDING = 1e-5;

/** Vectors that are compared with each other. */
export interface Compared {
  readonly count: number;
  readonly dim: number;
  /** Those from `from` up to `to`, row-major. */
  floats(from: number, to: number): Float32Array;
}

/**
 * Tells `onPair` each pair a < b of vectors whose inner product is `threshold` or more, and some whose is a little less: once each, in stretches of
 * rising a. Most pairs are told apart by a third of their dimensions. Costs at most count² ÷ 2 × dim multiplications; other work gets its turn
 * every 20 ms, and `onPart` then hears how much is done, 0 to 1. Rejects with the reason of the signal of `pauses`.
 */
export async function closePairs(
  vectors: Compared,
  threshold: number,
  onPair: (a: number, b: number) => void,
  pauses: Pauses,
  onPart: (part: number) => void,
): Promise<void> {
  const memory = await KernelMemory.start();
  const [first, second] = [new Table(memory, vectors), new Table(memory, vectors)];
  const found = memory.take(4 * GROUP * TABLE);
  const tables = Math.ceil(vectors.count / TABLE);
  let done = 0;
  for (let one = 0; one < tables; one++) {
    first.fill(one * TABLE);
    for (let other = one; other < tables; other++) {
      const against = other === one ? first : second;
      if (other !== one) second.fill(other * TABLE);
      for (let from = 0; from < first.count; from += GROUP) {
        if (pauses.isDue) {
          onPart((2 * done) / (tables * (tables + 1)));
          await pauses.pause();
        }
        const places = near(memory, first, from, against, threshold, found);
        for (let i = 0; i < places.length; i += 2) {
          const [a, b] = [first.start + places[i]!, against.start + places[i + 1]!];
          if (a < b && b < vectors.count) onPair(a, b);
        }
      }
      done++;
    }
  }
}

/** The places of near ones in both tables, by turns, of a group of the first table; valid until the next call. */
function near(memory: KernelMemory, first: Table, from: number, second: Table, threshold: number, found: number) {
  const pairs = memory.kernels.nearPairs(
    ...([first.rows, first.scales, first.rests, from, Math.min(from + GROUP, first.count)] as const),
    ...([second.rows, second.scales, second.rests, Math.ceil(second.count / 4) * 4, TABLE] as const),
    ...([first.piece, first.size, threshold - first.errorWith(second), found] as const),
  );
  return new Uint16Array(memory.buffer, found, 2 * pairs);
}

/** Some of the vectors as the kernel takes them: as integers, with a scale, and the length of what remains after each piece. */
class Table {
  readonly rows: number;
  readonly scales: number;
  readonly rests: number;
  /** Numbers of a row, and of a piece of it. */
  readonly size: number;
  readonly piece: number;
  start = 0;
  count = 0;
  readonly #memory: KernelMemory;
  readonly #vectors: Compared;
  /** So that a sum of products fits 32 bits. */
  readonly #peak: number;
  /** The longest vector, and the longest of what the integers leave out of one. */
  #length = 0;
  #error = 0;

  constructor(memory: KernelMemory, vectors: Compared) {
    this.#memory = memory;
    this.#vectors = vectors;
    this.size = Math.ceil(vectors.dim / 8) * 8;
    this.piece = Math.ceil(this.size / PIECES / 8) * 8;
    this.#peak = Math.floor(Math.sqrt((2 ** 31 - 1) / this.size));
    this.rows = memory.take(2 * TABLE * this.size);
    this.scales = memory.take(4 * TABLE);
    this.rests = memory.take(4 * TABLE * PIECES);
  }

  /** Takes the vectors from `start` on. */
  fill(start: number): void {
    const { dim } = this.#vectors;
    const { buffer } = this.#memory;
    const count = Math.min(TABLE, this.#vectors.count - start);
    const floats = this.#vectors.floats(start, start + count);
    const integers = new Int16Array(buffer, this.rows, count * this.size);
    const scales = new Float32Array(buffer, this.scales, TABLE);
    const rests = new Float32Array(buffer, this.rests, TABLE * PIECES).fill(0);
    scales.fill(0, count);
    let [longest, worst] = [0, 0];
    for (let row = 0; row < count; row++) {
      const [from, to] = [row * dim, row * this.size];
      let largest = 0;
      for (let d = 0; d < dim; d++) largest = Math.max(largest, Math.abs(floats[from + d]!));
      scales[row] = largest / this.#peak;
      const scale = scales[row]!;
      const factor = scale > 0 ? 1 / scale : 0;
      let [length, error, rest] = [0, 0, 0];
      // From the end: what remains after a piece is all that comes behind it.
      for (let d = dim - 1; d >= 0; d--) {
        const value = floats[from + d]!;
        const integer = Math.floor(value * factor + 0.5); // twice as fast as `round`
        const kept = integer * scale;
        integers[to + d] = integer;
        length += value * value;
        error += (value - kept) * (value - kept);
        rest += kept * kept;
        if (d > 0 && d % this.piece === 0) rests[(d / this.piece - 1) * TABLE + row] = Math.sqrt(rest);
      }
      longest = Math.max(longest, length);
      worst = Math.max(worst, error);
    }
    [this.start, this.count] = [start, count];
    [this.#length, this.#error] = [Math.sqrt(longest), Math.sqrt(worst)];
  }

  /** By how much an inner product may be above that of the integers: (a + e) · (b + f) − a · b ≤ |e| |b| + |a + e| |f|. */
  errorWith(other: Table): number {
    const integers = other.#length + other.#error;
    return this.#error * integers + this.#length * other.#error + ROUNDING * this.#length * integers;
  }
}
