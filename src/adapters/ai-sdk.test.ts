import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cosineSimilarity, embed, embedMany, rerank } from 'ai';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { cosine, goldensOf } from '../../e2e/goldens';
import { unpackTinyModels } from '../../e2e/tiny-models';
import { createEmbedder, createReranker, type Embedder, type Reranker, registerModel } from '../node/index';
import { embeddingModels, rerankingModel } from './ai-sdk';

const modelBase = join(import.meta.dirname, '../../public/models');
const goldens = goldensOf('bge-small-en-v1.5');
let embedder: Embedder;
let reranker: Reranker;
let tiny: string;

beforeAll(async () => {
  globalThis.AI_SDK_LOG_WARNINGS = false;
  embedder = await createEmbedder({ modelBase });
  tiny = mkdtempSync(join(tmpdir(), 'bge-web-ai-'));
  unpackTinyModels(join(tiny, 'tiny'));
  const { id } = registerModel({ id: 'tiny/bge-reranker', task: 'rerank', maxLength: 8192 });
  reranker = await createReranker({ model: id, modelBase: tiny, dtype: 'fp32' });
}, 60_000);
afterAll(() => {
  embedder.dispose();
  reranker.dispose();
  rmSync(tiny, { recursive: true });
});

const failure = (work: Promise<unknown>) =>
  work.then(
    () => null,
    (error) => error,
  );

test("embed and embedMany give the reference's vectors, with the instruction before queries only", {
  timeout: 120_000,
}, async () => {
  const models = embeddingModels(embedder);
  const cases = goldens.cases.filter(({ token_count }) => token_count < 60);
  const ofQueries = cases.filter(({ kind }) => kind === 'encodeQueries');
  const ofPassages = cases.filter(({ kind }) => kind !== 'encodeQueries');
  expect([ofQueries.length, ofPassages.length]).toEqual([11, 27]);
  for (const [model, side] of [
    [models.query, ofQueries],
    [models.passage, ofPassages],
  ] as const) {
    const { embeddings, usage, warnings, providerMetadata } = await embedMany({
      model,
      values: side.map(({ text }) => text),
    });
    for (const [i, { text, embedding }] of side.entries())
      expect(cosine(embeddings[i]!, embedding), text).toBeGreaterThan(0.996);
    expect(usage.tokens).toBe(side.reduce((sum, { token_count }) => sum + token_count, 0));
    expect(warnings).toEqual([]);
    expect(providerMetadata).toEqual({ bge: { space: embedder.info.space } });
  }
  const { text, embedding, token_count } = ofQueries[0]!;
  const byOption = await embed({ model: models.passage, value: text, providerOptions: { bge: { input: 'query' } } });
  expect(cosine(byOption.embedding, embedding)).toBeGreaterThan(0.996);
  expect(byOption.usage.tokens).toBe(token_count);
  expect(models.query.modelId).toBe('BAAI/bge-small-en-v1.5');
});

test("the scores are the reference's", async () => {
  const { queries, passages, scores } = goldens.similarity;
  const models = embeddingModels(async () => embedder);
  expect(models.query.modelId).toBe('bge');
  const { embeddings } = await embedMany({ model: models.passage, values: passages });
  for (const [q, value] of queries.entries()) {
    const { embedding } = await embed({ model: models.query, value });
    for (const [p, score] of scores[q]!.entries())
      expect(Math.abs(cosineSimilarity(embedding, embeddings[p]!) - score)).toBeLessThan(0.02);
  }
  expect(models.passage.modelId).toBe('BAAI/bge-small-en-v1.5');
});

test('what was cut is in the warnings', async () => {
  const values = ['short', ...Array.from({ length: 6 }, (_, i) => `${'word '.repeat(20)}${i}`)];
  const { warnings, usage } = await embedMany({
    model: embeddingModels(embedder).passage,
    values,
    providerOptions: { bge: { maxLength: 8 } },
  });
  const message = 'Cut to 8 tokens: values[1], values[2], values[3], values[4], values[5] and 1 more';
  expect(warnings).toEqual([{ type: 'other', message }]);
  expect(usage.tokens).toBe(3 + 6 * 8);
});

test('fewer dimensions are the first ones, of length 1', async () => {
  const { passage } = embeddingModels(embedder);
  const [whole, cut] = await Promise.all([
    passage.doEmbed({ values: ['Bees make honey.'] }),
    passage.doEmbed({ values: ['Bees make honey.'], dimensions: 64 }),
  ]);
  expect(cut.embeddings[0]!.length).toBe(64);
  expect(Math.hypot(...cut.embeddings[0]!)).toBeCloseTo(1, 6);
  expect(cosine(cut.embeddings[0]!, whole.embeddings[0]!.slice(0, 64))).toBeCloseTo(1, 6);
  expect(cut.providerMetadata!.bge!.space).not.toBe(whole.providerMetadata!.bge!.space);
  expect((await failure(Promise.resolve(passage.doEmbed({ values: ['a'], dimensions: 385 })))).message).toContain(
    'Expected `dimensions` to be an integer from 1 to 384',
  );
});

test('rerank orders as the reranker does', async () => {
  const { queries, passages } = goldens.similarity;
  const model = rerankingModel(reranker);
  const query = queries[0]!;
  const expected = await reranker.rank(query, passages, { normalize: true });
  const { ranking } = await rerank({ model, query, documents: passages });
  expect(ranking).toEqual(
    expected.map(({ index, score }) => ({ originalIndex: index, score, document: passages[index] })),
  );
  const { rerankedDocuments } = await rerank({ model, query, documents: passages, topN: 1 });
  expect(rerankedDocuments).toEqual([passages[expected[0]!.index]]);
  const logits = await rerank({ model, query, documents: passages, providerOptions: { bge: { normalize: false } } });
  expect(logits.ranking.map(({ score }) => score)).toEqual(
    (await reranker.rank(query, passages)).map(({ score }) => score),
  );
  const documents = passages.map((text) => ({ text }));
  const asJson = await reranker.rank(
    query,
    documents.map((one) => JSON.stringify(one)),
    { normalize: true },
  );
  const ofObjects = await model.doRerank({ query, documents: { type: 'object', values: documents } });
  expect(ofObjects.ranking).toEqual(asJson.map(({ index, score }) => ({ index, relevanceScore: score })));
  expect(ofObjects.warnings).toEqual([
    { type: 'compatibility', feature: 'object documents', details: 'Read as JSON.' },
  ]);
});

test('a signal ends the call, in mid-work too', async () => {
  const { passage } = embeddingModels(embedder);
  const values = Array.from({ length: 2000 }, (_, i) => `text ${i} of many, all about the tides`);
  const controller = new AbortController();
  setTimeout(() => controller.abort(new Error('enough')), 100);
  const begun = performance.now();
  await expect(embedMany({ model: passage, values, abortSignal: controller.signal })).rejects.toThrow('enough');
  expect(performance.now() - begun).toBeLessThan(1500);
  const abortSignal = AbortSignal.abort(new Error('no'));
  const documents = goldens.similarity.passages;
  await expect(rerank({ model: rerankingModel(reranker), query: 'a', documents, abortSignal })).rejects.toThrow('no');
  expect((await embed({ model: passage, value: 'and goes on' })).embedding.length).toBe(384);
});

test('what is wrong is named, and not tried again', async () => {
  const { passage } = embeddingModels(embedder);
  const byOptions = (bge: object) =>
    failure(embed({ model: passage, value: 'a', providerOptions: { bge: bge as Record<string, string> } }));
  for (const [options, message] of [
    [{ input: 'document' }, "Expected `providerOptions.bge.input` to be 'query' or 'passage', got `document` (string)"],
    [{ inputs: 'query' }, 'Expected `providerOptions.bge` to be of input, maxLength, overflow, got `inputs`'],
    [{ maxLength: 1 }, 'Expected `maxLength`'],
  ] as const) {
    const error = await byOptions(options);
    expect(error).toMatchObject({ name: 'InvalidInputError' });
    expect(error.message).toContain(message);
  }
  expect(await failure(embedMany({ model: passage, values: ['a', 7 as never] }))).toMatchObject({
    name: 'InvalidInputError',
    message: 'Expected `values[1]` to be a string, got `7` (number)',
  });
  expect(() => embeddingModels(reranker as never)).toThrow('Expected `embedder` to be one with encodeCorpus()');
  expect(() => rerankingModel(undefined as never)).toThrow('Expected `reranker` to be one with rank()');
});
