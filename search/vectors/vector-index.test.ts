import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Bitset } from './bitset';
import type { VectorMode } from './formats';
import { VectorIndex } from './vector-index';

/** Numbers from −1 to 1, the same for the same seed. */
function numbers(length: number, seed: number): Float32Array<ArrayBuffer> {
  let state = seed >>> 0 || 1;
  return Float32Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state / 2 ** 31 - 1) ** 3;
  });
}

/** Vectors of length 1 around some centres, as embeddings of texts about a few topics are. */
function embeddings(rows: number, dim: number, seed: number): Float32Array<ArrayBuffer> {
  const centres = numbers(16 * dim, 1);
  const data = numbers(rows * dim, seed);
  for (let row = 0; row < rows; row++) {
    const vector = data.subarray(row * dim, (row + 1) * dim);
    const centre = ((row * 7919) % 16) * dim;
    for (let d = 0; d < dim; d++) vector[d] = vector[d]! * 0.7 + centres[centre + d]!;
    const norm = Math.hypot(...vector);
    for (let d = 0; d < dim; d++) vector[d]! /= norm;
  }
  return data;
}

/** The naive model: every row by itself, in float64. */
function scan(rows: ReadonlyMap<number, ArrayLike<number>>, query: ArrayLike<number>, k: number) {
  const scored = Array.from(rows, ([row, vector]) => ({
    row,
    score: Array.from(vector).reduce((sum, value, d) => sum + value * query[d]!, 0),
  }));
  return scored.sort((a, b) => b.score - a.score || a.row - b.row).slice(0, k);
}

const modes = fc.constantFrom<VectorMode[]>('int8', 'float32', 'binary');

describe('equals a naive scan after any sequence of add, remove and compact', () => {
  const dim = 19;
  // Small integers: every sum is exact in every mode, so that rows and ties must agree too.
  const vector = fc.array(fc.integer({ min: -9, max: 9 }), { minLength: dim, maxLength: dim });
  const step = fc.oneof(
    fc.record({ add: fc.array(vector, { maxLength: 9 }) }),
    fc.record({ remove: fc.nat(40) }),
    fc.record({ compact: fc.constant(true) }),
  );

  test('in every mode, with and without a filter', async () => {
    await fc.assert(
      fc.asyncProperty(
        modes,
        fc.array(step, { maxLength: 14 }),
        fc.array(vector, { minLength: 1, maxLength: 18 }),
        fc.integer({ min: 1, max: 60 }),
        fc.option(fc.array(fc.nat(60)), { nil: undefined }),
        async (mode, steps, queries, k, wanted) => {
          const index = await VectorIndex.open({ dim, mode });
          let model = new Map<number, number[]>();
          let next = 0;
          for (const one of steps) {
            if ('add' in one) {
              expect(index.add(Float32Array.from(one.add.flat()))).toBe(next);
              for (const values of one.add) model.set(next++, values);
            } else if ('remove' in one) expect(index.remove(one.remove)).toBe(model.delete(one.remove));
            else {
              const moved = index.compact();
              model = new Map(Array.from(model, ([row, values]) => [moved[row]!, values]));
              next = model.size;
            }
          }
          const allowed = wanted && new Bitset();
          for (const row of wanted ?? []) allowed!.add(row);
          const visible = new Map([...model].filter(([row]) => !allowed || allowed.has(row)));
          const hits = index.search(Float32Array.from(queries.flat()), k, allowed);
          expect([index.size, index.rows]).toEqual([model.size, next]);
          expect(hits).toEqual(queries.map((query) => scan(visible, query, k)));
        },
      ),
      { numRuns: 200 },
    );
  });
});

describe('of 10,000 vectors of length 1, the best 10 beside those of an fp32 scan', () => {
  const [rows, dim, queries] = [10_000, 384, 100];
  const data = embeddings(rows, dim, 7);
  const asked = embeddings(queries, dim, 99);
  const all = new Map(Array.from({ length: rows }, (_, row) => [row, data.subarray(row * dim, (row + 1) * dim)]));
  const truth = Array.from({ length: queries }, (_, i) => scan(all, asked.subarray(i * dim, (i + 1) * dim), 10));

  test.each([
    ['int8', 0.999],
    ['float32', 0.999],
    ['binary', 0.75],
  ] as const)('%s has a recall of %d or more', async (mode, least) => {
    const index = await VectorIndex.open({ dim, mode });
    index.add(data);
    const hits = index.search(asked, 10);
    const found = truth.flatMap((best, i) => best.filter(({ row }) => hits[i]!.some((hit) => hit.row === row)));
    expect(found.length / (10 * queries)).toBeGreaterThanOrEqual(least);
    for (const [i, best] of truth.entries())
      if (mode !== 'binary') expect(hits[i]![0]!.score).toBeCloseTo(best[0]!.score, 4);
  });
});

test('rows that go on over many blocks keep their numbers, values and scores', async () => {
  const dim = 8;
  for (const mode of ['int8', 'float32', 'binary'] as const) {
    const index = await VectorIndex.open({ dim, mode });
    const data = numbers(9000 * dim, 3);
    for (let row = 0; row < 9000; row += 1000) index.add(data.subarray(row * dim, (row + 1000) * dim));
    for (let row = 0; row < 9000; row++) if (row % 3 > 0) index.remove(row);
    const before = index.search(data.subarray(0, dim), 3000)[0]!;
    const moved = index.compact();
    expect([index.rows, index.size, moved[8997], moved[8998]]).toEqual([3000, 3000, 2999, -1]);
    expect(index.search(data.subarray(0, dim), 3000)[0]).toEqual(
      before.map(({ row, score }) => ({ row: moved[row], score })),
    );
  }
});

test('what is kept comes out, and goes in again unchanged', async () => {
  for (const mode of ['int8', 'float32'] as const) {
    const index = await VectorIndex.open({ dim: 5, mode });
    index.add(numbers(15, 4));
    const again = await VectorIndex.open({ dim: 5, mode });
    for (let row = 0; row < 3; row++) again.add(index.row(row));
    const query = numbers(5, 5);
    expect(again.search(query, 3)).toEqual(index.search(query, 3));
    expect(() => index.row(3)).toThrow('Expected `row` to be an integer from 0 to 2, got `3` (number)');
  }
});

describe('what does not fit is refused, and changes nothing', () => {
  test.each([
    [Float32Array.from([1, 2, 3, NaN]), 'Expected `vectors[1][1]` to be a finite number, got `NaN` (number)'],
    [Float32Array.from([Infinity, 0]), 'Expected `vectors[0][0]` to be a finite number, got `Infinity` (number)'],
    [Float32Array.from([0, 1e6]), 'Expected `vectors[0][1]` to be a number that float16 can hold'],
    [Float32Array.from([1, 2, 3]), 'Expected `vectors` to be rows of 2 numbers, got 3 numbers'],
    [Uint16Array.from([0x7c00, 0]), 'Expected `vectors[0][0]` to be a finite number'],
  ])('vectors %s', async (vectors, message) => {
    const index = await VectorIndex.open({ dim: 2 });
    expect(() => index.add(vectors)).toThrow(message);
    expect([index.rows, index.search(Float32Array.of(1, 1), 1)]).toEqual([0, [[]]]);
  });

  test('queries and k', async () => {
    const index = await VectorIndex.open({ dim: 2 });
    index.add(Float32Array.of(1, 0));
    const query = Float32Array.of(1, 1);
    for (const k of [0, -1, 1.5, NaN])
      expect(() => index.search(query, k)).toThrow('Expected `k` to be an integer above 0');
    expect(() => index.search(Float32Array.of(1, NaN), 1)).toThrow('Expected `queries[0][1]` to be a finite number');
    expect(() => index.search(Float32Array.of(1), 1)).toThrow('Expected `queries` to be rows of 2 numbers');
    expect(index.search(query, 1000)).toEqual([[{ row: 0, score: 1 }]]);
  });

  test('dimensions and modes', async () => {
    for (const dim of [0, 8193, 2.5]) await expect(VectorIndex.open({ dim })).rejects.toThrow('Expected `dim` to be');
    await expect(VectorIndex.open({ dim: 2, mode: 'int4' as VectorMode })).rejects.toThrow('Expected `mode` to be');
  });
});
