import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { best, byScore, type Scored } from './ranking';

const ranking = fc
  .uniqueArray(fc.nat(500))
  .chain((ids) =>
    fc.tuple(...ids.map((id) => fc.integer({ min: -5, max: 5 }).map((score): Scored => ({ id, score })))),
  );

test('the best are the first of all, in the same order whatever order they came in', () => {
  fc.assert(
    fc.property(ranking, fc.nat(60), (items, k) => {
      expect(best(items, k)).toEqual([...items].sort(byScore).slice(0, k));
      expect(best([...items].reverse(), Number.POSITIVE_INFINITY)).toEqual([...items].sort(byScore));
    }),
  );
});

test.each([-1, 1.5, Number.NaN])('a k of %s is refused', (k) => {
  expect(() => best([], k)).toThrow('Expected `k` to be an integer from 0');
});
