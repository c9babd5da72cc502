import { expect, test } from 'vitest';
import { fromFloat16 } from '../../src/shared/float16';
import { ColbertRows, tokenVectors } from './colbert';
import { lexicalWeights, mergeWeights } from './sparse';

test('token vectors are cut first and have length 1 then', () => {
  expect(
    [...tokenVectors(Float32Array.of(3, 4, 9, 0, 0, 5), 2, 2)].map((value) => Math.round(value * 1e6) / 1e6),
  ).toEqual([0.6, 0.8, 0, 0]);
});

test('rows lie at their own place, in the format that was asked for', () => {
  const offsets = Uint32Array.of(0, 1, 3);
  const [first, second] = [Float32Array.of(0.6, -0.8), Float32Array.of(1, 0, 0, 0)];
  const of = (format: 'float32' | 'float16' | 'int8') => {
    const rows = new ColbertRows(offsets, 2, format);
    rows.put(1, second);
    rows.put(0, first);
    return rows;
  };
  expect([...of('float32').data]).toEqual([...first, ...second]);
  for (const [i, bits] of of('float16').data.entries())
    expect(fromFloat16(bits)).toBeCloseTo([...first, ...second][i]!, 3);
  const int8 = of('int8');
  expect([...int8.data]).toEqual([95, -127, 127, 0, 0, 0]);
  expect([...int8.scales!].map((scale) => Math.round(scale * 127 * 1e6) / 1e6)).toEqual([0.8, 1, 0]);
});

test('a token has its highest weight, in the order of the first one above 0; special tokens have none', () => {
  const weights = lexicalWeights(
    Int32Array.of(0, 8, 5, 7, 5, 7, 2),
    Float32Array.of(9, 0, 0.5, 0, 0.75, 0.25, 9),
    new Set([0, 2]),
  );
  expect([...weights]).toEqual([
    [5, 0.75],
    [7, 0.25],
  ]);
  expect([
    ...mergeWeights([
      weights,
      new Map([
        [9, 1],
        [5, 0.5],
        [7, 2],
      ]),
    ]),
  ]).toEqual([
    [5, 0.75],
    [7, 2],
    [9, 1],
  ]);
});
