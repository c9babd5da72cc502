import { readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { M3_WEIGHTS, maximalMarginalRelevance, reciprocalRankFusion, weightedSum } from './fusion';
import type { Scored } from './ranking';

/** Answers of ranx and LangChain; versions inside. */
const golden = JSON.parse(readFileSync(new URL('../e2e/goldens/search/fusion.json', import.meta.url), 'utf8'));
const rankings: Scored[][] = golden.rankings.map((ranking: [number, number][]) =>
  ranking.map(([id, score]) => ({ id, score })),
);

function expectScores(fused: readonly Scored[], expected: Record<string, number>): void {
  expect(fused).toHaveLength(Object.keys(expected).length);
  for (const { id, score } of fused) expect(score).toBeCloseTo(expected[id]!, 9);
  expect(fused.map(({ score }) => score)).toEqual(fused.map(({ score }) => score).sort((a, b) => b - a));
}

test('fused scores are those of ranx', () => {
  expectScores(reciprocalRankFusion(rankings), golden.rrf);
  expectScores(reciprocalRankFusion(rankings, { k: 10 }), golden.rrf10);
  expectScores(weightedSum(rankings, golden.weights), golden.wsum);
  expectScores(weightedSum(rankings, golden.weights, { scale: 'none' }), golden.raw);
});

test('a weight of 0 leaves a ranking out but for what it alone has found; equal scores are all the best', () => {
  const [first, second] = [
    [{ id: 1, score: 3 }],
    [
      { id: 2, score: 9 },
      { id: 1, score: 9 },
    ],
  ];
  expect(reciprocalRankFusion([first, second], { weights: [1, 0] })).toEqual([
    { id: 1, score: 1 / 61 },
    { id: 2, score: 0 },
  ]);
  expect(weightedSum([first, second], [1, 2])).toEqual([
    { id: 1, score: 3 },
    { id: 2, score: 2 },
  ]);
  expect(weightedSum([first, first, first], M3_WEIGHTS.longDocuments, { scale: 'none' })[0]!.score).toBeCloseTo(3, 12);
  expect(reciprocalRankFusion([])).toEqual([]);
});

test('a passage that is first everywhere stays first', () => {
  const ids = fc.uniqueArray(fc.integer({ min: 1, max: 50 }), { maxLength: 20 });
  const ranking = ids.map((ids) => [0, ...ids].map((id, place): Scored => ({ id, score: 1 / (place + 1) })));
  fc.assert(
    fc.property(fc.array(ranking, { minLength: 1, maxLength: 4 }), (rankings) => {
      expect(reciprocalRankFusion(rankings)[0]!.id).toBe(0);
      expect(
        weightedSum(
          rankings,
          rankings.map(() => 0.5),
        )[0]!.id,
      ).toBe(0);
    }),
  );
});

describe('maximal marginal relevance', () => {
  const { vectors, query, picked } = golden.mmr as {
    vectors: number[][];
    query: number[];
    picked: Record<string, number[]>;
  };
  const dot = (a: number[], b: number[]) => a.reduce((sum, value, i) => sum + value * b[i]!, 0);
  const candidates = vectors.map((vector, id) => ({ id, score: dot(vector, query) }));
  const similarity = (a: number, b: number) => dot(vectors[a]!, vectors[b]!);

  // With a lambda of 0 LangChain still takes the most relevant first; by the formula all are equal then.
  test.each(
    Object.entries(picked).filter(([lambda]) => Number(lambda) > 0),
  )('lambda %s: the order of LangChain', (lambda, order) => {
    expect(
      maximalMarginalRelevance(candidates, similarity, { k: 8, lambda: Number(lambda) }).map(({ id }) => id),
    ).toEqual(order);
  });

  test('lambda 1 is the ranking itself, more than there are gives all', () => {
    const all = maximalMarginalRelevance(candidates, similarity, { k: 99, lambda: 1 });
    expect(all.map(({ score }) => score)).toEqual(candidates.map(({ score }) => score).sort((a, b) => b - a));
    expect(maximalMarginalRelevance([], similarity, { k: 3 })).toEqual([]);
  });
});

test('what cannot be is refused', () => {
  expect(() => reciprocalRankFusion(rankings, { k: -1 })).toThrow('Expected `k` to be a number from 0');
  expect(() => reciprocalRankFusion(rankings, { weights: [1] })).toThrow('Expected `weights` to be 3 numbers, got 1');
  expect(() => weightedSum(rankings, [1, Number.NaN, 1])).toThrow('Expected `weights[1]`');
  expect(() => weightedSum(rankings, [1, 1, 1], { scale: 'z' as 'none' })).toThrow('Expected `scale`');
  expect(() => maximalMarginalRelevance([], () => 0, { k: 1.5 })).toThrow('Expected `k`');
  expect(() => maximalMarginalRelevance([], () => 0, { k: 1, lambda: 2 })).toThrow('Expected `lambda`');
});
