import { expect, test } from 'vitest';
import { ColbertEmbeddings, colbertScore } from './colbert.js';
import { lexicalScore, SparseEmbeddings } from './sparse.js';

const space = 'me/mine@main/fp32/cls-l2/0/2';

test('token vectors are read by text, whatever their format', () => {
  const offsets = Uint32Array.of(0, 2, 2, 3);
  const float32 = new ColbertEmbeddings({
    data: Float32Array.of(1, 0, 0.5, 0.5, 0, -1),
    scales: null,
    offsets,
    dim: 2,
    space,
  });
  const float16 = new ColbertEmbeddings({
    data: Uint16Array.of(0x3c00, 0, 0x3800, 0x3800, 0, 0xbc00),
    scales: null,
    offsets,
    dim: 2,
    space,
  });
  const int8 = new ColbertEmbeddings({
    data: Int8Array.of(100, 0, 50, 50, 0, -2),
    scales: Float32Array.of(0.01, 0.01, 0.5),
    offsets,
    dim: 2,
    space,
  });
  for (const colbert of [float32, float16, int8]) {
    expect(Array.from(colbert, ({ tokens }) => tokens)).toEqual([2, 0, 1]);
    for (const [i, value] of [1, 0, 0.5, 0.5].entries()) expect(colbert.row(0).data[i]).toBeCloseTo(value, 6);
    expect([...colbert.row(2).data]).toEqual([0, -1]);
    expect(() => colbert.row(3)).toThrow('an integer from 0 to 2');
  }
  expect([float32, float16, int8].map(({ format }) => format)).toEqual(['float32', 'float16', 'int8']);
});

test('vectors and weights of different models are not compared', () => {
  const row = (of: string, dim = 2) => ({ data: new Float32Array(dim), tokens: 1, dim, space: of });
  expect(colbertScore(row(space), row(space.replace('fp32', 'q8')))).toBe(0);
  expect(() => colbertScore(row(space), row('me/other@main/fp32/cls-l2/0/2'))).toThrow(
    'token vectors of me/mine with 2 dimensions, got me/other',
  );
  expect(() => colbertScore(row(space), row(space, 3))).toThrow('got me/mine with 3 dimensions');
  const weights = (of: string) => ({ ids: Uint32Array.of(4), weights: Float32Array.of(0.5), space: of });
  expect(lexicalScore(weights(space), weights(space))).toBe(0.25);
  expect(() => lexicalScore(weights(space), weights('me/other@main'))).toThrow('weights of me/mine, got me/other');
});

test('lexical weights are read by text, for machines and for people', () => {
  const sparse = new SparseEmbeddings({
    ids: Uint32Array.of(7, 5, 7),
    weights: Float32Array.of(0.5, 0.25, 1),
    offsets: Uint32Array.of(0, 2, 3),
    tokens: new Map([
      [5, 'bee'],
      [7, 'honey'],
    ]),
    space,
  });
  expect(sparse.row(0).toTokens()).toEqual([
    { id: 7, token: 'honey', weight: 0.5 },
    { id: 5, token: 'bee', weight: 0.25 },
  ]);
  expect(Array.from(sparse, ({ ids }) => [...ids])).toEqual([[7, 5], [7]]);
  expect(() => sparse.row(2)).toThrow('an integer from 0 to 1');
});
