import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { evaluate, type Measures, type Qrels, similarityReport } from './index';

// Of pytrec_eval and SciPy; see make.py there.
const golden: {
  cuts: number[];
  qrels: Record<string, Record<string, number>>;
  run: Record<string, Record<string, number>>;
  expected: Record<string, Record<string, number>>;
  reports: { scores: number[]; gold: number[]; spearman: number; pearson: number }[];
} = JSON.parse(readFileSync(join(import.meta.dirname, '../../e2e/goldens/training/evaluation.json'), 'utf8'));

const near = (value: Measures, expected: Record<string, number>) => {
  expect(Object.keys(value).sort()).toEqual(Object.keys(expected).sort());
  for (const [name, number] of Object.entries(expected))
    expect((value as typeof expected)[name], name).toBeCloseTo(number, 12);
};

describe('the measures', () => {
  const options = { k: golden.cuts };

  test("are pytrec_eval's: ties, grades, missing queries, nothing found, nothing relevant", () => {
    const { queries, missing, unjudged, mean } = evaluate(golden.run, golden.qrels, options);
    const notRanked = Object.keys(golden.qrels).filter((id) => !(id in golden.expected));
    expect(notRanked).toEqual(['q11', 'nothing']);
    for (const [id, expected] of Object.entries(golden.expected)) near(queries[id]!, expected);
    for (const id of notRanked) expect(Object.values(queries[id]!).every((value) => value === 0)).toBe(true);
    expect([missing, unjudged]).toEqual([['q11'], ['unjudged']]);
    const all = Object.values(queries);
    for (const name of ['ndcg@10', 'map@3'] as const)
      expect(mean[name]).toBeCloseTo(all.reduce((sum, one) => sum + one[name]!, 0) / all.length, 14);
  });

  test('are the same for hits, for ids in order, and for scores by id', () => {
    const hits = Object.fromEntries(
      Object.entries(golden.run).map(([id, scores]) => [
        id,
        Object.entries(scores).map(([id, score]) => ({ id, score })),
      ]),
    );
    expect(evaluate(hits, golden.qrels, options)).toEqual(evaluate(golden.run, golden.qrels, options));
    const { queries } = evaluate({ a: ['z', 'y', 'x'] }, { a: { y: 1 } }, { k: 3 });
    expect(queries.a).toEqual({
      'ndcg@3': 1 / Math.log2(3),
      'mrr@3': 0.5,
      'recall@3': 1,
      'map@3': 0.5,
      'precision@3': 1 / 3,
    });
  });

  test('lie between 0 and 1, and the ideal order has 1', () => {
    const grades = fc.dictionary(fc.stringMatching(/^[a-z]{1,4}$/), fc.integer({ min: -1, max: 3 }), {
      minKeys: 1,
      maxKeys: 20,
    });
    fc.assert(
      fc.property(
        grades,
        fc.shuffledSubarray([...'abcdefghij']),
        fc.integer({ min: 1, max: 12 }),
        (judged, order, k) => {
          const qrels: Qrels = { q: judged };
          for (const value of Object.values(evaluate({ q: order }, qrels, { k }).mean)) {
            expect(value).toBeGreaterThanOrEqual(0);
            expect(value).toBeLessThanOrEqual(1 + 1e-12);
          }
          const ideal = Object.keys(judged).sort((a, b) => judged[b]! - judged[a]!);
          const best = evaluate({ q: ideal }, qrels, { k }).mean[`ndcg@${k}`];
          expect(best).toBeCloseTo(Object.values(judged).some((grade) => grade > 0) ? 1 : 0, 12);
        },
      ),
    );
  });
});

describe('the correlations', () => {
  test("are SciPy's", () => {
    for (const { scores, gold, spearman, pearson } of golden.reports) {
      const report = similarityReport(scores, gold);
      expect(report.spearman).toBeCloseTo(spearman, 12);
      expect(report.pearson).toBeCloseTo(pearson, 12);
      expect(report.pairs).toBe(scores.length);
    }
  });

  test('of a constant are NaN', () => {
    expect(similarityReport([1, 1, 1], [1, 2, 3])).toEqual({ spearman: Number.NaN, pearson: Number.NaN, pairs: 3 });
    expect(similarityReport(new Float32Array([0.1, 0.1]), [1, 2]).pearson).toBeNaN();
  });
});

test('what is wrong is named', () => {
  const wrong: [() => unknown, string][] = [
    [() => evaluate({}, {}), 'Expected `qrels` to be of one query at least, got none'],
    [
      () => evaluate({ a: [] }, { b: { x: 1 } }),
      'Expected `rankings` to be of the queries of `qrels`, such as `b`, got `a`',
    ],
    [
      () => evaluate({ a: ['x'] }, { a: { x: 1 } }, { k: 0 }),
      'Expected `k` to be an integer above 0, got `0` (number)',
    ],
    [
      () => evaluate({ a: ['x', 'x'] }, { a: { x: 1 } }),
      'Expected `rankings["a"]` to be without an id twice, got `x` twice',
    ],
    [
      () => evaluate({ a: { x: Number.NaN } }, { a: { x: 1 } }),
      'Expected `rankings["a"], score of x` to be a number, got `NaN` (number)',
    ],
    [
      () => evaluate({ a: [] }, { a: { x: Number.NaN } }),
      'Expected `qrels["a"]["x"]` to be a finite number, got `NaN` (number)',
    ],
    [
      () => evaluate({ a: ['x'] }, { a: { x: 1, gone: 1 } }, { corpusIds: ['x'] }),
      'Expected `qrels["a"]` to be of documents in `corpusIds`, got `gone`, which is not there',
    ],
    [() => similarityReport([1, 2], [1]), 'Expected `gold` to be as many numbers as scores, 2, got 1'],
    [() => similarityReport([1], [1]), 'Expected `scores` to be 2 numbers at least, got 1'],
    [() => similarityReport([1, Number.NaN], [1, 2]), 'Expected `scores[1]` to be a finite number, got `NaN` (number)'],
  ];
  for (const [call, message] of wrong)
    expect(call).toThrow(expect.objectContaining({ name: 'InvalidInputError', message }));
});
