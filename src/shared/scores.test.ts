import fc from 'fast-check';
import { expect, test } from 'vitest';
import { bestMatches, lateInteraction, lexicalMatch } from './scores.js';

test('the lexical score sums over common tokens', () => {
  const a = { ids: [5, 7, 9], weights: [0.5, 0.25, 1] };
  expect(lexicalMatch(a, { ids: [9, 5, 8], weights: [0.5, 2, 3] })).toBe(1.5);
  expect(lexicalMatch(a, { ids: [], weights: [] })).toBe(0);
});

test('late interaction is the mean over the query of the best inner products', () => {
  const matrix = fc.integer({ min: 1, max: 9 }).chain((dim) =>
    fc.record({
      dim: fc.constant(dim),
      query: fc.array(fc.array(fc.integer({ min: -9, max: 9 }), { minLength: dim, maxLength: dim }), {
        minLength: 1,
        maxLength: 5,
      }),
      passage: fc.array(fc.array(fc.integer({ min: -9, max: 9 }), { minLength: dim, maxLength: dim }), {
        minLength: 1,
        maxLength: 5,
      }),
    }),
  );
  fc.assert(
    fc.property(matrix, ({ dim, query, passage }) => {
      const products = query.map((q) => passage.map((p) => q.reduce((sum, value, d) => sum + value * p[d]!, 0)));
      const best = products.map((row) => Math.max(...row));
      const [q, p] = [Float32Array.from(query.flat()), Float32Array.from(passage.flat())];
      expect(bestMatches(q, p, dim)).toEqual(
        products.map((row, i) => ({ row: row.indexOf(best[i]!), score: best[i] })),
      );
      expect(lateInteraction(q, p, dim)).toBeCloseTo(best.reduce((a, b) => a + b) / best.length, 10);
    }),
  );
});
