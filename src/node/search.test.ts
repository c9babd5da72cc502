import { join } from 'node:path';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { IndexEvent } from '../shared/search';
import { createEmbedder, createIndex, type Embedder, type IndexOptions, type SearchIndex } from './index';

// The whole path with the real model, in this process: documents → passages → vectors → hits.

let embedder: Embedder;
let index: SearchIndex;
beforeAll(async () => {
  embedder = await createEmbedder({ modelBase: join(import.meta.dirname, '../../public/models') });
});
beforeEach(async () => {
  index = await createIndex({ embedder });
});

const NOTES = [
  { id: 'bees', text: 'Bees make honey from nectar.', tags: ['garden'] },
  { id: 'tide', text: 'The moon causes the tides.', tags: ['sea'], date: 2025 },
  { id: 'pump', text: 'The pump stops: error E-4711.', tags: ['house'] },
];
const many = (count: number) => Array.from({ length: count }, (_, i) => ({ id: `n${i}`, text: `note ${i}` }));

const failure = (work: Promise<unknown>) =>
  work.then(
    () => null,
    (error) => error,
  );

test('documents are found by meaning and by words, changed and removed', async () => {
  const events: IndexEvent[] = [];
  const report = await index.add(NOTES, { onProgress: (event) => events.push(event) });
  expect(report).toEqual({ added: 3, replaced: 0, unchanged: 0, passages: 3, embedded: 3 });
  expect(events.at(-1)).toEqual({ phase: 'add', documents: 3, totalDocuments: 3, passages: 3 });
  const [hit] = await index.search('why does the sea rise and fall?', { explain: true });
  expect(hit).toMatchObject({ id: 'tide', passage: { text: NOTES[1]!.text }, explanation: { denseRank: 1 } });
  expect((await index.search('E-4711', { mode: 'lexical' })).map(({ id }) => id)).toEqual(['pump']);
  expect((await index.search('nature', { filter: { date: { gte: 2000 } } })).map(({ id }) => id)).toEqual(['tide']);
  expect(await index.add(NOTES)).toMatchObject({ unchanged: 3, embedded: 0 });
  expect(await index.remove(['pump', 'nothing'])).toBe(1);
  await index.compact();
  expect(await index.stats()).toMatchObject({ documents: 2, passages: 2, removed: 0, space: embedder.info.space });
});

test('of documents with one id the last one counts, in one call or in two', async () => {
  const [bees, tide, pump] = NOTES as [(typeof NOTES)[0], (typeof NOTES)[0], (typeof NOTES)[0]];
  const [first, second] = [
    { ...tide, id: 'a' },
    { ...bees, id: 'a' },
  ];
  expect(await index.add([first, pump, second])).toMatchObject({ added: 2, replaced: 0, passages: 2 });
  expect(await index.get(['a'])).toEqual([second]);
  expect(await index.add([first])).toMatchObject({ added: 0, replaced: 1 });
  expect(await index.get(['a'])).toEqual([first]);
  for (const mode of ['dense', 'lexical', 'hybrid'] as const)
    expect((await index.search('bees honey tides E-4711', { mode })).map(({ id }) => id).sort()).toEqual(['a', 'pump']);
  expect(await index.stats()).toMatchObject({ documents: 2, passages: 2, removed: 1 });
});

test('what cannot be asked is refused by name; more than there is gives all', async () => {
  await index.add([...NOTES, { id: 'empty', text: '' }]);
  expect((await index.search('honey', { k: 1000, mode: 'dense' })).map(({ id }) => id).sort()).toEqual([
    'bees',
    'pump',
    'tide',
  ]);
  expect((await index.similar('bees', { k: 1000 })).length).toBe(2);
  const wrong = [
    index.search('honey', { k: 0 }),
    index.search('honey', { filter: { tag: 'sea' } }),
    index.similar('no such id'),
    index.similar('bees', { k: 0 }),
    index.duplicates({ threshold: Number.NaN }),
    index.clusters({ k: 5 }),
    index.map({ neighbours: 1 }),
  ];
  for (const error of await Promise.all(wrong.map(failure))) expect(error).toMatchObject({ name: 'InvalidInputError' });
  expect((await index.stats()).documents).toBe(4);
});

test('near-duplicates, with progress; an abort ends them', async () => {
  await index.add([...NOTES, { id: 'again', text: `${NOTES[0]!.text}!` }]);
  const events: IndexEvent[] = [];
  const groups = await index.duplicates({ threshold: 0.9, onProgress: (event) => events.push(event) });
  expect(groups.map((group) => group.map(({ id }) => id))).toEqual([['bees', 'again']]);
  expect(events.at(-1)).toEqual({ phase: 'duplicates', part: 1 });
  const signal = AbortSignal.abort(new Error('enough'));
  await expect(index.duplicates({ signal })).rejects.toThrow('enough');
});

test('a file of one index is opened by another, and a damaged one is refused and changes nothing', async () => {
  await index.add(NOTES);
  const file = await index.export();
  const copy = await createIndex({ embedder });
  await copy.import(file);
  expect(await copy.search('honey', { explain: true })).toEqual(await index.search('honey', { explain: true }));
  const bytes = new Uint8Array(await file.arrayBuffer());
  bytes[bytes.length - 3]! ^= 1;
  for (const damaged of [new Blob([bytes]), file.slice(0, 1000), new Blob(['no index'])])
    expect(await failure(copy.import(damaged))).toMatchObject({ name: 'CorruptIndexError' });
  expect((await copy.stats()).documents).toBe(3);
  const other = await createEmbedder({
    modelBase: join(import.meta.dirname, '../../public/models'),
    passageInstruction: 'A note: ',
  });
  const elsewhere = await createIndex({ embedder: other });
  expect(await failure(elsewhere.import(file))).toMatchObject({ name: 'SpaceMismatchError' });
});

test('what a caller does to documents and hits does not reach the index', async () => {
  const tags = ['garden'];
  await index.add([{ ...NOTES[0]!, tags }]);
  tags.push('sea');
  const [[hit], [document]] = [await index.search('honey'), await index.get(['bees'])];
  (hit!.document.tags as string[]).push('sky');
  (document!.tags as string[]).push('fire');
  expect((await index.get(['bees']))[0]!.tags).toEqual(['garden']);
});

describe('an end', () => {
  test('by its signal: the call rejects with the reason, and what is stored by then stays', async () => {
    const controller = new AbortController();
    const work = index.add(many(400), {
      signal: controller.signal,
      onProgress: (event) => {
        if (event.phase === 'add' && event.documents >= 100) controller.abort(new Error('enough'));
      },
    });
    await expect(work).rejects.toThrow('enough');
    expect((await index.stats()).documents).toBe(128);
    expect(await index.add(many(200))).toMatchObject({ unchanged: 128, added: 72 });
    const aborted = { embedder, signal: AbortSignal.abort(new Error('no')) };
    await expect(createIndex(aborted)).rejects.toThrow('no');
  });

  test('by dispose: pending and later calls reject; the embedder goes on', async () => {
    const pending = failure(index.add(many(200)));
    await new Promise((resolve) => setTimeout(resolve, 50));
    index.dispose();
    for (const error of [await pending, await failure(index.search('honey'))])
      expect(error).toMatchObject({ name: 'DisposedError', message: 'The index was disposed' });
    expect((await embedder.encode('honey')).rows).toBe(1);
  });
});

test.each([
  [{ name: 'notes' }, '`name`'],
  [{ url: 'https://example.org/index.bge' }, '`url`'],
  [{ worker: () => {} }, '`worker`'],
  [{ deadline: 1000 }, '`deadline`'],
  [{ onSpaceChange: 'rebuild' }, '`onSpaceChange`'],
  [{ embedder: 7 }, '`embedder`'],
  [{ vectors: 'int4' }, '`vectors`'],
  [{ passageTokens: 1000 }, '`passageTokens`'],
])('wrong options are refused: %o', async (options, what) => {
  const error = await failure(createIndex({ embedder, ...options } as IndexOptions));
  expect(error).toMatchObject({ name: 'InvalidInputError' });
  expect(error.message).toContain(`Expected ${what}`);
});
