import { readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { lexicalMatch } from '../../src/shared/scores';
import { matchesOf, termsOf } from './terms';
import { WeightIndex } from './weight-index';
import { type IndexedPassage, WordIndex } from './word-index';

const all = { k: Number.POSITIVE_INFINITY };

describe('words', () => {
  const passages: IndexedPassage[] = [
    { id: 7, text: 'Hold the reset button for ten seconds.', headings: ['Router'] },
    { id: 8, text: 'The router restarts. Wait ten minutes, ten at most.' },
    { id: 9, text: '我想知道北京的天气。' },
    { id: 10, text: '' },
  ];
  const filled = () => {
    const index = WordIndex.create();
    index.add(passages);
    return index;
  };

  test('scores are those of BM25+ by its formula', () => {
    const index = WordIndex.create();
    index.add(passages.map(({ id, text }) => ({ id, text })));
    const [n, tf, frequency] = [4, 2, 2];
    const lengths = passages.map(({ text }) => new Set(termsOf(text)).size); // MiniSearch counts different words
    const mean = lengths.reduce((sum, length) => sum + length) / n;
    const idf = Math.log(1 + (n - frequency + 0.5) / (frequency + 0.5));
    const score = idf * (0.5 + (tf * 2.2) / (tf + 1.2 * (0.3 + (0.7 * lengths[1]!) / mean)));
    const [first, second] = index.search('TEN', all);
    expect(first).toMatchObject({ id: 8, terms: ['ten'] });
    expect(first!.score).toBeCloseTo(score, 10);
    expect(second!.id).toBe(7);
  });

  test('finds by words of text and headings, in any script, with what matched and where', () => {
    const index = filled();
    expect(index.search('reset my ROUTER', all).map(({ id }) => id)).toEqual([7, 8]);
    expect(index.search('reset my ROUTER', all)[0]!.terms).toEqual(['reset', 'router']);
    const [hit] = index.search('北京 weather', { k: 1 });
    expect(hit).toMatchObject({ id: 9, terms: ['北京'] });
    expect(matchesOf(passages[2]!.text, hit!.terms)).toEqual([{ term: '北京', start: 4, end: 6 }]);
    expect(matchesOf('Ten, or TEN', ['ten']).map(({ start }) => start)).toEqual([0, 8]);
    expect(index.search('nothing', all)).toEqual([]);
    expect(index.search('…', all)).toEqual([]);
    expect(index.search('ten', { k: 0 })).toEqual([]);
    expect(index.search('ten', { ...all, filter: (id) => id !== 8 }).map(({ id }) => id)).toEqual([7]);
  });

  test('removed passages are not found, numbers can be used again, a saved index is the same', async () => {
    const index = filled();
    index.remove([8, 99]);
    expect(index.size).toBe(3);
    expect(index.search('ten', all).map(({ id }) => id)).toEqual([7]);
    expect(() => index.add([{ id: 7, text: 'again' }])).toThrow(
      'Expected `passage.id` to be a number that no passage has',
    );
    index.add([{ id: 8, text: 'ten and ten' }]);
    const restored = await WordIndex.restore(index.save());
    for (const query of ['ten', 'router reset', '天气', 'restarts']) {
      expect(restored.search(query, all)).toEqual(index.search(query, all));
      expect(restored.size).toBe(4);
    }
    restored.remove([7]);
    restored.add([{ id: 11, text: 'reset' }]);
    expect(restored.search('reset', all).map(({ id }) => id)).toEqual([11]);
    await expect(WordIndex.restore('{"version":0}')).rejects.toThrow('a word index of version 1, got version 0');
    await expect(WordIndex.restore('cut')).rejects.toThrow('Expected `saved` to be a word index');
  });
});

describe('weights of M3', () => {
  const golden = (name: string) =>
    JSON.parse(readFileSync(new URL(`../../e2e/goldens/m3/${name}.json`, import.meta.url), 'utf8')).cases;
  const weightsOf = (entries: [string, number][]) => ({
    ids: entries.map(([id]) => Number(id)),
    weights: entries.map(([, weight]) => weight),
  });

  test('scores are those of FlagEmbedding', () => {
    const encoded = new Map(golden('m3_encode').map((c: { text: string }) => [c.text, c]));
    let compared = 0;
    for (const { query, passage, from_encode } of golden('m3_scores')) {
      const [q, p] = [encoded.get(query), encoded.get(passage)] as { lexical_weights: [string, number][] }[];
      if (!q || !p) continue;
      const index = new WeightIndex();
      index.add(3, weightsOf(p.lexical_weights));
      const [hit] = index.search(weightsOf(q.lexical_weights), all);
      expect(hit?.score ?? 0).toBeCloseTo(from_encode.lexical, 6);
      compared++;
    }
    expect(compared).toBeGreaterThan(0);
  });

  const row = fc.uniqueArray(fc.nat(12), { maxLength: 6 }).chain((ids) =>
    fc.record({
      ids: fc.constant(ids),
      weights: fc.tuple(...ids.map(() => fc.float({ min: Math.fround(0.01), max: 1, noNaN: true }))),
    }),
  );

  test('any adds and removes: the same as the score of each pair, also when saved and restored', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(15), fc.option(row)), { maxLength: 40 }),
        row,
        fc.nat(8),
        (steps, query, k) => {
          let index = new WeightIndex();
          const model = new Map<number, typeof query>();
          for (const [id, weights] of steps) {
            index.remove([id]);
            model.delete(id);
            if (!weights) continue;
            index.add(id, weights);
            model.set(id, weights);
          }
          for (const _ of [1, 2]) {
            const expected = [...model]
              .map(([id, weights]) => ({ id, score: lexicalMatch(query, weights) }))
              .filter(({ id, score }) => score > 0 && id !== 3)
              .sort((a, b) => b.score - a.score || a.id - b.id);
            const found = index.search(query, { k, filter: (id) => id !== 3 });
            expect(index.size).toBe(model.size);
            expect(found).toHaveLength(Math.min(k, expected.length));
            for (const [i, { score }] of found.entries()) expect(score).toBeCloseTo(expected[i]!.score, 5);
            for (const { id, score } of found) expect(score).toBeCloseTo(lexicalMatch(query, model.get(id)!), 5);
            index = WeightIndex.restore(index.save());
          }
        },
      ),
    );
  });

  test('what does not fit is refused', () => {
    const index = new WeightIndex();
    index.add(1, { ids: [5], weights: [0.5] });
    expect(() => index.add(1, { ids: [], weights: [] })).toThrow('Expected `id`');
    expect(() => index.add(2, { ids: [5], weights: [] })).toThrow('1 numbers');
    expect(() => index.add(2, { ids: [5, 5], weights: [1, 1] })).toThrow('different token ids');
    expect(() => index.add(2, { ids: [5], weights: [Number.NaN] })).toThrow(
      'Expected `weights[0]` to be a finite number',
    );
    const saved = index.save();
    expect(() => WeightIndex.restore({ ...saved, passages: new Uint32Array(2) })).toThrow('3 places');
    expect(() => WeightIndex.restore({ ...saved, ids: new Uint32Array(0) })).toThrow('1 token ids');
  });
});
