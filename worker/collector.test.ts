import { expect, test } from 'vitest';
import { Collector } from './collector';

const ids = (length: number) => new Int32Array(length);
const heads = { dense: true, sparse: true, colbert: 'float32' } as const;
const textOf = (id: number) => `t${id}`;

test('pieces in any order make one result a text', () => {
  const pieces = [
    { ids: ids(3), text: 0 },
    { ids: ids(4), text: 1 },
    { ids: ids(2), text: 1 },
    { ids: ids(3), text: 2 },
  ];
  const collector = new Collector(3, pieces, heads, 2, true);
  const colbert = (rows: number, value: number) => new Float32Array(rows * 2).fill(value);
  collector.put(2, { dense: Float32Array.of(0, 1), sparse: new Map([[7, 0.5]]), colbert: colbert(1, 2) });
  collector.put(3, { dense: Float32Array.of(0.6, 0.8), sparse: new Map(), colbert: colbert(2, 3) });
  collector.put(1, {
    dense: Float32Array.of(1, 0),
    sparse: new Map([
      [7, 0.25],
      [9, 1],
    ]),
    colbert: colbert(3, 1),
  });
  collector.put(0, { dense: Float32Array.of(-1, 0), sparse: new Map([[5, 1]]), colbert: colbert(2, 0) });
  const { dense, sparse, colbert: tokens, tokenCounts } = collector.finish(textOf);
  const mean = [4 / Math.hypot(4, 2), 2 / Math.hypot(4, 2)];
  expect([...dense!].map((value) => value.toFixed(6))).toEqual(
    [-1, 0, ...mean, Math.fround(0.6), Math.fround(0.8)].map((value) => value.toFixed(6)),
  );
  // One piece: the very same numbers.
  expect([...dense!.subarray(4)]).toEqual([Math.fround(0.6), Math.fround(0.8)]);
  expect([...tokenCounts]).toEqual([3, 6, 3]);
  expect({ ids: [...sparse!.ids], weights: [...sparse!.weights], offsets: [...sparse!.offsets] }).toEqual({
    ids: [5, 7, 9],
    weights: [1, 0.5, 1],
    offsets: [0, 1, 3, 3],
  });
  expect(sparse!.tokens.get(9)).toBe('t9');
  expect([...tokens!.offsets]).toEqual([0, 2, 6, 8]);
  expect([...tokens!.data]).toEqual([0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 2, 2, 3, 3, 3, 3]);
});

test('without normalising, a text of several pieces has their weighted mean', () => {
  const pieces = [
    { ids: ids(3), text: 0 },
    { ids: ids(1), text: 0 },
  ];
  const collector = new Collector(1, pieces, { dense: true, sparse: false, colbert: null }, 1, false);
  collector.put(0, { dense: Float32Array.of(4) });
  collector.put(1, { dense: Float32Array.of(8) });
  expect(collector.finish(textOf)).toMatchObject({ dense: Float32Array.of(5), sparse: null, colbert: null });
});

test('no texts make empty results', () => {
  const { dense, sparse, colbert } = new Collector(0, [], heads, 2, true).finish(textOf);
  expect([
    dense!.length,
    sparse!.ids.length,
    [...sparse!.offsets],
    colbert!.data.length,
    [...colbert!.offsets],
  ]).toEqual([0, 0, [0], 0, [0]]);
});
