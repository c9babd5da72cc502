import { readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { randomOf } from '../clusters/random';
import { Pauses } from '../pauses';
import { fuzzyGraph } from './graph';
import { mapOf } from './map';
import { principalPlane } from './plane';

/** An answer of umap-learn; versions inside. */
const golden = JSON.parse(readFileSync(new URL('../../e2e/goldens/search/map.json', import.meta.url), 'utf8'));

const DIM = 24;

/** Rows of length 1 around `kinds` directions. */
function clouds(rows: number, kinds: number, noise: number): Float32Array<ArrayBuffer> {
  const random = randomOf(5);
  const vectors = new Float32Array(rows * DIM);
  for (let row = 0; row < rows; row++) {
    const vector = Array.from({ length: DIM }, (_, d) => (d === row % kinds ? 1 : 0) + noise * (random() - 0.5));
    const norm = Math.hypot(...vector);
    vectors.set(
      vector.map((value) => value / norm),
      row * DIM,
    );
  }
  return vectors;
}

const options = { neighbours: 10, seed: 0 };

test('the graph is that of umap-learn', async () => {
  const nearest = {
    k: golden.k,
    rows: Uint32Array.from(golden.rows),
    distances: Float32Array.from(golden.distances),
  };
  const { heads, tails, weights } = await fuzzyGraph(nearest, new Pauses());
  const edges = Array.from(heads, (head, i) => [head, tails[i]!, weights[i]!] as const)
    .filter(([, , weight]) => weight > 0)
    .sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  expect(edges.map(([head, tail]) => [head, tail])).toEqual(golden.edges.map(([i, j]: number[]) => [i, j]));
  for (const [i, [, , weight]] of edges.entries()) expect(weight).toBeCloseTo(golden.edges[i][2], 4);
});

test('graph and first places tell their progress', async () => {
  const [graph, places]: [number[], number[]] = [[], []];
  const [rows, distances] = [Uint32Array.of(0, 1, 1, 2, 2, 0), Float32Array.of(0, 1, 0, 2, 0, 3)];
  await fuzzyGraph({ k: 2, rows, distances }, new Pauses(undefined, 0), (part) => graph.push(part));
  expect(graph).toEqual([0, 1 / 3, 2 / 3]);
  await principalPlane(clouds(4, 2, 1), DIM, randomOf(1), new Pauses(undefined, 0), (part) => places.push(part));
  expect(places.length).toBe(40);
  for (const [i, part] of places.entries()) expect(part).toBeCloseTo(i / 40, 12);
});

test('the first places are in the plane in which the rows differ most', async () => {
  const random = randomOf(3);
  const spread = Array.from({ length: 400 }, () => [0.1, 5, 0.2, 1, 0.1].map((s) => 7 + s * (random() - 0.5)));
  const places = await principalPlane(Float32Array.from(spread.flat()), 5, random, new Pauses());
  const sign = Math.sign(places[0]! * (spread[0]![1]! - 7));
  for (const [i, row] of spread.entries()) expect(places[2 * i]! * sign).toBeCloseTo(row[1]! - 7, 0);
  expect(await principalPlane(new Float32Array(9).fill(1), 3, random, new Pauses())).toEqual(new Float32Array(6));
});

describe('the map', () => {
  test('has what belongs together together, within the unit square', async () => {
    const places = await mapOf(clouds(300, 5, 0.5), DIM, options);
    const at = (row: number) => [places[2 * row]!, places[2 * row + 1]!] as const;
    for (let row = 0; row < 300; row++) {
      const others = [...Array(300).keys()].filter((other) => other !== row);
      const distance = (other: number) => Math.hypot(at(other)[0] - at(row)[0], at(other)[1] - at(row)[1]);
      const [nearest] = others.sort((a, b) => distance(a) - distance(b));
      expect(nearest! % 5).toBe(row % 5);
    }
    const sides = [0, 1].map((side) => places.filter((_, i) => i % 2 === side));
    const lengths = sides.map((side) => Math.max(...side) - Math.min(...side));
    expect(Math.max(...lengths)).toBeCloseTo(1, 6);
    for (const side of sides) expect(Math.max(...side) + Math.min(...side)).toBeCloseTo(1, 5);
  });

  test('is the same for a seed, and another for another', async () => {
    const vectors = clouds(60, 3, 1);
    const first = await mapOf(vectors, DIM, { ...options, seed: 4 });
    expect(await mapOf(vectors, DIM, { ...options, seed: 4 })).toEqual(first);
    expect(await mapOf(vectors, DIM, { ...options, seed: 5 })).not.toEqual(first);
  });

  test('of few rows, and of equal ones', async () => {
    expect(await mapOf(new Float32Array(), DIM, options)).toEqual(new Float32Array());
    expect(await mapOf(clouds(1, 1, 0), DIM, options)).toEqual(Float32Array.of(0.5, 0.5));
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 2, max: 20 }),
        fc.integer({ min: 1, max: 3 }),
        fc.constantFrom(0, 0.4),
        fc.integer({ min: 2, max: 30 }),
        async (rows, kinds, noise, neighbours) => {
          const places = await mapOf(clouds(rows, kinds, noise), DIM, { neighbours, seed: 1 });
          expect(places.length).toBe(2 * rows);
          expect(places.every((place) => place >= -1e-6 && place <= 1 + 1e-6)).toBe(true);
          const all = new Set(Array.from({ length: rows }, (_, row) => `${places[2 * row]},${places[2 * row + 1]}`));
          expect(all.size).toBe(rows);
        },
      ),
      { numRuns: 40 },
    );
  });

  test('gives others their turn, says how far it is, and ends by its signal', async () => {
    const parts: number[] = [];
    let turns = 0;
    const timer = setInterval(() => turns++, 1);
    await mapOf(clouds(400, 5, 1), DIM, { ...options, onPart: (part) => parts.push(part) });
    clearInterval(timer);
    expect(turns).toBeGreaterThan(5);
    expect(parts).toEqual([...parts].sort((a, b) => a - b));
    expect([parts[0]! <= 0.2, parts.at(-1)]).toEqual([true, 1]);
    const controller = new AbortController();
    const onPart = (part: number) => {
      if (part > 0.5) controller.abort(new Error('enough'));
    };
    const cut = mapOf(clouds(400, 5, 1), DIM, { ...options, onPart, signal: controller.signal });
    await expect(cut).rejects.toThrow('enough');
  });
});
