import { invalidInput, misfit } from '../../src/shared/errors';
import { Bitset } from './bitset';
import { type Format, formatOf, MOST_DIMENSIONS, type VectorMode } from './formats';
import { dotHalves, toFloats, toHalves } from './halves';
import { KernelMemory } from './memory';

/** Rows of a block: blocks never move, so that an index grows without being copied. */
const BLOCK = 4096;

/** Queries of one pass over the rows. */
const GROUP = 16;

export interface VectorIndexOptions {
  readonly dim: number;
  /** Default `int8`. */
  readonly mode?: VectorMode;
}

/** A row's number and its inner product with the query. */
export interface VectorHit {
  readonly row: number;
  readonly score: number;
}

/** Vectors as they are kept: float32, or float16 as its bits. */
export type Vectors = Float32Array<ArrayBuffer> | Uint16Array<ArrayBuffer>;

/** Addresses of a block's rows and of their scales, and the float16 rows, where the scanned ones are less exact. */
interface Block {
  readonly rows: number;
  readonly scales: number;
  readonly halves: Uint16Array<ArrayBuffer> | null;
}

/**
 * An exact search over all rows: the best `k` by inner product. It scans the rows as int8 (or float32, or bits) in WebAssembly
 * and scores the best of them again from float16. Rows are numbered as they come, from 0; a removed row keeps its number until `compact`.
 * Costs per row and dimension 1 + 2 bytes for `int8`, 4 for `float32`, 1/8 + 2 for `binary`.
 */
export class VectorIndex {
  readonly dim: number;
  readonly mode: VectorMode;
  readonly #memory: KernelMemory;
  readonly #format: Format;
  readonly #blocks: Block[] = [];
  readonly #alive = new Bitset();
  #rows = 0;
  #size = 0;
  #scratch = { at: 0, bytes: 0 };

  private constructor(dim: number, mode: VectorMode, memory: KernelMemory) {
    this.dim = dim;
    this.mode = mode;
    this.#memory = memory;
    this.#format = formatOf(mode, dim, memory.kernels);
  }

  /** Throws InvalidInputError for a `dim` outside 1 … 8192 or an unknown mode. */
  static async open({ dim, mode = 'int8' }: VectorIndexOptions): Promise<VectorIndex> {
    if (!(Number.isInteger(dim) && dim >= 1 && dim <= MOST_DIMENSIONS))
      throw invalidInput('dim', `an integer from 1 to ${MOST_DIMENSIONS}`, dim);
    if (!['int8', 'float32', 'binary'].includes(mode))
      throw invalidInput('mode', "'int8', 'float32' or 'binary'", mode);
    return new VectorIndex(dim, mode, await KernelMemory.start());
  }

  /** Rows that were added since the last `compact`, removed ones included. */
  get rows(): number {
    return this.#rows;
  }

  /** Rows that can be found. */
  get size(): number {
    return this.#size;
  }

  /** Bytes of memory that the vectors take. */
  get bytes(): number {
    return this.#memory.buffer.byteLength + this.#blocks.length * (this.mode === 'float32' ? 0 : 2) * BLOCK * this.dim;
  }

  /**
   * Adds rows × dim values, row-major, float32 or float16 (as its bits), and gives the number of the first row.
   * Throws InvalidInputError, and then adds nothing, if the size does not fit or a number is not finite (as float16, where the mode keeps that).
   */
  add(vectors: Vectors): number {
    const count = vectors.length / this.dim;
    if (!Number.isInteger(count)) throw misfit('vectors', `rows of ${this.dim} numbers`, `${vectors.length} numbers`);
    const { halves, floats } = bothForms(vectors, this.dim, this.mode);
    const first = this.#rows;
    for (let i = 0; i < count; i++) {
      const row = first + i;
      const block = this.#blockOf(row);
      const from = i * this.dim;
      block.halves?.set(halves!.subarray(from, from + this.dim), (row % BLOCK) * this.dim);
      this.#write(row, floats.subarray(from, from + this.dim));
      this.#alive.add(row);
    }
    this.#rows += count;
    this.#size += count;
    return first;
  }

  has(row: number): boolean {
    return this.#alive.has(row);
  }

  /** Takes a row out of every search; false if it is not there. */
  remove(row: number): boolean {
    if (!this.#alive.has(row)) return false;
    this.#alive.delete(row);
    this.#size--;
    return true;
  }

  /** A copy of a row as it is kept: float32, or the bits of float16. Also of a removed one. Throws InvalidInputError outside 0 … rows − 1. */
  row(row: number): Vectors {
    if (!(Number.isInteger(row) && row >= 0 && row < this.#rows))
      throw invalidInput('row', `an integer from 0 to ${this.#rows - 1}`, row);
    const { halves, rows } = this.#blocks[Math.floor(row / BLOCK)]!;
    const place = row % BLOCK;
    if (halves) return halves.slice(place * this.dim, (place + 1) * this.dim);
    return new Float32Array(this.#memory.buffer, rows + place * this.#format.rowBytes, this.dim).slice();
  }

  /** The inner product of a query with a row, in float64. Also of a removed one; `row` is not checked. */
  score(query: Float32Array<ArrayBuffer>, row: number): number {
    const exact = this.#exactScore(query, row);
    return exact ?? (this.row(row) as Float32Array).reduce((sum, value, d) => sum + value * query[d]!, 0);
  }

  /**
   * Gives for each query the best `k` rows, best first; of equal scores the lower row. Fewer if there are no more.
   * `queries` is queries × dim float32 values; several of them share each pass over the rows. Only rows of `allowed` are found, where it is given.
   * Throws InvalidInputError for numbers that are not finite, a size that does not fit, or a `k` that is not an integer above 0.
   */
  search(queries: Float32Array<ArrayBuffer>, k: number, allowed?: Bitset): VectorHit[][] {
    if (!(Number.isInteger(k) && k >= 1)) throw invalidInput('k', 'an integer above 0', k);
    const count = queries.length / this.dim;
    if (!Number.isInteger(count)) throw misfit('queries', `rows of ${this.dim} numbers`, `${queries.length} numbers`);
    checkFinite('queries', queries, this.dim);
    const hits: VectorHit[][] = [];
    for (let from = 0; from < count; from += GROUP) {
      const group = queries.subarray(from * this.dim, Math.min(from + GROUP, count) * this.dim);
      hits.push(...this.#searchGroup(group, Math.min(k, this.#size), allowed));
    }
    return hits;
  }

  /** Forgets the removed rows, and moves the others up. Gives the new number of each old row, −1 for those that are gone. */
  compact(): Int32Array<ArrayBuffer> {
    const moved = new Int32Array(this.#rows).fill(-1);
    const memory = new Uint8Array(this.#memory.buffer);
    const { rowBytes } = this.#format;
    let to = 0;
    for (let from = 0; from < this.#rows; from++) {
      if (!this.#alive.has(from)) continue;
      moved[from] = to;
      if (to !== from) {
        const [source, target] = [this.#blockOf(from), this.#blockOf(to)];
        const [a, b] = [from % BLOCK, to % BLOCK];
        memory.copyWithin(target.rows + b * rowBytes, source.rows + a * rowBytes, source.rows + (a + 1) * rowBytes);
        memory.copyWithin(target.scales + 4 * b, source.scales + 4 * a, source.scales + 4 * (a + 1));
        target.halves?.set(source.halves!.subarray(a * this.dim, (a + 1) * this.dim), b * this.dim);
        this.#alive.add(to);
        this.#alive.delete(from);
      }
      to++;
    }
    this.#rows = to;
    return moved;
  }

  #blockOf(row: number): Block {
    const { rowBytes } = this.#format;
    while (this.#blocks.length <= Math.floor(row / BLOCK)) {
      this.#blocks.push({
        rows: this.#memory.take(BLOCK * rowBytes),
        scales: this.#memory.take(BLOCK * 4),
        halves: this.mode === 'float32' ? null : new Uint16Array(BLOCK * this.dim),
      });
    }
    return this.#blocks[Math.floor(row / BLOCK)]!;
  }

  #write(row: number, vector: Float32Array): void {
    const { rows, scales } = this.#blockOf(row);
    const place = row % BLOCK;
    const scale = this.#format.writeRow(vector, this.#memory.buffer, rows + place * this.#format.rowBytes);
    new DataView(this.#memory.buffer).setFloat32(scales + 4 * place, scale, true);
  }

  #searchGroup(queries: Float32Array<ArrayBuffer>, k: number, allowed: Bitset | undefined): VectorHit[][] {
    const count = queries.length / this.dim;
    if (k === 0) return Array.from({ length: count }, () => []);
    const most = Math.min(this.#format.candidates(k) ?? k, this.#size);
    const found = this.#scan(queries, count, most, allowed);
    return found.map((hits, i) => {
      const query = queries.subarray(i * this.dim, (i + 1) * this.dim);
      return hits
        .map(({ row, score }) => ({ row, score: this.#exactScore(query, row) ?? score }))
        .sort((a, b) => b.score - a.score || a.row - b.row)
        .slice(0, k);
    });
  }

  #scan(queries: Float32Array, count: number, k: number, allowed: Bitset | undefined): VectorHit[][] {
    const { queryBytes, size, scan } = this.#format;
    const heapBytes = 8 + 8 * k;
    const at = this.#scratchOf(BLOCK / 8 + count * (queryBytes + heapBytes));
    const [queriesAt, heapsAt] = [at + BLOCK / 8, at + BLOCK / 8 + count * queryBytes];
    const { buffer } = this.#memory;
    for (let i = 0; i < count; i++) {
      this.#format.writeQuery(queries.subarray(i * this.dim, (i + 1) * this.dim), buffer, queriesAt + i * queryBytes);
      new Uint32Array(buffer, heapsAt + i * heapBytes, 1)[0] = 0;
    }
    const bits = new Uint8Array(buffer, at, BLOCK / 8);
    for (const [i, { rows, scales }] of this.#blocks.entries()) {
      const first = i * BLOCK;
      const length = Math.min(BLOCK, this.#rows - first);
      if (length <= 0) break;
      let any = 0;
      for (let byte = 0; byte < bits.length; byte++) {
        const wanted = this.#alive.byte(first / 8 + byte);
        bits[byte] = allowed ? wanted & allowed.byte(first / 8 + byte) : wanted;
        any |= bits[byte]!;
      }
      if (any) scan(rows, scales, at, Math.ceil(length / 4) * 4, first, size, queriesAt, count, heapsAt, k);
    }
    return Array.from({ length: count }, (_, i) => readHeap(buffer, heapsAt + i * heapBytes));
  }

  /** The inner product with the float16 row, in float64; null where the scanned row is the exact one. */
  #exactScore(query: Float32Array, row: number): number | null {
    const { halves } = this.#blocks[Math.floor(row / BLOCK)]!;
    return halves && dotHalves(query, halves, (row % BLOCK) * this.dim);
  }

  #scratchOf(bytes: number): number {
    if (bytes > this.#scratch.bytes) {
      const size = Math.max(bytes, 2 * this.#scratch.bytes);
      this.#scratch = { at: this.#memory.take(size), bytes: size };
    }
    return this.#scratch.at;
  }
}

/** The vectors as a mode keeps them. Throws InvalidInputError for a number that is not finite, or not as float16 where that is kept. */
export function keptVectors(vectors: Vectors, dim: number, mode: VectorMode): Vectors {
  const { halves, floats } = bothForms(vectors, dim, mode);
  return halves ?? floats;
}

/** The values in both forms; the float32 ones are what the kept ones stand for. */
function bothForms(
  vectors: Vectors,
  dim: number,
  mode: VectorMode,
): { readonly halves: Uint16Array<ArrayBuffer> | null; readonly floats: Float32Array<ArrayBuffer> } {
  const given = vectors instanceof Float32Array ? vectors : toFloats(vectors);
  checkFinite('vectors', given, dim);
  if (mode === 'float32') return { halves: null, floats: given };
  const halves = vectors instanceof Uint16Array ? vectors : toHalves(given);
  const floats = vectors instanceof Uint16Array ? given : toFloats(halves);
  checkFinite('vectors', floats, dim, 'a number that float16 can hold, at most 65504');
  return { halves, floats };
}

function readHeap(memory: ArrayBuffer, at: number): VectorHit[] {
  const count = new Uint32Array(memory, at, 1)[0]!;
  const scores = new Float32Array(memory, at + 8, 2 * count);
  const rows = new Uint32Array(memory, at + 8, 2 * count);
  return Array.from({ length: count }, (_, i) => ({ row: rows[2 * i + 1]!, score: scores[2 * i]! }));
}

function checkFinite(what: string, values: Float32Array, dim: number, expected = 'a finite number'): void {
  for (let i = 0; i < values.length; i++) {
    if (!Number.isFinite(values[i]))
      throw invalidInput(`${what}[${Math.floor(i / dim)}][${i % dim}]`, expected, values[i]);
  }
}
