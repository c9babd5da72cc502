import { expect, test } from 'vitest';
import { Embeddings, similarity } from './embeddings.js';

const make = (rows: number[][], space = 'BAAI/a@main/q8/cls-l2/0/2') =>
  new Embeddings({
    data: Float32Array.from(rows.flat()),
    dim: rows[0]?.length ?? 2,
    tokenCounts: new Uint32Array(rows.length),
    truncated: new Uint8Array(rows.length),
    space,
  });

test('rows are views, in order, and nothing else can be asked for', () => {
  const embeddings = make([
    [1, 2],
    [3, 4],
  ]);
  expect(embeddings.rows).toBe(2);
  expect([...embeddings].map((row) => [...row])).toEqual([
    [1, 2],
    [3, 4],
  ]);
  embeddings.row(1)[0] = 7;
  expect(embeddings.data[2]).toBe(7);
  for (const wrong of [-1, 2, 0.5, Number.NaN]) expect(() => embeddings.row(wrong)).toThrow('an integer from 0 to 1');
});

test('similarity is the matrix product of queries and passages', () => {
  const scores = similarity(
    make([
      [1, 0],
      [0, 2],
    ]),
    make([
      [3, 4],
      [5, 6],
      [7, 8],
    ]),
  );
  expect(scores.map((row) => [...row])).toEqual([
    [3, 5, 7],
    [8, 12, 16],
  ]);
  expect(similarity(make([]), make([[1, 2]]))).toEqual([]);
});

test('what is no embeddings is named', () => {
  const one = make([[1, 0]]);
  // biome-ignore lint/suspicious/noExplicitAny: wrong on purpose
  const of = (queries: any, passages: any) => () => similarity(queries, passages);
  expect(of(Promise.resolve(one), one)).toThrow('Expected `queries` to be embeddings, got an object (Promise)');
  expect(of(one, one.row(0))).toThrow('`passages` to be embeddings, got an object (Float32Array)');
  expect(of(one, undefined)).toThrow('`passages` to be embeddings, got `undefined`');
});

test('vectors of different models or dimensions are not compared', () => {
  expect(() => similarity(make([[1, 0]]), make([[1, 0]], 'BAAI/b@main/q8/cls-l2/0/2'))).toThrow('embeddings of BAAI/a');
  expect(() => similarity(make([[1, 0]]), make([[1, 0, 0]]))).toThrow('2 dimensions');
  expect(similarity(make([[1, 0]]), make([[1, 0]], 'BAAI/a@main/fp32/cls-l2/9/2'))).toHaveLength(1);
});
