import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { Embeddings } from '../embeddings';
import { createEmbedder, createIndex, type Embedder, type SearchIndex } from '../node';
import { evaluate, type Measure, type RankEvent, rank } from './index';

// Of sentence-transformers' semantic_search and InformationRetrievalEvaluator; see make_ranking.py there.
const golden: {
  dim: number;
  k: number;
  vectors: number[][];
  queries: number[][];
  answers: number[][];
  found: [row: number, score: number][][];
  mean: Record<Measure, number>;
} = JSON.parse(readFileSync(join(import.meta.dirname, '../../e2e/goldens/training/ranking.json'), 'utf8'));

const identified = (prefix: string, rows: number[][], space = 'me/model@1') => ({
  ids: rows.map((_, i) => prefix + i),
  embeddings: new Embeddings({ data: Float32Array.from(rows.flat()), dim: rows[0]!.length, space }),
});
const [corpus, queries] = [identified('d', golden.vectors), identified('q', golden.queries)];
const qrels = Object.fromEntries(
  golden.answers.map((rows, q) => [`q${q}`, Object.fromEntries(rows.map((row) => [`d${row}`, 1]))]),
);

const failure = (work: Promise<unknown>) =>
  work.then(
    () => null,
    (error) => error,
  );

describe('embeddings', () => {
  test("are ranked as sentence-transformers' exact search does, and measured the same", async () => {
    const events: RankEvent[] = [];
    const rankings = await rank(corpus, queries, { k: golden.k, onProgress: (event) => events.push(event) });
    expect(Object.keys(rankings)).toEqual(queries.ids);
    for (const [q, hits] of golden.found.entries()) {
      const found = rankings[`q${q}`]!;
      expect(found.map(({ id }) => id)).toEqual(hits.map(([row]) => `d${row}`));
      for (const [i, [, score]] of hits.entries()) expect(found[i]!.score).toBeCloseTo(score, 5);
    }
    const { mean } = evaluate(rankings, qrels, { k: [1, golden.k], corpusIds: corpus.ids });
    for (const [name, value] of Object.entries(golden.mean)) expect(mean[name as Measure], name).toBeCloseTo(value, 12);
    expect(events).toEqual([
      { done: 64, total: 70 },
      { done: 70, total: 70 },
    ]);
  });

  test('there are no more than there are; 100 by default', async () => {
    const all = await rank(corpus, queries);
    expect(all.q0!.length).toBe(corpus.ids.length);
    expect(new Set(all.q0!.map(({ id }) => id)).size).toBe(corpus.ids.length);
  });

  test('an abort ends it with its reason, before and during the work', async () => {
    const controller = new AbortController();
    const stopped = rank(corpus, queries, {
      signal: controller.signal,
      onProgress: () => controller.abort(new Error('enough')),
    });
    expect((await failure(stopped)).message).toBe('enough');
    expect((await failure(rank(corpus, queries, { signal: controller.signal }))).message).toBe('enough');
  });

  test('what is wrong is named', async () => {
    const { ids, embeddings } = corpus;
    const nan = identified('q', [[...golden.queries[0]!.slice(1), Number.NaN]]);
    const wrong: [Promise<unknown>, string][] = [
      [
        rank(null as never, queries),
        'Expected `corpus` to be an index, or an object of ids and embeddings, got `null`',
      ],
      [
        rank(corpus, { q: 'text' } as never),
        'Expected `queries` to be as the corpus, an object of ids and embeddings, got an object (Object)',
      ],
      [rank({ ids: ids.slice(1), embeddings }, queries), 'Expected `corpus.ids` to be one id a row, 90, got 89'],
      [
        rank({ ids: ['d1', ...ids.slice(1)], embeddings }, queries),
        'Expected `corpus.ids` to be without an id twice, got `d1` twice',
      ],
      [
        rank({ ids: [7 as never, ...ids.slice(1)], embeddings }, queries),
        'Expected `corpus.ids[0]` to be a string, got `7` (number)',
      ],
      [rank(corpus, queries, { k: 0 }), 'Expected `k` to be an integer above 0, got `0` (number)'],
      [rank(corpus, queries, null as never), 'Expected `options` to be an object, got `null`'],
      [rank(corpus, nan), 'Expected `queries.embeddings[0][11]` to be a finite number, got `NaN` (number)'],
      [
        rank(corpus, identified('q', golden.queries, 'another/model@1')),
        'Expected `queries` to be embeddings of me/model with 12 dimensions, got another/model with 12 dimensions',
      ],
      [
        rank(corpus, identified('q', [[1, 0]])),
        'Expected `queries` to be embeddings of me/model with 12 dimensions, got me/model with 2 dimensions',
      ],
    ];
    for (const [work, message] of wrong)
      expect(await failure(work)).toMatchObject({ name: 'InvalidInputError', message });
  });
});

describe('an index', () => {
  let embedder: Embedder;
  let index: SearchIndex;
  const asked = { sea: 'why does the sea rise and fall?', honey: 'who makes honey?' };
  beforeAll(async () => {
    embedder = await createEmbedder({ modelBase: join(import.meta.dirname, '../../public/models') });
    index = await createIndex({ embedder });
    await index.add([
      { id: 'bees', text: 'Bees make honey from nectar.', tags: ['garden'] },
      { id: 'tide', text: 'The moon causes the tides.', tags: ['sea'] },
      { id: 'waves', text: 'Waves are made by wind.', tags: ['sea'] },
    ]);
  });

  test('is searched for each query, as it is told', async () => {
    const events: RankEvent[] = [];
    const rankings = await rank(index, asked, { k: 2, onProgress: (event) => events.push(event) });
    const hits = await index.search(asked.sea, { k: 2 });
    expect(rankings.sea).toEqual(hits.map(({ id, score }) => ({ id, score })));
    expect(evaluate(rankings, { sea: { tide: 1 }, honey: { bees: 1 } }, { k: 1 }).mean['recall@1']).toBe(1);
    expect(events).toEqual([
      { done: 1, total: 2 },
      { done: 2, total: 2 },
    ]);
    const words = await rank(index, asked, { mode: 'lexical', filter: { tags: ['garden'] } });
    expect(words).toEqual({ sea: [], honey: [expect.objectContaining({ id: 'bees' })] });
  });

  test('finds by its vectors what their exact comparison finds', async () => {
    const documents = { bees: 'Bees make honey from nectar.', tide: 'The moon causes the tides.' };
    const vectors = await rank(
      { ids: Object.keys(documents), embeddings: await embedder.encodeCorpus(Object.values(documents)) },
      { ids: Object.keys(asked), embeddings: await embedder.encodeQueries(Object.values(asked)) },
    );
    const found = await rank(index, asked, { mode: 'dense' });
    for (const id of ['sea', 'honey'])
      for (const hit of vectors[id]!)
        expect(found[id]!.find((one) => one.id === hit.id)!.score).toBeCloseTo(hit.score, 3);
  });

  test('an abort, and what is wrong', async () => {
    const controller = new AbortController();
    const stopped = rank(index, asked, {
      signal: controller.signal,
      onProgress: () => controller.abort(new Error('enough')),
    });
    expect((await failure(stopped)).message).toBe('enough');
    const wrong: [Promise<unknown>, string][] = [
      [rank(index, {}), 'Expected `queries` to be one query at least, got none'],
      [rank(index, { a: ' ' }), 'Expected `queries["a"]` to be a string that is not empty, got ` ` (string)'],
      [
        rank(index, ['who?'] as never),
        'Expected `queries` to be an object of texts by the ids of queries, got an array',
      ],
      [
        rank(index, asked, { mode: 'words' as never }),
        "Expected `mode` to be 'dense' or 'lexical' or 'hybrid', got `words` (string)",
      ],
    ];
    for (const [work, message] of wrong)
      expect(await failure(work)).toMatchObject({ name: 'InvalidInputError', message });
  });
});
