import { describe, expect, test } from 'vitest';
import { readPart } from './formats';
import { type FaultyFile, joined, Parts } from './test-set';

const read = (name: string, text: string) => readPart(new File([text], name));
const lines = (...rows: object[]) => rows.map((row) => `${JSON.stringify(row)}\n`).join('');

const corpus = lines(
  { _id: 'd1', title: 'Tides', text: 'The moon causes the tides.', metadata: {} },
  { _id: 2, title: '', text: 'Bees make honey.' },
);
const queries = lines(
  { _id: 'q1', text: 'why does the sea rise?' },
  { _id: 'q2', text: 'who?' },
  { _id: 'q3', text: 'x' },
);

describe('BEIR’s three files', () => {
  test('are told apart by what is in them, and make a set', async () => {
    const parts = new Parts();
    for (const [name, text] of [
      ['corpus.jsonl', corpus],
      ['queries.jsonl', queries],
    ] as const)
      parts.add(await read(name, text));
    expect(parts.missing).toEqual(['qrels']);
    parts.add(await read('test.tsv', 'query-id\tcorpus-id\tscore\nq1\td1\t2\r\nq1\t2\t0\nq2\t2\t0\n'));
    expect(parts.missing).toEqual([]);
    expect(joined(parts)).toEqual({
      set: {
        documents: [
          { id: 'd1', title: 'Tides', text: 'The moon causes the tides.' },
          { id: '2', title: '', text: 'Bees make honey.' },
        ],
        queries: { q1: 'why does the sea rise?' },
        qrels: { q1: { d1: 2, 2: 0 } },
      },
      unanswered: 1,
    });
    // Without names that say it, as pasted text is.
    expect([(await read('a', corpus)).kind, (await read('b', queries)).kind]).toEqual(['corpus', 'queries']);
    expect((await read('qrels.tsv', 'q1\td1\t1')).kind).toBe('qrels');
    parts.add(await read('b', 'one\ttwo\t3\n'));
    expect(parts.all.map(({ kind }) => kind)).toEqual(['pairs']);
  });

  test('judgements of what is not there are named, with their line', async () => {
    for (const [row, fault] of [
      ['q9\td1\t1', 'unknownQuery'],
      ['q1\td9\t1', 'unknownDocument'],
    ] as const) {
      const parts = new Parts();
      parts.add(await read('corpus.jsonl', corpus));
      parts.add(await read('queries.jsonl', queries));
      parts.add(await read('test.tsv', `query-id\tcorpus-id\tscore\n\nq1\td1\t1\n${row}\n`));
      expect(() => joined(parts)).toThrow(expect.objectContaining({ fault, line: 4, file: 'test.tsv' }));
    }
  });
});

test('FlagEmbedding’s examples: each different text is a document, the same query twice has both answers', async () => {
  const part = await read(
    'mined.jsonl',
    lines(
      { query: 'a', pos: ['one'], neg: ['two', 'three'] },
      { query: 'b', pos: ['two'] },
      { query: 'a', pos: ['two'] },
    ),
  );
  expect(part).toMatchObject({
    kind: 'examples',
    set: {
      documents: ['one', 'two', 'three'].map((text, i) => ({ id: `d${i + 1}`, text })),
      queries: { q1: 'a', q2: 'b' },
      qrels: { q1: { d1: 1, d2: 1 }, q2: { d2: 1 } },
    },
  });
});

test('pairs: by tabs or commas, with or without names, quoted cells over several lines, columns before them', async () => {
  const pairs = [
    { a: 'a, b', b: 'c "d"', gold: 4.5 },
    { a: 'e', b: 'f\ng', gold: 0 },
  ];
  expect(await read('a.csv', 'one,two,score\r\n"a, b","c ""d""",4.5\r\ne,"f\ng",0\r\n')).toMatchObject({
    kind: 'pairs',
    pairs,
  });
  expect(await read('a.tsv', 'id\tsentence1\tsentence2\tscore\n7\t"a\tb\t1\n')).toMatchObject({
    pairs: [{ a: '"a', b: 'b', gold: 1 }],
  });
  // The end of one piece of the text, and the beginning of the next.
  const many = Array.from({ length: 5000 }, (_, i) => `"a text, number ${i}",another,${i}\n`).join('');
  const part = await read('many.csv', many);
  expect(part.kind === 'pairs' && part.pairs.map(({ gold }) => gold)).toEqual(
    Array.from({ length: 5000 }, (_, i) => i),
  );
});

test('what is wrong is named, with its line', async () => {
  const wrong: [name: string, text: string, fault: string, line: number][] = [
    ['a.jsonl', `${corpus}\n{"_id": "x", "text"\n`, 'notJson', 4],
    ['a.json', '[{"_id": "x", "text": "y"}]', 'notJson', 1],
    ['a.jsonl', '{"text": "no id"}', 'unknownKind', 1],
    ['a.jsonl', `${corpus}{"text": "no id"}`, 'noId', 3],
    ['a.jsonl', `${corpus}{"_id": "x"}`, 'noText', 3],
    ['a.jsonl', corpus + corpus, 'twice', 3],
    ['queries.jsonl', `${queries}\n{"_id": "x", "text": " "}`, 'noText', 5],
    ['a.jsonl', '{"query": "a", "pos": ["b"]}\n{"query": " ", "pos": ["b"]}', 'noQuery', 2],
    ['a.jsonl', '{"query": "a", "pos": []}', 'noPos', 1],
    ['a.jsonl', '{"query": "a", "pos": ["b"], "neg": [1]}', 'notTexts', 1],
    ['a.csv', 'a,b,1\n"c\nd",e,2\nf,3\n', 'noColumns', 4],
    ['a.csv', 'a,b,1\n\nc,d,much\n', 'noScore', 3],
    ['a.tsv', 'a\tb\t1\nc\t\t2\n', 'noText', 2],
    ['a.tsv', 'a\tb\tscore\n', 'empty', 0],
    ['a.txt', ' \n', 'empty', 0],
    ['a.bin', 'a\0b', 'notText', 0],
  ];
  for (const [name, text, fault, line] of wrong) {
    const error = await read(name, text).then(
      () => null,
      (thrown: FaultyFile) => thrown,
    );
    expect({ file: error?.file, fault: error?.fault, line: error?.line }, text).toEqual({ file: name, fault, line });
  }
});
