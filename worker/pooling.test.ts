import { expect, test } from 'vitest';
import { normalizeRow, pool } from './pooling';

// Two texts of three tokens, dimension 2.
const hidden = Float32Array.from([1, 2, 3, 4, 5, 6, 10, 20, 30, 40, 50, 60]);

test('cls takes the first token of each text', () => {
  expect([...pool(hidden, [3, 3], 'cls')]).toEqual([1, 2, 10, 20]);
});

test('mean takes all tokens of each text', () => {
  expect([...pool(hidden, [3, 3], 'mean')]).toEqual([3, 4, 30, 40]);
});

test('texts may be of different lengths', () => {
  expect([...pool(hidden, [1, 5], 'cls')]).toEqual([1, 2, 3, 4]);
  expect([...pool(hidden, [2, 4], 'mean')]).toEqual([2, 3, 23.75, 31.5]);
});

test('a normalised row has length 1, a row of zeros stays zero, NaN is not hidden', () => {
  const row = Float32Array.from([3, 4]);
  normalizeRow(row);
  expect(row[0]).toBeCloseTo(0.6, 6);
  expect(row[1]).toBeCloseTo(0.8, 6);
  const zero = new Float32Array(3);
  normalizeRow(zero);
  expect([...zero]).toEqual([0, 0, 0]);
  const broken = Float32Array.from([Number.NaN, 1]);
  normalizeRow(broken);
  expect([...broken].every(Number.isNaN)).toBe(true);
});
