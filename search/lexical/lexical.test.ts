import { readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { lexicalMatch } from '../../src/shared/scores';
import { matchesOf } from './terms';
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
    const index = new WordIndex();
    index.add(passages);
    return index;
  };

  test('scores are those of bm25s, the reference', () => {
    const { texts, queries, scores } = JSON.parse(
      readFileSync(new URL('../../e2e/goldens/search/lexical.json', import.meta.url), 'utf8'),
    );
    const index = new WordIndex();
    index.add(texts.map((text: string, id: number) => ({ id, text })));
    for (const [q, query] of queries.entries()) {
      const found = new Map(index.search(query, all).map(({ id, score }) => [id, score]));
      for (const [id, score] of scores[q].entries()) expect(found.get(id) ?? 0).toBeCloseTo(score, 6);
    }
  });

  test('finds by words of text and headings, in any script, with what matched and where', () => {
    const index = filled();
    expect(index.search('reset my ROUTER', all).map(({ id }) => id)).toEqual([7, 8]);
    expect(index.search('reset my ROUTER', all)[0]!.terms).toEqual(['reset', 'router']);
    const [hit] = index.search('北京 weather', { k: 1 });
    expect(hit).toMatchObject({ id: 9, terms: ['北京'] });
    expect(matchesOf(passages[2]!.text, hit!.terms)).toEqual([{ term: '北京', start: 4, end: 6 }]);
    expect(matchesOf('my foo_bar', ['bar'])).toEqual([{ term: 'foo_bar', start: 3, end: 10 }]);
    expect(matchesOf('Ten, or TEN', ['ten']).map(({ start }) => start)).toEqual([0, 8]);
    index.add([{ id: 11, text: 'node.js and Net::SMTP' }]);
    for (const query of ['node', 'node.js', 'smtp']) expect(index.search(query, all).map(({ id }) => id)).toEqual([11]);
    expect(index.search('nothing', all)).toEqual([]);
    expect(index.search('…', all)).toEqual([]);
    expect(index.search('ten', { k: 0 })).toEqual([]);
    expect(index.search('ten', { ...all, filter: (id) => id !== 8 }).map(({ id }) => id)).toEqual([7]);
  });

  test('any adds and removes: the same as an index of what is left, also when saved and appended', () => {
    const text = fc
      .array(fc.constantFrom('a', 'b', 'c', 'd', '北京', 'e'), { maxLength: 8 })
      .map((words) => words.join(' '));
    const steps = fc.array(fc.tuple(fc.nat(15), fc.option(text)), { maxLength: 60 });
    fc.assert(
      fc.property(steps, text, fc.nat(8), (steps, query, k) => {
        let index = new WordIndex();
        const model = new Map<number, string>();
        for (const [id, text] of steps) {
          index.remove([id]);
          model.delete(id);
          if (text === null) continue;
          index.add([{ id, text }]);
          model.set(id, text);
        }
        const fresh = new WordIndex();
        fresh.add(Array.from(model, ([id, text]) => ({ id, text })));
        for (const _ of [1, 2]) {
          const found = index.search(query, { k, filter: (id) => id !== 3 });
          const expected = fresh.search(query, { k, filter: (id) => id !== 3 });
          expect(index.size).toBe(model.size);
          expect(found.map(({ id, terms }) => [id, terms])).toEqual(expected.map(({ id, terms }) => [id, terms]));
          for (const [i, { score }] of found.entries()) expect(score).toBeCloseTo(expected[i]!.score, 10);
          const saved = index.save();
          index = new WordIndex();
          index.append(saved);
        }
      }),
    );
  });

  test('saved parts together are the whole', () => {
    const [whole, first, second] = [filled(), new WordIndex(), new WordIndex()];
    first.add(passages.slice(0, 2));
    second.add(passages.slice(2));
    const joined = new WordIndex();
    for (const part of [first, second]) joined.append(part.save());
    for (const query of ['ten', 'router reset', '天气'])
      expect(joined.search(query, all)).toEqual(whole.search(query, all));
  });

  test('what does not fit is refused, and nothing of it added', () => {
    const index = filled();
    expect(() => index.add([{ id: 7, text: 'again' }])).toThrow(
      'Expected `id` to be a number that no passage has, got `7`',
    );
    expect(() => index.add([{ id: -1, text: 'x' }])).toThrow('Expected `id` to be an integer from 0');
    index.remove([99]);
    const saved = index.save();
    expect(() => index.append(saved)).toThrow('a number that no passage has');
    const empty = new WordIndex();
    expect(() => empty.append({ ...saved, words: 'cut\n' })).toThrow('Expected `offsets`');
    expect(() => empty.append({ ...saved, rows: saved.rows.slice(1) })).toThrow('Expected `rows and values`');
    expect(() => empty.append({ ...saved, rows: saved.rows.map(() => 9) })).toThrow('positions below 4');
    expect(() => empty.append({ ...saved, lengths: new Uint32Array(1) })).toThrow('Expected `lengths`');
    expect(() => empty.append({ ...saved, passages: saved.passages.map(() => 1) })).toThrow('some twice');
    expect(empty.size).toBe(0);
    expect(empty.search('ten', all)).toEqual([]);
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
            const saved = index.save();
            index = new WeightIndex();
            index.append(saved);
          }
        },
      ),
    );
  });

  test('hits say which tokens matched, and the weights of passages can be read again, also when saved', () => {
    let index = new WeightIndex();
    const texts = new Map([
      [5, 'bee'],
      [6, 'a\nb c'],
    ]);
    index.add(1, { ids: [5, 6, 7], weights: [0.5, 0.25, 1] }, texts);
    index.add(2, { ids: [6], weights: [2] }, texts);
    index.add(3, { ids: [], weights: [] }, texts);
    for (const _ of [1, 2]) {
      const hits = index.search({ ids: [7, 6], weights: [1, 1] }, all);
      expect(hits.map(({ id, terms }) => [id, ...terms])).toEqual([
        [2, 'a b c'],
        [1, '', 'a b c'],
      ]);
      expect(index.weightsOf(new Set([1, 3, 9]))).toEqual(
        new Map([
          [1, { ids: [5, 6, 7], weights: [0.5, 0.25, 1] }],
          [3, { ids: [], weights: [] }],
        ]),
      );
      const saved = index.save();
      expect([...saved.lengths]).toEqual([3, 1, 0]);
      index = new WeightIndex();
      index.append(saved);
    }
  });

  test('what does not fit is refused', () => {
    const index = new WeightIndex();
    index.add(1, { ids: [5], weights: [0.5] });
    expect(() => index.add(1, { ids: [], weights: [] })).toThrow('Expected `id`');
    expect(() => index.add(2, { ids: [5], weights: [] })).toThrow('1 numbers');
    expect(() => index.add(2, { ids: [5, 5], weights: [1, 1] })).toThrow('different token ids');
    expect(() => index.add(2, { ids: [5], weights: [Number.NaN] })).toThrow(
      'Expected `weights[0]` to be a finite number above 0',
    );
    expect(index.size).toBe(1);
    const saved = { ...index.save(), passages: new Uint32Array(1) };
    expect(() => index.append({ ...saved, words: '1 a\n2 b\n' })).toThrow('3 positions');
    expect(() => index.append({ ...saved, words: 'bee\n' })).toThrow('lines of token ids, got bee');
  });
});
