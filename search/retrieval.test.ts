import { describe, expect, test } from 'vitest';
import type { Filter } from '../src/shared/search';
import { MemoryStore } from './store/store';
import { call, document, open, search, ToyHost } from './testing';

const words = ['bee', 'honey', 'moon', 'tide', 'bread', 'oven', 'train', 'cloud'];

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

  test('diversity spreads near-duplicates, and takes the best first', async () => {
    const index = await open(new MemoryStore(), new ToyHost(), { passageTokens: 8 });
    const copies = ['', ' it', ' is', ' so', ' of'].map((end, i) => document(`copy${i}`, `moon tide moon tide${end}`));
    const others = [document('train', 'tide train'), document('oven', 'tide oven'), document('cloud', 'moon cloud')];
    const last = document('none', 'bread oven');
    await index.add([...copies, ...others, last], call());
    for (const options of [{}, { mode: 'hybrid' }, { mode: 'lexical' }, { rerank: 9 }] as const) {
      const found = async (diversity: number) =>
        search(index, 'moon tide', { k: 4, ...options, diversity, explain: true });
      const plain = await found(0);
      expect(plain.filter(({ id }) => id.startsWith('copy')).length, JSON.stringify(options)).toBe(4);
      const spread = await found(0.8);
      expect(spread[0]).toEqual(plain[0]);
      expect(spread.filter(({ id }) => id.startsWith('copy')).length).toBeLessThan(3);
      expect(spread.length).toBe(4);
    }
  });

  test('with diversity every document still comes once, with its matches, and a filter holds', async () => {
    const index = await open(new MemoryStore(), new ToyHost(), { passageTokens: 8 });
    const long = Array.from({ length: 30 }, (_, i) => `bee honey ${words[i % 8]} bee.`).join('\n\n');
    const more = Array.from({ length: 20 }, (_, i) => document(`d${i}`, `bee ${words[i % 8]}`, { odd: i % 2 === 1 }));
    await index.add([document('long', long, { odd: true }), ...more, document('empty', '')], call());
    const hits = await search(index, 'bee honey', { k: 30, diversity: 1 });
    expect(ids(hits).sort()).toEqual(['long', ...more.map(({ id }) => id)].sort());
    expect(hits.find(({ id }) => id === 'long')!.matches.length).toBe(30);
    const odd = await search(index, 'bee honey', { k: 5, diversity: 0.7, filter: { odd: true } });
    expect(odd.map(({ document }) => document.odd)).toEqual([true, true, true, true, true]);
    expect(await search(index, 'nowhere', { mode: 'lexical', diversity: 0.5 })).toEqual([]);
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

  test('a map has every document with text, near to what is like it', async () => {
    const index = await open(new MemoryStore());
    expect(await index.map({ neighbours: 15, seed: 0 }, call())).toEqual([]);
    const about = (name: string, text: string) =>
      Array.from({ length: 12 }, (_, i) => document(`${name}${i}`, `${text} ${text} ${words[i % 8]}`));
    await index.add([...about('b', 'bee honey'), ...about('m', 'moon tide'), document('empty', '')], call());
    const events: unknown[] = [];
    const onEvent = (event: unknown) => events.push(event);
    const points = await index.map({ neighbours: 6, seed: 0 }, call(onEvent));
    expect(points.length).toBe(24);
    expect(points.map(({ id }) => id)).not.toContain('empty');
    for (const { id, x, y } of points) {
      const others = points.filter((other) => other.id !== id);
      const [nearest] = others.sort((a, b) => Math.hypot(a.x - x, a.y - y) - Math.hypot(b.x - x, b.y - y));
      expect(nearest!.id[0]).toBe(id[0]);
    }
    expect(events.at(-1)).toEqual({ phase: 'map', part: 1 });
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
