import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DocumentInterface, Document as LangChainDocument } from '@langchain/core/documents';
import { StringOutputParser } from '@langchain/core/output_parsers';
import { ChatPromptTemplate } from '@langchain/core/prompts';
import { RunnablePassthrough, RunnableSequence } from '@langchain/core/runnables';
import { FakeListChatModel } from '@langchain/core/utils/testing';
import { VectorStore } from '@langchain/core/vectorstores';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { cosine, goldensOf } from '../../e2e/goldens';
import { unpackTinyModels } from '../../e2e/tiny-models';
import { createEmbedder, createIndex, createReranker, type Embedder, registerModel } from '../node/index';
import { BgeEmbeddings, BgeReranker, BgeVectorStore } from './langchain';
import { documentOf, idOf, metadataOf } from './langchain-documents';

const modelBase = join(import.meta.dirname, '../../public/models');
const goldens = goldensOf('bge-small-en-v1.5');
let embedder: Embedder;
let tiny: string;

beforeAll(async () => {
  embedder = await createEmbedder({ modelBase });
  tiny = mkdtempSync(join(tmpdir(), 'bge-web-langchain-'));
  unpackTinyModels(join(tiny, 'tiny'));
  registerModel({ id: 'tiny/bge-reranker', task: 'rerank', maxLength: 8192 });
}, 60_000);
afterAll(() => {
  embedder.dispose();
  rmSync(tiny, { recursive: true });
});

const failure = (work: Promise<unknown>) =>
  work.then(
    () => null,
    (error) => error,
  );

/** The plainest store that LangChain's own classes work with. */
class Memory extends VectorStore {
  readonly #rows: { vector: number[]; document: DocumentInterface }[] = [];
  _vectorstoreType(): string {
    return 'memory';
  }
  async addVectors(vectors: number[][], documents: DocumentInterface[]): Promise<void> {
    this.#rows.push(...vectors.map((vector, i) => ({ vector, document: documents[i]! })));
  }
  async addDocuments(documents: DocumentInterface[]): Promise<void> {
    const vectors = await this.embeddings.embedDocuments(documents.map(({ pageContent }) => pageContent));
    await this.addVectors(vectors, documents);
  }
  async similaritySearchVectorWithScore(query: number[], k: number): Promise<[DocumentInterface, number][]> {
    const scored = this.#rows.map(({ vector, document }): [DocumentInterface, number] => [
      document,
      vector.reduce((sum, value, d) => sum + value * query[d]!, 0),
    ]);
    return scored.sort((a, b) => b[1] - a[1]).slice(0, k);
  }
}

test("embeddings are the reference's, with the instruction before queries only", { timeout: 120_000 }, async () => {
  const embeddings = new BgeEmbeddings({ embedder });
  const cases = goldens.cases.filter(({ token_count }) => token_count < 60);
  const queries = cases.filter(({ kind }) => kind === 'encodeQueries');
  const passages = cases.filter(({ kind }) => kind !== 'encodeQueries');
  expect([queries.length, passages.length]).toEqual([11, 27]);
  for (const { text, embedding } of queries)
    expect(cosine(await embeddings.embedQuery(text), embedding), text).toBeGreaterThan(0.996);
  const vectors = await embeddings.embedDocuments(passages.map(({ text }) => text));
  for (const [i, { text, embedding }] of passages.entries())
    expect(cosine(vectors[i]!, embedding), text).toBeGreaterThan(0.996);
  expect(await embeddings.embedDocuments([])).toEqual([]);
});

test("a retrieval chain finds what the reference's scores say", async () => {
  const { queries, passages, scores } = goldens.similarity;
  const store = new Memory(new BgeEmbeddings({ embedder: async () => embedder }), {});
  await store.addDocuments(passages.map((pageContent) => new LangChainDocument({ pageContent })));
  const prompts: string[] = [];
  const chain = RunnableSequence.from([
    {
      context: store.asRetriever(1).pipe((found: DocumentInterface[]) => found.map((one) => one.pageContent).join()),
      question: new RunnablePassthrough(),
    },
    ChatPromptTemplate.fromTemplate('By {context}: {question}'),
    (prompt: { toString(): string }) => {
      prompts.push(prompt.toString());
      return prompt;
    },
    new FakeListChatModel({ responses: queries.map((query) => `to ${query}`) }),
    new StringOutputParser(),
  ]);
  for (const [q, query] of queries.entries()) {
    expect(await chain.invoke(query)).toBe(`to ${query}`);
    const best = passages[scores[q]!.indexOf(Math.max(...scores[q]!))];
    expect(prompts[q]).toContain(`By ${best}: ${query}`);
    for (const [{ pageContent }, score] of await store.similaritySearchWithScore(query, 3))
      expect(Math.abs(score - scores[q]![passages.indexOf(pageContent)]!)).toBeLessThan(0.02);
  }
});

test('the model is made at the first call, once, and again if that failed', async () => {
  let made = 0;
  const embeddings = new BgeEmbeddings({
    embedder: () => {
      if (made++ === 0) throw new Error('no network');
      return embedder;
    },
  });
  expect(made).toBe(0);
  await expect(embeddings.embedQuery('bees')).rejects.toThrow('no network');
  await Promise.all([embeddings.embedQuery('bees'), embeddings.embedDocuments(['bees'])]);
  expect(made).toBe(2);
});

test('what is wrong is named, and a signal ends the call', async () => {
  expect(() => new BgeEmbeddings({} as never)).toThrow('Expected `embedder` to be one with encodeCorpus()');
  expect(() => new BgeEmbeddings(null as never)).toThrow('Expected `params` to be an object');
  expect(() => new BgeReranker({ reranker: embedder } as never)).toThrow('Expected `reranker` to be one with rank()');
  const embeddings = new BgeEmbeddings({ embedder });
  expect(await failure(embeddings.embedQuery(7 as never))).toMatchObject({
    name: 'InvalidInputError',
    message: 'Expected `document` to be a string, got `7` (number)',
  });
  expect((await failure(embeddings.embedDocuments(['a', null as never]))).message).toContain('`documents[1]`');
  const strict = new BgeEmbeddings({ embedder, encodeOptions: { overflow: 'error', maxLength: 8 } });
  expect(await failure(strict.embedQuery('a'.repeat(100)))).toMatchObject({ name: 'TextTooLongError' });
  const ended = new BgeEmbeddings({ embedder, encodeOptions: { signal: AbortSignal.abort(new Error('enough')) } });
  await expect(ended.embedQuery('bees')).rejects.toThrow('enough');
});

test('the compressor orders as the reranker does, and keeps the best', async () => {
  const reranker = await createReranker({ model: 'tiny/bge-reranker', modelBase: tiny, dtype: 'fp32' });
  const { queries, passages } = goldens.similarity;
  const documents = passages.map(
    (pageContent, i) => new LangChainDocument({ pageContent, metadata: { i }, id: `${i}` }),
  );
  const expected = await reranker.rank(queries[0]!, passages, { normalize: true, topK: 2 });
  const found = await new BgeReranker({ reranker, topN: 2 }).compressDocuments(documents, queries[0]!);
  expect(found.map(({ id, metadata }) => [id, metadata])).toEqual(
    expected.map(({ index, score }) => [`${index}`, { i: index, relevanceScore: score }]),
  );
  expect(documents[0]!.metadata).toEqual({ i: 0 });
  const logits = await new BgeReranker({ reranker, normalize: false }).compressDocuments(documents, queries[0]!);
  expect(logits.map(({ metadata }) => metadata.relevanceScore)).toEqual(
    (await reranker.rank(queries[0]!, passages)).map(({ score }) => score),
  );
  const wrong = new BgeReranker({ reranker, topN: 0 }).compressDocuments(documents, queries[0]!);
  expect(await failure(wrong)).toMatchObject({ name: 'InvalidInputError' });
});

test('metadata comes back as it was, whatever a field can hold', async () => {
  const metadata = {
    ...{ title: 'Bees', tags: ['garden'], date: 3, page: 4, draft: false, note: null },
    ...{ id: 'theirs', text: 'theirs', format: 'pdf', metadata: 'theirs', url: 7, loc: { lines: { from: 1, to: 2 } } },
  };
  const document = documentOf({ pageContent: 'Bees make honey.', metadata }, 'bees', 0);
  expect(document).toMatchObject({ id: 'bees', text: 'Bees make honey.', title: 'Bees', page: 4, draft: false });
  expect(document.format).toBeUndefined();
  const { text, ...stored } = document;
  expect(metadataOf(stored)).toEqual(metadata);
  const one = new LangChainDocument({ pageContent: text, metadata: { page: 1 } });
  expect(await idOf(one, 0)).toMatch(/^[0-9a-f]{32}$/);
  expect(await idOf(one, 0)).toBe(await idOf(new LangChainDocument({ ...one }), 5));
  expect(await idOf(one, 0)).not.toBe(await idOf(new LangChainDocument({ pageContent: text }), 0));
  expect(() => documentOf({ pageContent: '', metadata: { big: 1n } }, 'a', 3)).toThrow('`documents[3].metadata`');
  expect(() => new BgeVectorStore(new BgeEmbeddings({ embedder }), {} as never)).toThrow(
    'Expected `index` to be one with',
  );
});

test('a chain retrieves from our index, which keeps documents as they were', { timeout: 60_000 }, async () => {
  const { queries, passages, scores } = goldens.similarity;
  const index = await createIndex({ embedder });
  const embeddings = new BgeEmbeddings({ embedder });
  const metadatas = passages.map((_, i) => ({ page: i, loc: { lines: { from: i, to: i + 1 } } }));
  const store = await BgeVectorStore.fromTexts(passages, metadatas, embeddings, { index, search: { mode: 'dense' } });
  const chain = RunnableSequence.from([
    store.asRetriever({ k: 1 }),
    (found: DocumentInterface[]) => ({ context: found.map(({ pageContent }) => pageContent).join() }),
    ChatPromptTemplate.fromTemplate('By {context}'),
    (prompt: { toString(): string }) => prompt.toString(),
  ]);
  for (const [q, query] of queries.entries()) {
    const best = scores[q]!.indexOf(Math.max(...scores[q]!));
    expect(await chain.invoke(query)).toContain(passages[best]);
    const found = await store.similaritySearchWithScore(query, 3);
    expect(found.length).toBe(3);
    for (const [{ pageContent, metadata }, score] of found) {
      const p = passages.indexOf(pageContent);
      expect(metadata).toEqual(metadatas[p]);
      expect(Math.abs(score - scores[q]![p]!)).toBeLessThan(0.02);
    }
  }
  expect(
    (await store.similaritySearch(queries[0]!, 3, { page: { gte: 1 } })).map(({ metadata }) => metadata.page),
  ).toEqual([2, 1]);

  const again = await store.addDocuments(
    passages.map((pageContent, i) => new LangChainDocument({ pageContent, metadata: metadatas[i]! })),
  );
  expect(new Set(again).size).toBe(3);
  expect((await index.stats()).documents).toBe(3);
  await store.addDocuments([new LangChainDocument({ pageContent: 'Owls hunt at night.', id: 'owls' })]);
  expect((await store.similaritySearch('which birds hunt in the dark?', 1))[0]).toMatchObject({
    id: 'owls',
    metadata: {},
  });
  await store.delete({ ids: ['owls', again[1]!] });
  expect((await index.stats()).documents).toBe(2);
});

test('the store can give passages, and refuses vectors of others', { timeout: 60_000 }, async () => {
  const index = await createIndex({ embedder, passageTokens: 16, overlapTokens: 0 });
  const text =
    'Bees make honey from nectar in summer. The moon causes the tides of the sea. Bread is baked from dough in an oven.';
  const embeddings = new BgeEmbeddings({ embedder });
  const store = new BgeVectorStore(embeddings, { index: () => index, returns: 'passage' });
  await store.addDocuments([new LangChainDocument({ pageContent: text, metadata: { book: 'all' } })], { ids: ['all'] });
  const [found] = await store.similaritySearch('why does the sea rise and fall?');
  const { start, end, book } = found!.metadata;
  expect([found!.id, book, found!.pageContent]).toEqual(['all', 'all', text.slice(start, end)]);
  expect(found!.pageContent).toContain('tides');
  expect(end - start).toBeLessThan(text.length);
  for (const refused of [store.addVectors(), store.similaritySearchVectorWithScore()])
    expect(await failure(refused)).toMatchObject({ name: 'InvalidInputError' });
  expect(await failure(store.similaritySearch('tides', 0))).toMatchObject({ name: 'InvalidInputError' });
  expect((await failure(store.addDocuments([], { ids: ['a'] }))).message).toContain(
    'Expected `ids` to be of 0 documents',
  );
  const aborted = store.addDocuments([new LangChainDocument({ pageContent: 'a' })], {
    signal: AbortSignal.abort(new Error('no')),
  });
  await expect(aborted).rejects.toThrow('no');
});
