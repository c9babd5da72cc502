import fc from 'fast-check';
import { expect, test } from 'vitest';
import { longestFirst, nextBatch } from './batch';
import type { BatchLimits } from './engine/engine';

function makeBatches(lengths: number[], limits: BatchLimits): number[][] {
  const waiting = longestFirst(lengths);
  const batches: number[][] = [];
  while (waiting.length > 0) {
    const batch = nextBatch(waiting, lengths, limits);
    waiting.splice(0, batch.length);
    batches.push(batch);
  }
  return batches;
}

test('every text is in exactly one batch that the limits allow, longest first', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 2, max: 40 }), { maxLength: 200 }),
      fc.integer({ min: 1, max: 300 }),
      fc.integer({ min: 1, max: 20 }),
      fc.boolean(),
      (lengths, maxTokens, maxRows, equalLengths) => {
        const batches = makeBatches(lengths, { maxTokens, maxRows, equalLengths });
        expect(batches.flat().sort((a, b) => a - b)).toEqual([...lengths.keys()]);
        for (const batch of batches) {
          const tokens = batch.map((index) => lengths[index]!);
          if (equalLengths) expect(new Set(tokens).size).toBe(1);
          expect(batch.length).toBeLessThanOrEqual(maxRows);
          if (batch.length > 1) expect(tokens.reduce((a, b) => a + b)).toBeLessThanOrEqual(maxTokens);
        }
        const order = batches.flat().map((index) => lengths[index]!);
        expect(order).toEqual([...order].sort((a, b) => b - a));
      },
    ),
  );
});

test('the token budget is filled, by equal lengths or by any', () => {
  const limits = { maxTokens: 20, maxRows: 8 };
  expect(makeBatches([10, 10, 10, 10, 10], { ...limits, equalLengths: true })).toEqual([[0, 1], [2, 3], [4]]);
  expect(makeBatches([9, 10, 5, 6], { ...limits, equalLengths: false })).toEqual([
    [1, 0],
    [3, 2],
  ]);
});
