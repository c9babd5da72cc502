import fc from 'fast-check';
import type { Heap } from '../heap';

// What the checks of the kernels stand on.

/** What the checks run on. */
export let heap: Heap;

export const use = (which: Heap) => {
  heap = which;
};

/** Numbers as activations are: most small, some large, some zero. */
export function numbers(length: number, seed: number): Float32Array {
  let state = seed >>> 0 || 1;
  return Float32Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    const value = state / 2 ** 32 - 0.5;
    return state % 17 === 0 ? 0 : state % 13 === 0 ? value * 40 : value * 4;
  });
}

/** Lays the arrays out above what is kept, and gives their addresses. */
export function put(...arrays: readonly (Float32Array | number)[]): number[] {
  const sizes = arrays.map((array) => (typeof array === 'number' ? array : array.byteLength));
  const places = heap.layOut(Object.fromEntries(sizes.map((size, i) => [`p${i}`, size])));
  const addresses = arrays.map((_, i) => places[`p${i}`]!);
  for (const [i, array] of arrays.entries())
    if (typeof array !== 'number') heap.floats(addresses[i]!, array.length).set(array);
  return addresses;
}

export function assert(holds: boolean, message: string): asserts holds {
  if (!holds) throw new Error(message);
}

export const close = (actual: ArrayLike<number>, expected: readonly number[], tolerance: number) => {
  assert(actual.length === expected.length, `${actual.length} numbers instead of ${expected.length}`);
  for (const [i, value] of expected.entries())
    if (!(Math.abs(actual[i]! - value) <= tolerance * Math.max(1, Math.abs(value))))
      throw new Error(`${i}: ${actual[i]} instead of ${value}`);
};

export const seeds = fc.integer({ min: 1, max: 2 ** 31 });

/** Addresses, as many as are asked for. */
export type Addresses = [number, number, number, number, number, number, number, number, number, number, number];

/** x · w + bias in float64, row by row; columns out of the range are 0. */
export function productOf(
  rows: number,
  inner: number,
  columns: number,
  first: number,
  last: number,
  factors: (row: number, k: number, column: number) => [number, number],
  bias: Float32Array,
): number[] {
  return Array.from({ length: rows * columns }, (_, i) => {
    const [row, column] = [Math.floor(i / columns), i % columns];
    if (column < first || column >= last) return 0;
    let sum = bias[column]!;
    for (let k = 0; k < inner; k++) {
      const [x, w] = factors(row, k, column);
      sum += x * w;
    }
    return sum;
  });
}
