import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { randomOf } from '../clusters/random';
import { Pauses } from '../pauses';
import { closePairs } from './pairs';

function dot(vectors: Float32Array, dim: number, a: number, b: number): number {
  let sum = 0;
  for (let d = 0; d < dim; d++) sum += vectors[a * dim + d]! * vectors[b * dim + d]!;
  return sum;
}

function dotOf(vectors: Float32Array, dim: number, pair: string): number {
  const [a, b] = pair.split(',').map(Number);
  return dot(vectors, dim, a!, b!);
}

/** All pairs that are told, and which of them reach the threshold. */
async function told(vectors: Float32Array, dim: number, threshold: number) {
  const count = vectors.length / dim;
  const floats = (from: number, to: number) => vectors.subarray(from * dim, to * dim);
  const pairs: string[] = [];
  await closePairs(
    { count, dim, floats },
    threshold,
    (a, b) => pairs.push(`${a},${b}`),
    new Pauses(),
    () => {},
  );
  const close = pairs.filter((pair) => dotOf(vectors, dim, pair) >= threshold);
  return { pairs, close };
}

function naive(vectors: Float32Array, dim: number, threshold: number): string[] {
  const pairs: string[] = [];
  for (let a = 0; a < vectors.length / dim; a++)
    for (let b = a + 1; b < vectors.length / dim; b++)
      if (dot(vectors, dim, a, b) >= threshold) pairs.push(`${a},${b}`);
  return pairs;
}

/** `rows` of length 1 around `kinds` directions; the cosine of two around one is some 1 ÷ (1 + noise²). */
function clouds(rows: number, dim: number, kinds: number, noise: number): Float32Array {
  const random = randomOf(rows + dim);
  const centres = Array.from({ length: kinds * dim }, () => random() - 0.5);
  const vectors = new Float32Array(rows * dim);
  for (let row = 0; row < rows; row++) {
    const vector = vectors.subarray(row * dim, (row + 1) * dim);
    for (let d = 0; d < dim; d++) vector[d] = centres[(row % kinds) * dim + d]! + noise * (random() - 0.5);
    const length = Math.hypot(...vector);
    for (let d = 0; d < dim; d++) vector[d]! /= length;
  }
  return vectors;
}

describe('the pairs of a threshold are those of a naive comparison', () => {
  test('of any vectors, none of length 1, and any threshold', async () => {
    const value = fc.oneof(
      fc.constant(0),
      fc.integer({ min: -3, max: 3 }),
      fc.float({ min: -50, max: 50, noNaN: true }),
    );
    const table = fc.integer({ min: 1, max: 40 }).chain((dim) =>
      fc.record({
        dim: fc.constant(dim),
        rows: fc.array(fc.array(value, { minLength: dim, maxLength: dim }), { maxLength: 30 }),
      }),
    );
    const threshold = fc.oneof(fc.integer({ min: -40, max: 40 }), fc.double({ min: -1e3, max: 1e3, noNaN: true }));
    await fc.assert(
      fc.asyncProperty(table, threshold, async ({ dim, rows }, threshold) => {
        const vectors = Float32Array.from(rows.flat());
        const { pairs, close } = await told(vectors, dim, threshold);
        expect(close.sort()).toEqual(naive(vectors, dim, threshold).sort());
        expect(new Set(pairs).size).toBe(pairs.length);
      }),
      { numRuns: 300 },
    );
  });

  test.each([
    [2500, 24, 0.95],
    [700, 384, 0.9],
    [2049, 64, 0.8],
    [100, 8192, 0.9],
  ])('of %i vectors in clouds of %i dimensions at %d, and none that is 0.01 below it', async (rows, dim, threshold) => {
    const vectors = clouds(rows, dim, 20, Math.sqrt(1 / threshold - 1));
    const nearly = naive(vectors, dim, threshold - 0.01);
    const expected = nearly.filter((pair) => dotOf(vectors, dim, pair) >= threshold);
    expect(expected.length).toBeGreaterThan(rows / 4);
    const { pairs, close } = await told(vectors, dim, threshold);
    expect(close.sort()).toEqual(expected.sort());
    const known = new Set(nearly);
    expect(pairs.filter((pair) => !known.has(pair))).toEqual([]);
  });

  test('numbers that are all as large as they can be do not run over', async () => {
    const [dim, rows] = [8192, 6];
    const vectors = Float32Array.from({ length: rows * dim }, (_, i) => (Math.floor(i / dim) % 2 ? -1 : 1) / 90.5);
    const { close } = await told(vectors, dim, 0.99);
    expect(close.sort()).toEqual(['0,2', '0,4', '1,3', '1,5', '2,4', '3,5']);
  });
});

test('others get their turn, the progress rises, an abort ends it', async () => {
  const [rows, dim] = [6000, 96];
  const vectors = clouds(rows, dim, 50, 1);
  const floats = (from: number, to: number) => vectors.subarray(from * dim, to * dim);
  const compared = { count: rows, dim, floats };
  const parts: number[] = [];
  let turns = 0;
  const timer = setInterval(() => turns++, 1);
  await closePairs(
    compared,
    0.99,
    () => {},
    new Pauses(),
    (part) => parts.push(part),
  );
  clearInterval(timer);
  expect(turns).toBeGreaterThan(2);
  expect(parts.length).toBeGreaterThan(2);
  expect(parts).toEqual([...parts].sort((a, b) => a - b));
  expect(parts.at(-1)!).toBeLessThan(1);
  const controller = new AbortController();
  const cut = closePairs(
    compared,
    0.99,
    () => {},
    new Pauses(controller.signal),
    () => controller.abort(new Error('enough')),
  );
  await expect(cut).rejects.toThrow('enough');
});
