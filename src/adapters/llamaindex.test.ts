import { join } from 'node:path';
import { Document, MetadataMode } from '@llamaindex/core/schema';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { goldensOf } from '../../e2e/goldens';
import { createEmbedder, type Embedder } from '../node/index';
import { BgeEmbedding } from './llamaindex';

const { queries, passages, scores } = goldensOf('bge-small-en-v1.5').similarity;
let embedder: Embedder;

beforeAll(async () => {
  embedder = await createEmbedder({ modelBase: join(import.meta.dirname, '../../public/models') });
}, 60_000);
afterAll(() => embedder.dispose());

test("nodes and queries have the reference's vectors, with the instruction before queries only", async () => {
  const bge = new BgeEmbedding({ embedder: () => embedder, embedBatchSize: 2 });
  const steps: number[] = [];
  const batched = await bge.getTextEmbeddingsBatch(passages, { progressCallback: (current) => steps.push(current) });
  expect(steps.length).toBe(2);
  const nodes = await bge(passages.map((text) => new Document({ text })));
  expect(nodes.map((node) => node.getContent(MetadataMode.NONE))).toEqual(passages);
  expect(nodes.map(({ embedding }) => embedding)).toEqual(batched);
  expect(await bge.getTextEmbedding(passages[0]!)).toEqual(batched[0]);
  for (const [q, text] of queries.entries()) {
    const vector = await bge.getQueryEmbedding({ type: 'text', text });
    for (const [p, score] of scores[q]!.entries())
      expect(Math.abs(bge.similarity(vector, batched[p]!) - score)).toBeLessThan(0.02);
  }
});

test('what is wrong is named', async () => {
  const bge = new BgeEmbedding({ embedder });
  const image = { type: 'image_url', image_url: { url: 'data:,' } } as const;
  await expect(bge.getQueryEmbedding(image)).rejects.toMatchObject({ name: 'WrongModelError' });
  await expect(bge.getTextEmbedding(7 as never)).rejects.toMatchObject({
    name: 'InvalidInputError',
    message: 'Expected `text` to be a string, got `7` (number)',
  });
  expect(() => new BgeEmbedding({ embedder, embedBatchSize: 0 })).toThrow('Expected `embedBatchSize`');
  expect(() => new BgeEmbedding({} as never)).toThrow('Expected `embedder` to be one with encodeCorpus()');
  const { signal } = { signal: AbortSignal.abort(new Error('no')) };
  await expect(new BgeEmbedding({ embedder, encodeOptions: { signal } }).getTextEmbedding('a')).rejects.toThrow('no');
});
