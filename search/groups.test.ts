import { readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cluster } from './clusters/k-means';
import { clusterTerms } from './clusters/labels';
import { Groups } from './duplicates';

/** Answers of SciPy and scikit-learn; versions inside. */
const golden = JSON.parse(readFileSync(new URL('../e2e/goldens/search/groups.json', import.meta.url), 'utf8'));
const dot = (a: readonly number[], b: readonly number[]) => a.reduce((sum, value, i) => sum + value * b[i]!, 0);

/** Which items are together, whatever their labels are called. */
function parts(labels: ArrayLike<number>): number[][] {
  const groups = new Map<number, number[]>();
  for (let i = 0; i < labels.length; i++) groups.set(labels[i]!, [...(groups.get(labels[i]!) ?? []), i]);
  return [...groups.values()].sort((a, b) => a[0]! - b[0]!);
}

describe('near-duplicates', () => {
  const ids = golden.points.map((_: unknown, i: number) => i) as number[];

  test.each(
    Object.entries<number[]>(golden.components),
  )('at %s: the connected components of SciPy', (threshold, labels) => {
    const groups = new Groups(ids.length);
    for (const a of ids)
      for (const b of ids) if (dot(golden.points[a], golden.points[b]) >= Number(threshold)) groups.join(a, b);
    expect(groups.list()).toEqual(parts(labels).filter(({ length }) => length > 1));
  });

  test('chains are one group, in either order', () => {
    const groups = new Groups(7);
    for (const [a, b] of [
      [6, 4],
      [4, 2],
      [5, 5],
      [1, 0],
    ] as const)
      groups.join(a, b);
    expect(groups.list()).toEqual([
      [0, 1],
      [2, 4, 6],
    ]);
    expect([groups.areOne(2, 6), groups.areOne(3, 3), groups.areOne(0, 2)]).toEqual([true, true, false]);
    expect(new Groups(0).list()).toEqual([]);
  });
});

describe('clusters', () => {
  const cloud = Float32Array.from(golden.cloud.flat());
  const dim = golden.cloud[0].length;

  test('far apart: those of scikit-learn, for every seed', async () => {
    for (const seed of [0, 1, 2, 3, 4]) {
      const best = await bestOf([seed, seed + 100, seed + 200], 5);
      expect(parts(best.labels)).toEqual(parts(golden.labels));
      expect(best.cohesion).toBeGreaterThan(0.9);
    }
  });

  async function bestOf(seeds: number[], k: number) {
    const all = await Promise.all(seeds.map((seed) => cluster(cloud, dim, { k, seed })));
    return all.reduce((best, one) => (one.cohesion > best.cohesion ? one : best));
  }

  test('each vector is with its nearest centre, each centre is the mean of its vectors', async () => {
    const { labels, centres, cohesion, rounds } = await cluster(cloud, dim, { k: 7, seed: 3 });
    const rows = golden.cloud as number[][];
    const centre = (c: number) => [...centres.subarray(c * dim, (c + 1) * dim)];
    let sum = 0;
    for (const [i, row] of rows.entries()) {
      const cosines = Array.from({ length: 7 }, (_, c) => dot(row, centre(c)));
      expect(cosines[labels[i]!]).toBeCloseTo(Math.max(...cosines), 6);
      sum += Math.max(...cosines);
    }
    expect(cohesion).toBeCloseTo(sum / rows.length, 6);
    for (let c = 0; c < 7; c++) {
      const own = rows.filter((_, i) => labels[i] === c);
      const total = Array.from({ length: dim }, (_, d) => own.reduce((sum, row) => sum + row[d]!, 0));
      const norm = Math.hypot(...total);
      for (const [d, value] of centre(c).entries()) expect(value).toBeCloseTo(total[d]! / norm, 5);
    }
    expect(rounds).toBeGreaterThan(1);
  });

  test('the same seed gives the same, no cluster is ever empty', async () => {
    const [first, again] = [await cluster(cloud, dim, { k: 6, seed: 9 }), await cluster(cloud, dim, { k: 6, seed: 9 })];
    expect(again).toEqual(first);
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 1, maxLength: 12 }),
        fc.nat(),
        fc.nat(99),
        async (kinds, pick, seed) => {
          const vectors = Float32Array.from(kinds.flatMap((kind) => [0, 1, 2, 3].map((d) => (d === kind ? 1 : 0))));
          const k = 1 + (pick % kinds.length);
          const { labels } = await cluster(vectors, 4, { k, seed });
          expect(new Set(labels).size).toBe(k);
        },
      ),
    );
  });

  test('what cannot be is refused, an abort ends it', async () => {
    await expect(cluster(cloud, 7, { k: 2 })).rejects.toThrow('Expected `vectors` to be rows of 7 values');
    await expect(cluster(cloud, dim, { k: 0 })).rejects.toThrow('Expected `k` to be an integer from 1 to 100');
    await expect(cluster(cloud, dim, { k: 2, seed: 0.5 })).rejects.toThrow('Expected `seed`');
    await expect(cluster(cloud, dim, { k: 2, maxRounds: 0 })).rejects.toThrow('Expected `maxRounds`');
    await expect(cluster(new Float32Array([Number.NaN]), 1, { k: 1 })).rejects.toThrow('Expected `vectors[0]`');
    const many = new Float32Array(200_000).map((_, i) => Math.sin(i * i));
    const controller = new AbortController();
    setTimeout(() => controller.abort(new Error('enough')), 30);
    await expect(cluster(many, 10, { k: 500, signal: controller.signal })).rejects.toThrow('enough');
  });

  test('labels are the words that one cluster has and the others have not', () => {
    const texts = [
      'the cat sat',
      'the cat ran 7',
      'a cat and the mat',
      'the stock fell',
      'the stock rose',
      '股票 上涨 the',
    ];
    expect(clusterTerms(texts, [0, 0, 0, 1, 1, 2], { k: 3, count: 2 })).toEqual([
      ['cat', 'and'],
      ['stock', 'fell'],
      ['上涨', '股票'],
    ]);
    expect(clusterTerms([], [], { k: 1 })).toEqual([[]]);
    expect(() => clusterTerms(['a'], [], { k: 1 })).toThrow('Expected `labels` to be 1 numbers');
    expect(() => clusterTerms(['a'], [1], { k: 1 })).toThrow('Expected `labels[0]`');
  });
});
