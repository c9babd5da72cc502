import { readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Calibration, calibrate, MEASURED, relevanceOf, thresholdFor } from './calibration';

/** Scores of the embedded models on the FAQs in bench/eval, by `npm run eval -- --write`. */
const measured: Record<string, { noise: number[]; passageNoise: number[]; relevant: number[] }> = JSON.parse(
  readFileSync(new URL('../e2e/goldens/search/scores.json', import.meta.url), 'utf8'),
);
/** norm.isf(rate), and the root of prevalence·sf(z − 3.17) ÷ (prevalence·sf(z − 3.17) + (1 − prevalence)·sf(z)) − precision. */
const RATES = [
  [0.05, 1.6448536],
  [0.001, 3.0902323],
  [1e-6, 4.7534243],
] as const;
const PRECISIONS = [
  [0.9, 0.5, 1.236385],
  [0.9, 0.01, 3.28509],
  [0.5, 0.001, 3.327739],
  [0.99, 0.0001, 5.712926],
] as const;

const partAbove = (scores: readonly number[], threshold: number) =>
  scores.filter((score) => score >= threshold).length / scores.length;

describe.each(Object.entries(measured))('real scores of %s', (model, { noise, passageNoise, relevant }) => {
  const fitted = calibrate({ noise, relevant, pairs: 'query-passage' });

  test('the values in the package are those', () => {
    const { middle, deviation, separation, passageShift } = MEASURED[model]!;
    expect(fitted.middle).toBeCloseTo(middle, 2);
    expect(Math.abs(fitted.deviation / deviation - 1)).toBeLessThan(0.05);
    expect(Math.abs(fitted.separation / separation - 1)).toBeLessThan(0.05);
    const passages = calibrate({ noise: passageNoise, pairs: 'passage-passage' });
    expect(Math.abs(passages.middle - fitted.middle - passageShift)).toBeLessThan(0.01);
  });

  test('a threshold keeps the rate of false positives, and the precision, that was asked for', () => {
    for (const falsePositiveRate of [0.1, 0.05, 0.01]) {
      const rate = partAbove(noise, thresholdFor(fitted, { falsePositiveRate }));
      expect(rate).toBeGreaterThan(falsePositiveRate / 2);
      expect(rate).toBeLessThan(falsePositiveRate * 1.5);
    }
    for (const prevalence of [0.5, 0.1]) {
      const threshold = thresholdFor(fitted, { precision: 0.9, prevalence });
      const right = prevalence * partAbove(relevant, threshold);
      const wrong = (1 - prevalence) * partAbove(noise, threshold);
      expect(right / (right + wrong)).toBeGreaterThan(0.85);
      expect(right).toBeGreaterThan(0);
    }
  });

  test('a few passages alone place the scale nearly as well', () => {
    const few = passageNoise.filter((_, i) => i % 10 === 0);
    const placed = calibrate({ noise: few, pairs: 'passage-passage', model });
    expect(placed.separation).toBe(MEASURED[model]!.separation);
    expect(Math.abs(placed.middle - fitted.middle)).toBeLessThan(fitted.deviation / 4);
    const mean = (scores: readonly number[]) =>
      scores.reduce((sum, score) => sum + relevanceOf(placed, score), 0) / scores.length;
    expect(mean(noise)).toBeLessThan(0.3);
    expect(mean(relevant)).toBeGreaterThan(0.65);
  });
});

test('thresholds are those of SciPy 1.17.1', () => {
  const standard: Calibration = { middle: 0, deviation: 1, separation: 3.17 };
  for (const [falsePositiveRate, z] of RATES) expect(thresholdFor(standard, { falsePositiveRate })).toBeCloseTo(z, 5);
  for (const [precision, prevalence, z] of PRECISIONS)
    expect(thresholdFor(standard, { precision, prevalence })).toBeCloseTo(z, 5);
});

test('relevance rises with the score, is 0.5 in the middle of both kinds, and stays within 0 and 1', () => {
  const { separation } = MEASURED['BAAI/bge-small-en-v1.5']!;
  const calibration = { middle: 0.5, deviation: 0.07, separation };
  expect(relevanceOf(calibration, 0.5 + (0.07 * separation) / 2)).toBeCloseTo(0.5, 10);
  const score = fc.double({ min: -1, max: 1, noNaN: true });
  fc.assert(
    fc.property(score, score, (a, b) => {
      const [low, high] = [relevanceOf(calibration, Math.min(a, b)), relevanceOf(calibration, Math.max(a, b))];
      expect(low).toBeLessThanOrEqual(high);
      expect(low).toBeGreaterThanOrEqual(0);
      expect(high).toBeLessThanOrEqual(1);
    }),
  );
});

test('some relevant pairs among the random ones hardly move the scale', () => {
  const { noise, relevant } = measured['BAAI/bge-small-en-v1.5']!;
  const clean = calibrate({ noise, pairs: 'query-passage' });
  const mixed = calibrate({ noise: [...noise, ...relevant.slice(0, 40)], pairs: 'query-passage' });
  expect(Math.abs(mixed.middle - clean.middle)).toBeLessThan(0.005);
  expect(mixed.deviation / clean.deviation).toBeLessThan(1.15);
});

test('what cannot be fitted is refused by name', () => {
  const noise = Array.from({ length: 30 }, (_, i) => i / 100);
  const pairs = 'query-passage';
  expect(() => calibrate({ noise: noise.slice(1), pairs })).toThrow(
    'Expected `noise` to be 30 scores at least, got 29 scores',
  );
  expect(() => calibrate({ noise: noise.map(() => 0.7), pairs })).toThrow('scores that differ, got 30 times 0.7');
  expect(() => calibrate({ noise: [...noise, Number.NaN], pairs })).toThrow(
    'Expected `noise[30]` to be a finite number',
  );
  expect(() => calibrate({ noise, relevant: noise.map((s) => s - 1), pairs })).toThrow(
    'scores that are higher than random',
  );
  expect(() => calibrate({ noise, pairs: 'any' as 'query-passage' })).toThrow('Expected `pairs`');
  expect(calibrate({ noise, pairs, model: 'me/mine' }).separation).toBe(1.96);
  const calibration = calibrate({ noise, pairs });
  expect(() => thresholdFor(calibration, { falsePositiveRate: 0 })).toThrow('Expected `falsePositiveRate`');
  expect(() => thresholdFor(calibration, { precision: 0.9, prevalence: 1 })).toThrow('Expected `prevalence`');
});
