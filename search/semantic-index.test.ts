import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Filter, IndexDocument, IndexEvent } from '../src/shared/search';
import { SemanticIndex } from './semantic-index';
import { MemoryStore, type Store } from './store/store';
import { CONFIG, call, document, open, search, ToyHost, tabs, vectorOf } from './testing';

const words = ['bee', 'honey', 'moon', 'tide', 'bread', 'oven', 'train', 'cloud'];
const texts = fc.array(fc.constantFrom(...words), { maxLength: 5 }).map((list) => list.join(' '));
const ids = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f');
const documents = fc.uniqueArray(fc.record({ id: ids, text: texts, year: fc.integer({ min: 2000, max: 2003 }) }), {
  selector: ({ id }) => id,
  maxLength: 4,
});

type Step = { add: readonly IndexDocument[] } | { remove: string[] } | { compact: true };
const change: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ add: documents }) },
  { weight: 2, arbitrary: fc.record({ remove: fc.array(ids, { maxLength: 3 }) }) },
  { weight: 1, arbitrary: fc.constant({ compact: true as const }) },
);

type Model = ReadonlyMap<string, IndexDocument>;

function changedBy(model: Model, step: Step): Model {
  const next = new Map(model);
  if ('add' in step) for (const one of step.add) next.set(one.id, one);
  if ('remove' in step) for (const id of step.remove) next.delete(id);
  return next;
}

async function run(index: SemanticIndex, step: Step): Promise<void> {
  if ('add' in step) await index.add(step.add, call());
  else if ('remove' in step) await index.remove(step.remove, call());
  else await index.compact(call());
}

/** What the index says of each document, and the naive ranking: every text by itself. */
async function state(index: SemanticIndex) {
  const hits = await search(index, 'honey moon moon');
  const found = index.get(['a', 'b', 'c', 'd', 'e', 'f']).flatMap((one) => one ?? []);
  const byWords = await search(index, 'honey moon moon', { mode: 'lexical' });
  return {
    documents: found,
    scores: hits.map(({ id, score }) => [id, score]).sort(),
    byWords: byWords.map(({ id }) => id).sort(),
  };
}

function expected(model: Model) {
  const sorted = [...model.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
  const query = vectorOf('honey moon moon');
  const score = (text: string) => vectorOf(text).reduce((sum, value, d) => sum + value * query[d]!, 0);
  // Those without a word have no passage, and so no vector.
  const found = sorted.filter(({ text }) => text !== '').map(({ id, text }) => [id, score(text)]);
  const byWords = sorted.filter(({ text }) => /honey|moon/.test(text)).map(({ id }) => id);
  return { documents: sorted, scores: found.sort(), byWords };
}

describe('equals a naive model', () => {
  test('after any sequence of add, remove, compact and reopen, in one tab or two', async () => {
    const steps = fc.array(fc.tuple(fc.oneof(change, fc.constant('reopen' as const)), fc.nat(1)), { maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(steps, fc.constantFrom('int8', 'float32', 'binary'), async (steps, vectors) => {
        const store = new MemoryStore();
        const tab = tabs(store);
        const opened = () => SemanticIndex.open({ ...CONFIG, vectors }, tab(new ToyHost()));
        const indexes = [await opened(), await opened()];
        let model: Model = new Map();
        for (const [step, i] of steps) {
          if (step === 'reopen') indexes[i] = await opened();
          else {
            await run(indexes[i]!, step);
            model = changedBy(model, step);
          }
        }
        for (const index of indexes) {
          await index.changed();
          expect(await state(index)).toEqual(expected(model));
        }
        expect((await store.segmentIds()).length).toBe(indexes[0]!.stats().segments);
      }),
      { numRuns: 150 },
    );
  });

  test('a crash at any write leaves an index that opens with a prefix of its history', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(change, { minLength: 1, maxLength: 8 }),
        fc.nat(20),
        fc.boolean(),
        async (steps, at, isDone) => {
          const store = new MemoryStore();
          const index = await open(crashing(store, at, isDone));
          let model: Model = new Map();
          let next: Model | undefined;
          for (const step of steps) {
            next = changedBy(model, step);
            const crashed = await run(index, step).then(
              () => false,
              (error) => error instanceof Crash || Promise.reject(error),
            );
            if (crashed) break;
            model = next;
          }
          const again = await open(store);
          const found = await state(again);
          // What was acknowledged is there; what was being written is there whole or not at all.
          expect([expected(model), expected(next!)]).toContainEqual(found);
          await again.add([document('z', 'bee')], call());
          expect((await search(again, 'bee', { k: 1 }))[0]?.id).toBeDefined();
          expect((await store.segmentIds()).length).toBe(again.stats().segments);
        },
      ),
      { numRuns: 300 },
    );
  });
});

class Crash extends Error {}

/** A store whose user dies at its write number `at`, before it or (`isDone`) just after, and writes nothing from then on. */
function crashing(store: Store, at: number, isDone: boolean): Store {
  let writes = 0;
  const written =
    <A extends unknown[], R>(write: (...args: A) => Promise<R>) =>
    async (...args: A) => {
      const n = writes++;
      if (n > at || (n === at && !isDone)) throw new Crash();
      const result = await write(...args);
      if (n === at) throw new Crash();
      return result;
    };
  return {
    manifest: (slot) => store.manifest(slot),
    segment: (id) => store.segment(id),
    segmentIds: () => store.segmentIds(),
    putManifest: written((slot, manifest) => store.putManifest(slot, manifest)),
    putSegment: written((id, bytes) => store.putSegment(id, bytes)),
    deleteSegments: written((ids) => store.deleteSegments(ids)),
    promote: written(() => store.promote()),
  };
}

describe('what is there is not embedded again', () => {
  const long = Array.from({ length: 40 }, (_, i) => `Sentence ${i} speaks of ${words[i % 8]} and of number ${i}.`);

  test('an unchanged document costs nothing, a changed field no vector, a changed sentence one passage', async () => {
    const host = new ToyHost();
    const index = await open(new MemoryStore(), host, { passageTokens: 24 });
    const first = await index.add([document('a', long.join('\n\n'), { tags: ['x'] })], call());
    expect(first).toMatchObject({ added: 1, replaced: 0, unchanged: 0, embedded: first.passages });
    expect(first.passages).toBeGreaterThan(10);
    expect(await index.add([document('a', long.join('\n\n'), { tags: ['x'] })], call())).toEqual({
      ...{ added: 0, replaced: 0, unchanged: 1, passages: 0, embedded: 0 },
    });
    expect(await index.add([document('a', long.join('\n\n'), { tags: ['y'] })], call())).toEqual({
      ...{ added: 0, replaced: 1, unchanged: 0, passages: first.passages, embedded: 0 },
    });
    const changed = long.with(20, 'Sentence 20 is another one now.').join('\n\n');
    expect((await index.add([document('a', changed, { tags: ['y'] })], call())).embedded).toBeLessThan(3);
    expect((await search(index, 'another one', { k: 1 }))[0]?.passage.text).toContain('is another one now');
  });

  test('a text that many documents have is embedded once a batch', async () => {
    const host = new ToyHost();
    const index = await open(new MemoryStore(), host);
    await index.add(
      Array.from({ length: 50 }, (_, i) => document(`d${i}`, 'the same')),
      call(),
    );
    expect(host.embedded).toEqual(['the same']);
    expect((await search(index, 'same')).length).toBe(50);
  });
});

describe('add', () => {
  const many = Array.from({ length: 300 }, (_, i) => document(`d${i}`, `${words[i % 8]} number ${i}`));

  test('tells its progress, and keeps what is stored when it is cancelled', async () => {
    const store = new MemoryStore();
    const index = await open(store);
    const controller = new AbortController();
    const events: IndexEvent[] = [];
    const onEvent = (event: IndexEvent) => {
      events.push(event);
      if (event.phase === 'add' && event.documents > 0) controller.abort();
    };
    await expect(index.add(many, call(onEvent, controller.signal))).rejects.toMatchObject({ name: 'AbortError' });
    const kept = index.stats().documents;
    expect(kept).toBe(128);
    expect(events.at(-1)).toEqual({ phase: 'add', documents: 128, totalDocuments: 300, passages: 128 });
    const again = await open(store);
    expect(again.stats()).toMatchObject({ documents: kept, passages: kept, segments: 1 });
    expect(await again.add(many, call())).toMatchObject({ added: 300 - kept, unchanged: kept });
  });

  test('a model that fails, or gives NaN, leaves what was there', async () => {
    const host = new ToyHost();
    const index = await open(new MemoryStore(), host);
    await index.add([document('a', 'bee')], call());
    host.onEmbed = () => {
      throw new Error('the model is gone');
    };
    await expect(index.add([document('a', 'moon'), document('b', 'tide')], call())).rejects.toThrow(
      'the model is gone',
    );
    host.onEmbed = () => {};
    host.embed = async (_callId, _kind, texts) => new Float32Array(32 * texts.length).fill(NaN);
    await expect(index.add([document('b', 'tide')], call())).rejects.toMatchObject({ name: 'InvalidInputError' });
    expect(index.get(['a', 'b'])).toEqual([document('a', 'bee'), null]);
    expect(index.stats()).toMatchObject({ documents: 1, passages: 1, removed: 0, segments: 1 });
  });

  test('a full store is told by name, and leaves what was there', async () => {
    const store = new MemoryStore();
    const index = await open(store);
    await index.add([document('a', 'bee')], call());
    store.putSegment = async () => {
      throw new DOMException('full', 'QuotaExceededError');
    };
    for (const change of [() => index.add([document('b', 'tide')], call()), () => index.compact(call())])
      await expect(change()).rejects.toMatchObject({ name: 'StorageFullError' });
    expect((await search(index, 'bee tide')).map(({ id }) => id)).toEqual(['a']);
    expect((await search(await open(store), 'bee tide')).map(({ id }) => id)).toEqual(['a']);
  });

  test('an empty document is kept, and never found by its vector', async () => {
    const index = await open(new MemoryStore());
    await index.add([document('empty', '', { tags: ['x'] }), document('a', 'bee')], call());
    expect((await search(index, 'bee')).map(({ id }) => id)).toEqual(['a']);
    expect(index.get(['empty'])).toEqual([document('empty', '', { tags: ['x'] })]);
    expect(index.stats()).toMatchObject({ documents: 2, passages: 1 });
  });
});

describe('search', () => {
  test('gives each document once, by its best passage, and shows the others that match', async () => {
    const index = await open(new MemoryStore(), new ToyHost(), { passageTokens: 12 });
    const text =
      'The moon causes the tide every day of the year.\n\nA bee makes honey from nectar of many flowers.\n\nHoney.';
    await index.add([document('a', text, { url: '/a', year: 2001 }), document('b', 'a train in a cloud')], call());
    const [hit] = await search(index, 'bee honey nectar', { k: 1 });
    expect(hit).toMatchObject({ id: 'a', document: { id: 'a', url: '/a', year: 2001 } });
    expect(hit!.document).not.toHaveProperty('text');
    expect(text.slice(hit!.passage.start, hit!.passage.end)).toBe(hit!.passage.text);
    expect(hit!.passage.text).toContain('bee makes honey');
    expect(hit!.matches.length).toBeGreaterThan(1);
    expect(hit!.matches[0]).toEqual({ ...hit!.passage, score: hit!.score });
  });

  test('goes on looking when the best passages are all of a few documents', async () => {
    const index = await open(new MemoryStore(), new ToyHost(), { passageTokens: 8 });
    const long = Array.from({ length: 400 }, () => 'bee bee bee bee bee.').join('\n\n');
    await index.add([document('long', long), document('b', 'bee moon'), document('c', 'bee tide')], call());
    expect((await search(index, 'bee', { k: 3 })).map(({ id }) => id).sort()).toEqual(['b', 'c', 'long']);
  });

  test('filters by fields: a value, one of a list, one of several, limits', async () => {
    const index = await open(new MemoryStore());
    await index.add(
      [
        document('a', 'bee', { tags: ['x', 'y'], date: 10 }),
        document('b', 'bee', { tags: ['y'], date: 20, draft: true }),
        document('c', 'bee', { date: 30, draft: null }),
      ],
      call(),
    );
    const found = async (filter: Filter) =>
      (await search(index, 'bee', { filter }))
        .map(({ id }) => id)
        .sort()
        .join();
    expect(await found({ tags: 'y' })).toBe('a,b');
    expect(await found({ tags: ['x', 'z'] })).toBe('a');
    expect(await found({ date: { gt: 10, lte: 30 } })).toBe('b,c');
    expect(await found({ date: { gte: '10' } })).toBe('');
    expect(await found({ tags: 'y', draft: true })).toBe('b');
    expect(await found({ draft: null })).toBe('c');
    expect(await found({ id: ['c', 'a'] })).toBe('a,c');
    await expect(found({ tag: 'x' })).rejects.toMatchObject({
      name: 'InvalidInputError',
      message: 'Expected `filter` to be of fields that documents have (date, draft, id, tags), got tag',
    });
  });

  test('an empty index gives nothing', async () => {
    const index = await open(new MemoryStore());
    expect(await search(index, 'bee', { filter: { tags: 'x' } })).toEqual([]);
    expect(index.stats()).toMatchObject({ documents: 0, passages: 0, stored: 0, segments: 0, rebuilding: false });
  });
});

describe('another embedding space', () => {
  const other = { space: 'toy/other@1/fp32/32' } as const;
  const many = Array.from({ length: 300 }, (_, i) => document(`d${i}`, `${words[i % 8]} number ${i}`));

  test('is refused by name, and nothing is changed', async () => {
    const store = new MemoryStore();
    await (await open(store)).add(many, call());
    await expect(open(store, new ToyHost(), other)).rejects.toMatchObject({
      name: 'SpaceMismatchError',
      details: { stored: CONFIG.space, expected: other.space },
    });
    expect((await open(store)).stats().documents).toBe(300);
  });

  test('is built in the background, with what changes meanwhile, and goes on where it was cut', async () => {
    const store = new MemoryStore();
    const tab = tabs(store);
    const old = await SemanticIndex.open(CONFIG, tab(new ToyHost()));
    await old.add(many, call());
    const cut = new ToyHost();
    let pieces = 0;
    cut.onEmbed = () => {
      if (++pieces === 2) throw new Error('closed');
    };
    const rebuild = { ...CONFIG, ...other, onSpaceChange: 'rebuild' } as const;
    const first = await SemanticIndex.open(rebuild, tab(cut));
    expect(first.stats()).toMatchObject({ rebuilding: true, space: CONFIG.space, documents: 300 });
    await expect(first.rebuilt()).rejects.toThrow('closed');

    await old.add([document('d0', 'changed meanwhile')], call());
    await old.remove(['d1'], call());
    const host = new ToyHost();
    const second = await SemanticIndex.open(rebuild, tab(host));
    const added = second.add([document('new', 'bee bee bee bee')], call());
    await second.rebuilt();
    expect(second.stats()).toMatchObject({ rebuilding: false, space: other.space, documents: 299 });
    expect(host.embedded.length).toBe(300 - 128 + 1);
    await added;
    expect((await search(second, 'bee bee bee', { k: 1 }))[0]?.id).toBe('new');
    expect(second.get(['d0', 'd1'])).toEqual([document('d0', 'changed meanwhile'), null]);

    // The tab with the old embedder learns of it.
    await old.changed();
    await expect(search(old, 'bee')).rejects.toMatchObject({ name: 'SpaceMismatchError' });
    await expect(old.add([], call())).rejects.toMatchObject({ name: 'SpaceMismatchError' });
    expect((await open(store, host, other)).stats()).toMatchObject({ documents: 300, space: other.space });
    expect((await store.segmentIds()).length).toBe(second.stats().segments);
  });
});

describe('a file', () => {
  const joined = (parts: readonly Uint8Array[]) => new Uint8Array(Buffer.concat(parts)) as Uint8Array<ArrayBuffer>;

  test('has all of the index', async () => {
    const index = await open(new MemoryStore());
    await index.add([document('a', 'bee', { tags: ['x'] }), document('b', 'moon'), document('c', '')], call());
    await index.remove(['b'], call());
    const file = joined(await index.exportFile(call()));
    const store = new MemoryStore();
    const copy = await open(store);
    await copy.add([document('gone', 'tide')], call());
    await copy.importFile(file, call());
    for (const one of [copy, await open(store)]) {
      expect(await search(one, 'bee moon')).toEqual(await search(index, 'bee moon'));
      expect(one.get(['a', 'b', 'c', 'gone'])).toEqual(index.get(['a', 'b', 'c', 'gone']));
    }
  });

  test('that is cut or changed anywhere is refused, and changes nothing', async () => {
    const index = await open(new MemoryStore());
    await index.add([document('a', 'bee'), document('b', 'moon')], call());
    const file = joined(await index.exportFile(call()));
    await fc.assert(
      fc.asyncProperty(fc.nat(file.length - 1), fc.option(fc.integer({ min: 1, max: 255 })), async (at, flip) => {
        const damaged = flip === null ? file.slice(0, at) : file.with(at, file[at]! ^ flip);
        await expect(index.importFile(damaged as Uint8Array<ArrayBuffer>, call())).rejects.toMatchObject({
          name: 'CorruptIndexError',
        });
      }),
      { numRuns: 300 },
    );
    await expect(index.importFile(joined([file, Uint8Array.of(0)]), call())).rejects.toThrow('goes on after');
    expect(index.stats()).toMatchObject({ documents: 2, segments: 1 });
  });

  test('of another space is refused', async () => {
    const index = await open(new MemoryStore());
    const file = joined(await index.exportFile(call()));
    const other = await open(new MemoryStore(), new ToyHost(), { space: 'toy/other@1/fp32/32' });
    await expect(other.importFile(file, call())).rejects.toMatchObject({ name: 'SpaceMismatchError' });
  });

  test('a stored segment that is damaged or gone is told when the index is opened', async () => {
    const store = new MemoryStore();
    await (await open(store)).add([document('a', 'bee')], call());
    const [id] = await store.segmentIds();
    const bytes = (await store.segment(id!))!;
    await store.putSegment(id!, bytes.with(9, bytes[9]! ^ 1) as Uint8Array<ArrayBuffer>);
    await expect(open(store)).rejects.toMatchObject({ name: 'CorruptIndexError' });
    await store.deleteSegments([id!]);
    await expect(open(store)).rejects.toThrow('The index is damaged: a segment is missing');
  });
});

test('exported vectors lie beside what they belong to', async () => {
  const index = await open(new MemoryStore(), new ToyHost(), { vectors: 'float32' });
  await index.add([document('a', 'bee', { tags: ['x'] }), document('b', ''), document('c', 'moon "tide"')], call());
  const { data, rows, dim, lines } = index.exportVectors();
  expect([rows, dim]).toEqual([2, 32]);
  expect(data).toEqual(Float32Array.from([...vectorOf('bee'), ...vectorOf('moon tide')]));
  expect(
    lines
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line)),
  ).toEqual([
    { id: 'a', tags: ['x'], start: 0, end: 3, text: 'bee' },
    { id: 'c', start: 0, end: 11, text: 'moon "tide"' },
  ]);
});

describe('by words, by vectors, by both', () => {
  const documents = [
    document('bees', 'bees make honey', { title: 'Garden' }),
    document('pump', 'the pump says E4711 and stops'),
    document('tide', 'the moon moves the tide the tide'),
    document('long', 'a tide of notes about nothing in particular, and one more line to make it longer than others'),
  ];
  const ids = (hits: readonly { id: string }[]) => hits.map(({ id }) => id);

  test('words find what has them, also in titles, and nothing else; the model is not asked', async () => {
    const host = new ToyHost();
    const index = await open(new MemoryStore(), host);
    await index.add(documents, call());
    host.embed = () => Promise.reject(new Error('not asked'));
    expect(ids(await search(index, 'E4711', { mode: 'lexical' }))).toEqual(['pump']);
    expect(ids(await search(index, 'garden', { mode: 'lexical' }))).toEqual(['bees']);
    expect(ids(await search(index, 'Tide', { mode: 'lexical' }))).toEqual(['tide', 'long']);
    expect(await search(index, 'nowhere', { mode: 'lexical' })).toEqual([]);
    expect((await search(index, 'tide', { mode: 'lexical', k: 1 }))[0]).toMatchObject({ id: 'tide', relevance: null });
    await index.remove(['tide'], call());
    await index.compact(call());
    expect(ids(await search(index, 'tide', { mode: 'lexical' }))).toEqual(['long']);
  });

  test('hybrid finds what either finds, and explains where a score comes from', async () => {
    const index = await open(new MemoryStore());
    await index.add(documents, call());
    for (const fusion of ['weighted', 'rrf'] as const) {
      const hits = await search(index, 'moon tide', { mode: 'hybrid', fusion, explain: true });
      expect(ids(hits).sort()).toEqual(['bees', 'long', 'pump', 'tide']);
      const dense = await search(index, 'moon tide', { mode: 'dense' });
      const lexical = await search(index, 'moon tide', { mode: 'lexical', explain: true });
      expect(hits[0]).toMatchObject({
        id: 'tide',
        explanation: {
          dense: dense.find(({ id }) => id === 'tide')!.score,
          lexical: lexical[0]!.score,
          rerank: null,
          denseRank: dense.findIndex(({ id }) => id === 'tide') + 1,
          lexicalRank: 1,
          terms: ['moon', 'tide'],
        },
      });
      if (fusion === 'rrf') {
        const { denseRank, lexicalRank } = hits[0]!.explanation!;
        expect(hits[0]!.score).toBeCloseTo(1 / (60 + denseRank!) + 1 / (60 + lexicalRank!), 12);
      }
    }
    expect((await search(index, 'moon'))[0]).not.toHaveProperty('explanation');
  });

  test('the reranker orders as many of the best as were asked for', async () => {
    const index = await open(new MemoryStore());
    await index.add(documents, call());
    const hits = await search(index, 'tide', { mode: 'hybrid', rerank: 2, explain: true });
    expect(ids(hits)).toEqual(['long', 'tide']);
    expect(hits[0]).toMatchObject({ score: documents[3]!.text.length, relevance: 1 });
    expect(ids(await search(index, 'tide', { mode: 'hybrid', rerank: 20 })).length).toBe(4);
  });

  test('calibration is kept, in every tab and file, and gives a relevance and a threshold', async () => {
    const store = new MemoryStore();
    const index = await open(store);
    await index.add(documents, call());
    expect((await search(index, 'tide'))[0]!.relevance).toBeNull();
    expect(() => index.threshold({ falsePositiveRate: 0.1 })).toThrow('called after calibrate()');
    await expect(index.calibrate([], call())).rejects.toThrow('Expected `index` to be of 9 passages or more, got 4');
    await index.add(
      Array.from({ length: 60 }, (_, i) => document(`n${i}`, `${words[i % 8]} ${words[(i * 3) % 7]} ${words[i % 5]}`)),
      call(),
    );
    const calibration = await index.calibrate([], call());
    expect(await (await open(store)).calibrate([], call())).toEqual(calibration);
    const again = await open(store);
    const found = await search(again, 'tide tide tide');
    expect(found[0]!.relevance).toBeGreaterThan(found.at(-1)!.relevance!);
    for (const { relevance } of found) expect(relevance! >= 0 && relevance! <= 1).toBe(true);
    expect(again.threshold({ falsePositiveRate: 0.01 })).toBeGreaterThan(again.threshold({ falsePositiveRate: 0.1 }));
    await again.compact(call());
    expect((await search(await open(store), 'tide'))[0]!.relevance).not.toBeNull();
  });
});

describe('without a query', () => {
  test('more like this: other documents, by their closest passages', async () => {
    const index = await open(new MemoryStore(), new ToyHost(), { passageTokens: 12 });
    const two = 'A bee makes honey from nectar.\n\nThe moon moves the tide at night.';
    await index.add(
      [
        document('a', two),
        document('honey', 'a bee makes honey', { tags: ['x'] }),
        document('moon', 'the moon moves'),
        document('train', 'train'),
        document('empty', ''),
      ],
      call(),
    );
    const hits = index.similar({ id: 'a', k: 2, filter: null })!;
    expect(hits.map(({ id }) => id).sort()).toEqual(['honey', 'moon']);
    expect(index.similar({ id: 'a', k: 9, filter: null })!.length).toBe(3);
    expect(index.similar({ id: 'a', k: 9, filter: { tags: 'x' } })!.map(({ id }) => id)).toEqual(['honey']);
    expect(index.similar({ id: 'empty', k: 9, filter: null })).toEqual([]);
    expect(index.similar({ id: 'none', k: 9, filter: null })).toBeNull();
  });

  test('near-duplicates, in groups, also in large numbers', async () => {
    const index = await open(new MemoryStore());
    const copies = Array.from({ length: 40 }, (_, i) => document(`c${i}`, 'bee honey'));
    await index.add([...copies, document('x', 'moon'), document('y', 'tide'), document('z', 'moon')], call());
    await index.remove(['c7'], call());
    const groups = await index.duplicates(0.95, call());
    // Vectors of this embedder are not of length 1: a word's product with itself is the square of its number.
    const ids = groups.map((group) => group.map(({ id }) => id));
    expect(ids[0]!.length).toBe(39);
    expect(ids[0]).not.toContain('c7');
    expect(ids[1]).toEqual(['x', 'z']);
    expect(groups[1]![0]).toEqual({ id: 'x', text: 'moon', start: 0, end: 4 });
    const controller = new AbortController();
    controller.abort();
    await expect(
      index.duplicates(
        0.95,
        call(() => {}, controller.signal),
      ),
    ).rejects.toMatchObject({ name: 'AbortError' });
  });

  test('clusters, with the words that tell them apart', async () => {
    const index = await open(new MemoryStore());
    const about = (name: string, text: string) =>
      Array.from({ length: 6 }, (_, i) => document(`${name}${i}`, `${text} ${text} note`));
    await index.add([...about('b', 'bee honey'), ...about('m', 'moon tide'), document('empty', '')], call());
    const found = await index.clusters({ k: 2, seed: 0 }, call());
    const sorted = [...found].sort((a, b) => (a.ids[0]! < b.ids[0]! ? -1 : 1));
    expect(sorted.map(({ ids }) => [...ids].sort().join())).toEqual(['b0,b1,b2,b3,b4,b5', 'm0,m1,m2,m3,m4,m5']);
    expect(sorted.map(({ terms }) => terms.slice(0, 2).sort())).toEqual([
      ['bee', 'honey'],
      ['moon', 'tide'],
    ]);
    await expect(index.clusters({ k: 13, seed: 0 }, call())).rejects.toMatchObject({ name: 'InvalidInputError' });
  });
});

test('a document of 5 MB is cut, kept and found, with its places', async () => {
  const index = await open(new MemoryStore(), new ToyHost(), { passageTokens: 256 });
  const lines = Array.from(
    { length: 37_000 },
    (_, i) => `Day ${i} went on and nothing happened that anyone wrote down. `,
  );
  const half = lines.join('');
  const text = `${half}\n\nThe needle is a moonbeam in honey.\n\n${half}`;
  const events: IndexEvent[] = [];
  const { passages } = await index.add(
    [document('large', text)],
    call((event) => events.push(event)),
  );
  expect(passages).toBeGreaterThan(2000);
  expect(events.length).toBeGreaterThan(10);
  const [hit] = await search(index, 'moonbeam', { mode: 'lexical', k: 1 });
  expect(text.slice(hit!.passage.start, hit!.passage.end)).toBe(hit!.passage.text);
  expect(hit!.passage.text).toContain('The needle is a moonbeam');
}, 60_000);
