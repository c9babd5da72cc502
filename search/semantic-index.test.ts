import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { IndexEvent } from '../src/shared/search';
import { SemanticIndex } from './semantic-index';
import { indexFileParts } from './store/file';
import { decodeSegment, encodeSegment } from './store/segment';
import { MemoryStore } from './store/store';
import { CONFIG, call, document, open, search, ToyHost, tabs, vectorOf } from './testing';

const words = ['bee', 'honey', 'moon', 'tide', 'bread', 'oven', 'train', 'cloud'];

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
    await expect(search(index, 'tide')).rejects.toMatchObject({ name: 'InvalidInputError' });
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

  test('many small changes are written anew as one, and what was removed goes', async () => {
    const store = new MemoryStore();
    const index = await open(store);
    for (let i = 0; i < 230; i++) await index.add([document(`d${i % 20}`, `bee ${i}`)], call());
    expect(index.stats()).toMatchObject({ documents: 20, passages: 20 });
    expect(index.stats().segments).toBeLessThan(110);
    expect(await store.segmentIds()).toHaveLength(index.stats().segments);
    const again = await open(store);
    expect(again.get(['d9'])).toEqual([document('d9', 'bee 229')]);
    expect(await search(again, 'bee 215', { k: 30 })).toEqual(await search(index, 'bee 215', { k: 30 }));

    await again.add(
      Array.from({ length: 2000 }, (_, i) => document(`e${i}`, `honey ${i}`)),
      call(),
    );
    await again.remove(
      Array.from({ length: 1500 }, (_, i) => `e${i}`),
      call(),
    );
    expect(again.stats()).toMatchObject({ documents: 520, passages: 520, removed: 0, segments: 1 });
  });

  test('where the room of the old segments cannot be given back, the index goes on from the new ones', async () => {
    const store = new MemoryStore();
    const index = await open(store);
    await index.add([document('a', 'bee'), document('b', 'moon')], call());
    await index.add([document('a', 'bee honey')], call());
    const deleteSegments = store.deleteSegments.bind(store);
    store.deleteSegments = async () => {
      throw new Error('no answer');
    };
    await expect(index.compact(call())).rejects.toThrow('no answer');
    store.deleteSegments = deleteSegments;
    await index.add([document('c', 'tide')], call());
    const again = await open(store);
    expect(again.stats()).toMatchObject({ documents: 3, removed: 0 });
    for (const query of ['honey', 'moon', 'tide'])
      expect(await search(again, query)).toEqual(await search(index, query));
  });

  test('without room for a second copy, small changes are stored as they come', async () => {
    const store = new MemoryStore();
    const index = await open(store);
    const putSegment = store.putSegment.bind(store);
    let refused = 0;
    store.putSegment = async (id, bytes) => {
      if (bytes.length > 5000 && refused++ >= 0) throw new DOMException('full', 'QuotaExceededError');
      await putSegment(id, bytes);
    };
    for (let i = 0; i < 130; i++) await index.add([document(`d${i}`, `bee ${i}`)], call());
    expect(refused).toBe(1);
    expect(index.stats()).toMatchObject({ documents: 130, segments: 130 });
    expect((await open(store)).stats()).toMatchObject({ documents: 130, segments: 130 });
  });

  test('a reader whose segments go while it reads begins again, and answers from what it had until then', async () => {
    const store = new MemoryStore();
    const [writer, reader] = [await open(store), await open(store)];
    for (const text of ['bee', 'moon', 'tide']) await writer.add([document(text, text)], call());
    const segment = store.segment.bind(store);
    let reads = 0;
    store.segment = async (id) => {
      if (++reads === 2) await writer.compact(call());
      expect(reader.stats().documents).toBeLessThan(3);
      return segment(id);
    };
    await reader.changed();
    expect(reader.stats()).toMatchObject({ documents: 3, passages: 3, segments: 1 });
    expect(await search(reader, 'tide')).toEqual(await search(writer, 'tide'));

    reads = 2; // the writer stands still
    await writer.compact(call());
    store.segment = async () => null;
    await expect(reader.changed()).rejects.toMatchObject({ name: 'CorruptIndexError' });
    expect((await search(reader, 'tide'))[0]).toMatchObject({ id: 'tide' });
  });

  test('an empty document is kept, and never found by its vector', async () => {
    const index = await open(new MemoryStore());
    await index.add([document('empty', '', { tags: ['x'] }), document('a', 'bee')], call());
    expect((await search(index, 'bee')).map(({ id }) => id)).toEqual(['a']);
    expect(index.get(['empty'])).toEqual([document('empty', '', { tags: ['x'] })]);
    expect(index.stats()).toMatchObject({ documents: 2, passages: 1 });
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
    await expect(old.add([document('late', 'bee')], call())).rejects.toMatchObject({ name: 'SpaceMismatchError' });
    await old.changed();
    await expect(search(old, 'bee')).rejects.toMatchObject({ name: 'SpaceMismatchError' });
    await expect(old.add([], call())).rejects.toMatchObject({ name: 'SpaceMismatchError' });
    expect((await open(store, host, other)).stats()).toMatchObject({ documents: 300, space: other.space });
    expect((await store.segmentIds()).length).toBe(second.stats().segments);
  });
});

describe('weights in place of words', () => {
  const weighted = { hasWeights: true } as const;
  const byWords = async (index: SemanticIndex, query: string) =>
    (await search(index, query, { mode: 'lexical', explain: true })).map(({ id, score, explanation }) => [
      id,
      score,
      explanation!.terms.join(),
    ]);

  test('are what a new index of an embedder that has them gets; passages that stay keep them', async () => {
    const store = new MemoryStore();
    const host = new ToyHost();
    const index = await open(store, host, { ...weighted, passageTokens: 8 });
    expect(index.stats().lexical).toBe('weights');
    const two = 'bee honey bee honey bee.\n\nmoon tide moon tide moon.';
    await index.add([document('a', two), document('b', 'moon')], call());
    expect(await byWords(index, 'moon honey')).toEqual([
      ['a', 3, 'moon'],
      ['b', 1, 'moon'],
    ]);
    host.embedded.length = 0;
    await index.add([document('a', two.replace('moon tide', 'tide tide'))], call());
    expect(host.embedded).toEqual(['tide tide moon tide moon.']);
    for (const one of [index, await open(store, host, weighted), await open(store, host, { lexical: 'weights' })]) {
      expect(await byWords(one, 'honey')).toEqual([['a', 2, 'honey']]);
      expect(await byWords(one, 'moon tide')).toEqual([
        ['a', 5, 'moon,tide'],
        ['b', 1, 'moon'],
      ]);
    }
    const file = new Uint8Array(Buffer.concat(await index.exportFile(call()))) as Uint8Array<ArrayBuffer>;
    const copy = await open(new MemoryStore(), host, weighted);
    await copy.importFile(file, call());
    expect(await byWords(copy, 'moon tide')).toEqual(await byWords(index, 'moon tide'));
    const words = await open(new MemoryStore(), host);
    await expect(words.importFile(file, call())).rejects.toMatchObject({ name: 'SpaceMismatchError' });
  });

  test('another ranking of words is refused by name, or built in the background while the old one answers', async () => {
    const store = new MemoryStore();
    const index = await open(store);
    await index.add([document('a', 'bee honey'), document('b', 'bee')], call());
    const other = { ...weighted, lexical: 'weights' } as const;
    await expect(open(store, new ToyHost(), other)).rejects.toMatchObject({
      name: 'SpaceMismatchError',
      details: { stored: 'bm25', expected: 'weights' },
    });
    expect((await open(store, new ToyHost(), weighted)).stats().lexical).toBe('bm25');
    const next = await open(store, new ToyHost(), { ...other, onSpaceChange: 'rebuild' });
    expect(next.stats()).toMatchObject({ lexical: 'bm25', rebuilding: true });
    expect((await byWords(next, 'honey'))[0]![0]).toBe('a');
    await next.rebuilt();
    expect(next.stats()).toMatchObject({ lexical: 'weights', rebuilding: false, passages: 2 });
    expect(await byWords(next, 'honey')).toEqual([['a', 1, 'honey']]);
    await index.changed();
    await expect(index.add([document('c', 'bee')], call())).rejects.toThrow("open it with lexical: 'weights'");
  });

  test('an index that was stored before there were any has words', async () => {
    const store = new MemoryStore();
    await (await open(store)).add([document('a', 'bee')], call());
    const { lexical: _, ...old } = (await store.manifest('current'))!;
    await store.putManifest('current', old as never);
    const index = await open(store, new ToyHost(), weighted);
    expect(index.stats()).toMatchObject({ lexical: 'bm25', documents: 1 });
    expect((await byWords(index, 'bee'))[0]![0]).toBe('a');
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

  test('whose words are not those of its passages is refused, and changes nothing', async () => {
    const store = new MemoryStore();
    const made = await open(store);
    await made.add([document('a', 'bee')], call());
    const [id] = await store.segmentIds();
    const segment = decodeSegment((await store.segment(id!))!, CONFIG.dim);
    const lengths = Uint32Array.of(1, 1);
    await store.putSegment(id!, encodeSegment({ ...segment, words: { ...segment.words, lengths } }));
    const { segments, ...manifest } = (await store.manifest('current'))!;
    const bytes = (await store.segment(id!))!;
    const parts = await indexFileParts({
      manifest: { ...manifest, segments: [{ ...segments[0]!, bytes: bytes.length, sha256: '' }] },
      segments: [bytes],
    });
    const index = await open(new MemoryStore());
    await index.add([document('b', 'moon')], call());
    await expect(index.importFile(joined(parts), call())).rejects.toThrow('lengths');
    expect((await search(index, 'bee moon')).map(({ id }) => id)).toEqual(['b']);
    await index.add([document('c', 'tide')], call());
    expect(index.stats()).toMatchObject({ documents: 2, segments: 2 });
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
    await expect(open(store)).rejects.toThrow('The index cannot be read: a segment is missing');
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
