import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Batch, type BatchLimits, longestFirst, nextBatch } from './batch';

function makeBatches(lengths: number[], limits: BatchLimits): Batch[] {
  const order = longestFirst(lengths);
  const batches: Batch[] = [];
  for (let at = 0; at < order.length; at += batches.at(-1)!.indices.length)
    batches.push(nextBatch(order, lengths, at, limits));
  return batches;
}

test('every text is in exactly one batch, with texts of its own length only', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 2, max: 40 }), { maxLength: 200 }),
      fc.integer({ min: 1, max: 300 }),
      fc.integer({ min: 1, max: 20 }),
      (lengths, maxTokens, maxRows) => {
        const batches = makeBatches(lengths, { maxTokens, maxRows });
        expect(batches.flatMap((batch) => batch.indices).sort((a, b) => a - b)).toEqual([...lengths.keys()]);
        for (const { length, indices } of batches) {
          expect(indices.every((index) => lengths[index] === length)).toBe(true);
          expect(indices.length).toBeLessThanOrEqual(maxRows);
          if (indices.length > 1) expect(indices.length * length).toBeLessThanOrEqual(maxTokens);
        }
        const order = batches.map((batch) => batch.length);
        expect(order).toEqual([...order].sort((a, b) => b - a));
      },
    ),
  );
});

test('equal lengths fill the token budget', () => {
  expect(makeBatches([10, 10, 10, 10, 10], { maxTokens: 20, maxRows: 8 }).map((batch) => batch.indices)).toEqual([
    [0, 1],
    [2, 3],
    [4],
  ]);
});
