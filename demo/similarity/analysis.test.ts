import { expect, test } from 'vitest';
import { linesOf } from '../shared/lines';
import { bestMatches, type Comparison, clusters, nearDuplicates, oneToOne } from './analysis';
import { aboveNormal, calibrate, chanceOf, firstThreshold } from './calibration';
import stored from './communities.json';
import { column, columnsOf } from './lists';

/** A comparison with the scores that are given, each pair once; a text scores 1 with itself. */
function compared(texts: string[], first: number, pairs: Record<string, number>): Comparison {
  const scores = new Float32Array(texts.length ** 2);
  for (const [i, a] of texts.entries())
    for (const [j, b] of texts.entries())
      scores[i * texts.length + j] = a === b ? 1 : (pairs[a + b] ?? pairs[b + a] ?? 0);
  return { texts, first, scores };
}

/** The same numbers each time: the generator of Park and Miller. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 16807) % 2147483647;
    return state / 2147483647;
  };
}

const names = (comparison: Comparison, pairs: readonly { a: number; b: number }[]) =>
  pairs.map(({ a, b }) => comparison.texts[a]! + comparison.texts[b]!).join(' ');

const two = compared(['a', 'b', 'c', 'X', 'Y'], 3, { aX: 0.9, bX: 0.8, bY: 0.7, cX: 0.6, cY: 0.1, ab: 0.95, XY: 0.5 });

test('the best match of each line, of the other list, or of the rest of its own', () => {
  expect(names(two, bestMatches(two))).toBe('aX bX cX');
  const one = compared(['a', 'b', 'c'], 3, { ab: 0.2, ac: 0.3 });
  expect(names(one, bestMatches(one))).toBe('ac ba ca');
});

test('one to one: the best pair first, no line twice, nothing below the threshold', () => {
  expect(names(two, oneToOne(two, 0.5))).toBe('aX bY');
  expect(names(two, oneToOne(two, 0.75))).toBe('aX');
  expect(oneToOne(two, 0.99)).toEqual([]);
});

test('one to one takes what sorting all pairs takes', () => {
  const random = randomFrom(1);
  const texts = Array.from({ length: 45 }, (_, i) => String(i));
  const scores = Float32Array.from({ length: 45 * 45 }, random);
  const comparison = { texts, first: 25, scores };
  const all = [];
  for (let a = 0; a < 25; a++) for (let b = 25; b < 45; b++) all.push({ a, b, score: scores[a * 45 + b]! });
  const used = new Set<number>();
  const expected = all
    .sort((x, y) => y.score - x.score)
    .filter(({ a, b, score }) => {
      if (score < 0.8 || used.has(a) || used.has(b)) return false;
      used.add(a).add(b);
      return true;
    });
  expect(oneToOne(comparison, 0.8)).toEqual(expected.sort((x, y) => x.a - y.a));
});

test('near-duplicates are of one list', () => {
  expect(names(two, nearDuplicates(two, 0.5))).toBe('ab XY');
  expect(names(two, nearDuplicates(two, 0.9))).toBe('ab');
});

test('clusters are those of sentence-transformers', () => {
  const rows = stored.vectors.map((row) => row.map((value) => value / Math.hypot(...row)));
  const scores = Float32Array.from(rows.flatMap((a) => rows.map((b) => a.reduce((sum, v, d) => sum + v * b[d]!, 0))));
  const comparison = { texts: rows.map((_, i) => String(i)), first: 20, scores };
  for (const [threshold, communities] of Object.entries(stored.communities))
    expect(clusters(comparison, Number(threshold))).toEqual(communities);
});

test('the normal tail is SciPy’s', () => {
  // scipy.stats.norm.sf, SciPy 1.17.1
  const stored = {
    '-2': 0.9772498680518208,
    0: 0.5,
    1: 0.15865525393145707,
    2.3263: 0.01000127601679861,
    4: 3.167124183311986e-5,
  };
  for (const [z, tail] of Object.entries(stored)) expect(aboveNormal(Number(z)) / tail).toBeCloseTo(1, 6);
});

test('calibration: the odds are those of the pairs within the lists; a few duplicates among them do little', () => {
  const texts = Array.from({ length: 60 }, (_, i) => `line ${i}`);
  const scores = new Float32Array(3600);
  // Normal scores, 0.4 ± 0.08, by the sum of twelve uniform ones.
  const random = randomFrom(3);
  for (let i = 0; i < 60; i++)
    for (let j = i; j < 60; j++) {
      let sum = -6;
      for (let k = 0; k < 12; k++) sum += random();
      scores[i * 60 + j] = scores[j * 60 + i] = i === j ? 1 : 0.4 + 0.08 * sum;
    }
  const plain = calibrate({ texts, first: 30, scores })!;
  expect(plain.noise.length).toBe(870);
  expect(plain.middle).toBeCloseTo(0.4, 1);
  const rate = plain.noise.filter((score) => score >= 0.5).length / 870;
  expect(Math.abs(chanceOf(plain, 0.5) - rate)).toBeLessThan(0.02);
  for (let i = 0; i < 4; i++) scores[i * 60 + i + 1] = scores[(i + 1) * 60 + i] = 0.97;
  const comparison = { texts, first: 30, scores };
  const threshold = firstThreshold(comparison, calibrate(comparison));
  expect(threshold).toBeGreaterThan(0.55);
  expect(threshold).toBeLessThan(0.68);
});

test('calibration: too few lines, or all the same, tell nothing', () => {
  expect(calibrate(two)).toBeNull();
  const texts = Array.from({ length: 20 }, (_, i) => String(i));
  expect(calibrate({ texts, first: 20, scores: new Float32Array(400).fill(0.5) })).toBeNull();
});

test('a table’s cells may be quoted, and hold separators, quotes and line breaks', () => {
  const columns = columnsOf('\uFEFFname,said\r\n"Ann, the first","She said ""no"",\nand left"\r\nBob,\r\n')!;
  expect(columns.names).toEqual(['name', 'said']);
  expect(column(columns, 0, true)).toEqual(['Ann, the first', 'Bob']);
  expect(column(columns, 1, true)).toEqual(['She said "no", and left']);
  expect(column(columnsOf('a;b\nc;d')!, 1, false)).toEqual(['b', 'd']);
  expect(columnsOf('only\none column')).toBeNull();
  expect(linesOf(' a \r\n\n b')).toEqual(['a', 'b']);
});
