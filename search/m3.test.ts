import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { unpackTinyModels } from '../e2e/tiny-models';
import { createEmbedder, lexicalScore, registerModel } from '../src/node/index';
import { hostOf } from '../src/search/models';
import { type IndexOptions, indexConfig } from '../src/search/options';
import { SemanticIndex } from './semantic-index';
import { MemoryStore } from './store/store';
import { call, document, search, tabs } from './testing';

// BGE-M3's weights in an index: a small checkpoint of its architecture, with the real tokenizer.
const folder = mkdtempSync(join(tmpdir(), 'bge-web-search-'));
beforeAll(() => {
  unpackTinyModels(join(folder, 'tiny'));
  registerModel({ id: 'tiny/bge-m3', dim: 32, heads: ['sparse', 'colbert'], maxLength: 8192 });
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Its weights are random: some tokens of a text and itself have weights above 0, and maybe none of two texts. */
const QUERY = 'Honey is sold at the market. Bees make honey from nectar.';

test('words are ranked by the weights of M3, from the pass that gives the vectors', async () => {
  const embedder = await createEmbedder({ model: 'tiny/bge-m3', modelBase: folder, dtype: 'fp32' });
  const store = new MemoryStore();
  const open = (options: Partial<IndexOptions> = {}) => {
    const host = hostOf({ embedder }, embedder.info.space, () => undefined);
    return SemanticIndex.open(indexConfig({ embedder, ...options }), tabs(store)(host));
  };
  const index = await open();
  const texts = ['Bees make honey from nectar.', 'The pump stops: error E-4711.', 'Honey is sold at the market.', ''];
  await index.add(
    texts.map((text, i) => document(`${i}`, text)),
    call(),
  );
  expect(index.stats()).toMatchObject({ lexical: 'weights', passages: 3, documents: 4 });

  const heads = { dense: false, sparse: true } as const;
  const query = (await embedder.encodeQueries(QUERY, heads)).sparse.row(0);
  const passages = (await embedder.encodeCorpus(texts, heads)).sparse;
  const expected = texts
    .map((_, i) => ({ id: `${i}`, score: lexicalScore(query, passages.row(i)) }))
    .filter(({ score }) => score > 0)
    .sort((a, b) => b.score - a.score);
  expect(expected.length).toBeGreaterThan(0);
  const check = async (one: SemanticIndex) => {
    const hits = await search(one, QUERY, { mode: 'lexical', explain: true });
    expect(hits.map(({ id }) => id)).toEqual(expected.map(({ id }) => id));
    for (const [i, { score, explanation }] of hits.entries()) {
      expect(score).toBeCloseTo(expected[i]!.score, 5);
      const own = passages.row(Number(hits[i]!.id)).toTokens();
      const common = query.toTokens().filter(({ id }) => own.some((other) => other.id === id));
      expect(explanation!.terms).toEqual(common.map(({ token }) => token));
      expect(common.every(({ token }) => token !== '')).toBe(true);
    }
    const hybrid = await search(one, QUERY, { mode: 'hybrid', explain: true });
    const best = hybrid.find(({ id }) => id === expected[0]!.id)!;
    expect(best.explanation).toMatchObject({ lexicalRank: 1, lexical: hits[0]!.score });
    expect(best.explanation!.dense).not.toBeNull();
  };
  await check(index);
  await check(await open());
  await index.compact(call());
  await check(await open());

  await expect(open({ lexical: 'bm25' })).rejects.toMatchObject({
    name: 'SpaceMismatchError',
    details: { stored: 'weights', expected: 'bm25' },
  });
  const rebuilt = await open({ lexical: 'bm25', onSpaceChange: 'rebuild' });
  await rebuilt.rebuilt();
  expect(rebuilt.stats()).toMatchObject({ lexical: 'bm25', passages: 3 });
  const [hit] = await search(rebuilt, 'E-4711', { mode: 'lexical', explain: true });
  expect(hit!.explanation!.terms).toEqual(['e', '4711']);
  // What was stored stands, where nothing is asked for.
  expect((await open()).stats().lexical).toBe('bm25');
  embedder.dispose();
});
