import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  fromJsonl,
  type MinedExample,
  type MiningOptions,
  mineHardNegatives,
  type TrainingExample,
  toJsonl,
} from './index';

// Of FlagEmbedding's hn_mine.py and sentence-transformers' mine_hard_negatives, run on these vectors; see make_mining.py there.
const golden: {
  dim: number;
  texts: string[];
  vectors: number[][];
  queryVectors: number[][];
  pairs: TrainingExample[];
  flag: { pool: boolean; range: [number, number]; candidates: string[][] }[];
  limits: {
    options: { absolute_margin?: number; relative_margin?: number; max_score?: number };
    reranker: boolean;
    left: string[][];
  }[];
  logits: number[][];
} = JSON.parse(readFileSync(join(import.meta.dirname, '../../e2e/goldens/training/mining.json'), 'utf8'));
const { dim, texts, pairs } = golden;
const queries = pairs.map(({ query }) => query);

/** Gives the stored vectors. */
const embedder = {
  info: { space: 'stored', dim },
  calls: 0,
  encode: (all: readonly string[], vectors: number[][], asked: readonly string[]) => {
    embedder.calls++;
    return Promise.resolve({
      data: Float32Array.from(asked.flatMap((text) => vectors[all.indexOf(text)]!)),
      space: 'stored',
    });
  },
  encodeCorpus: (asked: readonly string[]) => embedder.encode(texts, golden.vectors, asked),
  encodeQueries: (asked: readonly string[]) => embedder.encode(queries, golden.queryVectors, asked),
};
const reranker = {
  score: async (asked: readonly (readonly [string, string])[]) =>
    asked.map(([query, text]) => golden.logits[queries.indexOf(query)]![texts.indexOf(text)]!),
};

async function all(mined: AsyncIterable<MinedExample>): Promise<MinedExample[]> {
  const list: MinedExample[] = [];
  for await (const example of mined) list.push(example);
  return list;
}
const mine = (options: Partial<MiningOptions> = {}, corpus: readonly string[] | null = texts, of = pairs) =>
  all(mineHardNegatives(of, corpus, { embedder, ...options }));
const negatives = (mined: readonly MinedExample[]) => mined.map(({ neg }) => neg);

describe('the candidates', () => {
  for (const { pool, range, candidates } of golden.flag)
    test(`are those of FlagEmbedding's script, ${pool ? 'of a pool' : 'of pos and neg'}, ${range.join('-')}`, async () => {
      // Asked for one by one: all of them come out, in their order.
      for (const [i, pair] of pairs.entries()) {
        const corpus = pool ? texts : [...new Set(pairs.flatMap(({ pos, neg = [] }) => [...pos, ...neg]))];
        const [mined] = await mine({ range, negatives: candidates[i]!.length }, corpus, [pair]);
        expect(mined!.neg).toEqual(candidates[i]);
      }
      const [least] = candidates.map(({ length }) => length).sort((a, b) => a - b);
      for (const [i, neg] of negatives(await mine({ range, negatives: least! }, pool ? texts : null)).entries())
        expect(candidates[i]).toEqual(expect.arrayContaining([...neg]));
    });

  for (const { options, reranker: judged, left } of golden.limits)
    test(`within limits are sentence-transformers', ${JSON.stringify(options)}${judged ? ', by a reranker' : ''}`, async () => {
      const { absolute_margin: margin, relative_margin: relativeMargin, max_score: maxScore } = options;
      const limits = {
        ...(margin !== undefined && { margin }),
        ...(relativeMargin !== undefined && { relativeMargin }),
        ...(maxScore !== undefined && { maxScore }),
      };
      const of = {
        ...limits,
        ...(judged && { reranker }),
        range: [0, texts.length] as const,
        negatives: texts.length - 5,
      };
      expect(negatives(await mine(of)).map((neg) => [...neg].sort())).toEqual(left.map((all) => [...all].sort()));
    });
});

describe('what is drawn', () => {
  test('hangs on the seed alone, and has no positive, no query and no text twice', async () => {
    const settings = fc.record({
      seed: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
      from: fc.integer({ min: 0, max: 200 }),
      length: fc.integer({ min: 1, max: 60 }),
      wanted: fc.integer({ min: 1, max: 236 }),
    });
    await fc.assert(
      fc.asyncProperty(settings, async ({ seed, from, length, wanted }) => {
        const options = { seed, range: [from, from + length] as const, negatives: wanted };
        const mined = await mine(options);
        expect(await mine(options)).toEqual(mined);
        for (const { query, pos, neg } of mined) {
          expect(new Set([...neg, ...pos, query]).size).toBe(wanted + pos.length + 1);
          expect(neg.length).toBe(wanted);
        }
      }),
      { numRuns: 25 },
    );
    expect(negatives(await mine({ seed: 1 }))).not.toEqual(negatives(await mine({ seed: 2 })));
  });

  test("keeps the other fields, drops scores of other negatives, and writes the reranker's logits", async () => {
    const pair = { ...pairs[0]!, neg_scores: [1] };
    const before = structuredClone(pair);
    const [plain] = await mine({}, texts, [pair]);
    expect(pair).toEqual(before);
    expect([plain!.prompt, plain!.id, plain!.neg.length, plain!.neg_scores]).toEqual(['é', 0, 15, undefined]);
    const [scored] = await mine({ reranker }, texts, [pair]);
    expect(scored!.neg).toEqual(plain!.neg);
    expect(scored!.neg_scores).toEqual(await reranker.score(plain!.neg.map((text) => [pair.query, text])));
    expect(scored!.pos_scores).toEqual(await reranker.score(pair.pos.map((text) => [pair.query, text])));
  });
});

test('pairs come one by one where the corpus is given; progress tells of both parts', async () => {
  const read: number[] = [];
  const events: string[] = [];
  async function* source() {
    for (let i = 0; i < 200; i++) {
      read.push(i);
      yield pairs[i % pairs.length]!;
    }
  }
  const onProgress = ({ phase, done, total }: { phase: string; done: number; total: number | null }) =>
    events.push(`${phase} ${done}/${total}`);
  for await (const _ of mineHardNegatives(source(), texts, { embedder, onProgress })) break;
  expect(read.length).toBe(64);
  expect(events).toEqual(['corpus 64/241', 'corpus 128/241', 'corpus 192/241', 'corpus 241/241', 'mine 1/null']);
});

test('an abort ends it', async () => {
  const controller = new AbortController();
  const calls = embedder.calls;
  const onProgress = () => controller.abort(new Error('enough'));
  await expect(mine({ onProgress, signal: controller.signal })).rejects.toThrow('enough');
  expect(embedder.calls).toBe(calls + 1);
});

describe('JSONL', () => {
  const lines = async (source: Parameters<typeof fromJsonl>[0]) => {
    const examples: TrainingExample[] = [];
    for await (const example of fromJsonl(source)) examples.push(example);
    return examples;
  };

  test('is read as it was written, however it is cut', async () => {
    const texts = fc.array(fc.string({ unit: 'grapheme' }), { minLength: 1, maxLength: 3 });
    const example = fc.record({ query: fc.string({ unit: 'grapheme' }), pos: texts, neg: texts, id: fc.integer() });
    await fc.assert(
      fc.asyncProperty(fc.array(example, { maxLength: 5 }), fc.integer({ min: 1, max: 40 }), async (examples, size) => {
        let written = '';
        for await (const line of toJsonl(examples)) written += line;
        expect(written.split('\n').length).toBe(examples.length + 1);
        expect(await lines(written)).toEqual(examples);
        const bytes = new TextEncoder().encode(written);
        const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) =>
          bytes.slice(i * size, (i + 1) * size),
        );
        const stream = new ReadableStream<Uint8Array<ArrayBuffer>>({
          start(controller) {
            for (const piece of pieces) controller.enqueue(piece);
            controller.close();
          },
        });
        expect(await lines(stream)).toEqual(examples);
        expect(await lines(new Blob([written]))).toEqual(examples);
      }),
      { numRuns: 30 },
    );
  });

  test('says which line is wrong', async () => {
    const line = '{"query": "q", "pos": ["p"]}';
    await expect(lines(`${line}\r\n\n{"query"`)).rejects.toThrow('Expected line 3 to be JSON, got `{"query"`');
    await expect(lines(`${line}\n{"query": "q", "pos": []}`)).rejects.toThrow(
      'Expected `line 2.pos` to be at least one text, got none',
    );
    await expect(lines('{"query": "q", "pos": ["p"], "neg": ["n"], "neg_scores": [1, 2]}')).rejects.toThrow(
      'Expected `line 1.neg_scores` to be one number a text, 1, got 2',
    );
  });
});

test('what is wrong is named', async () => {
  const wrong: [Promise<unknown>, string][] = [
    [
      mine({}, texts, [pairs[0]!, { query: 'q', pos: [] }]),
      'Expected `pairs[1].pos` to be at least one text, got none',
    ],
    [
      mine({}, texts.slice(0, 9)),
      'Expected `corpus` to be 15 different texts or more that are neither positives nor the query of pairs[0], got 9: 6 are missing; add texts, or ask for fewer `negatives`',
    ],
    [mine({ range: [10, 10] }), 'Expected `range[1]` to be an integer from 11 to 9007199254740991, got `10` (number)'],
    [mine({ negatives: 0 }), 'Expected `negatives` to be an integer above 0, got `0` (number)'],
    [mine({ margin: Number.NaN }), 'Expected `margin` to be a finite number, got `NaN` (number)'],
    [
      all(mineHardNegatives(pairs, texts, {} as MiningOptions)),
      'Expected `embedder` to be an embedder, as createEmbedder() gives, got `undefined`',
    ],
    [
      all(mineHardNegatives('x' as never, texts, { embedder })),
      'Expected `pairs` to be an array, or an iterable, of examples, got `x` (string)',
    ],
  ];
  for (const [work, message] of wrong)
    await expect(work).rejects.toThrow(expect.objectContaining({ name: 'InvalidInputError', message }));
  const moved = { ...embedder, info: { space: 'another', dim } };
  await expect(mine({ embedder: moved })).rejects.toThrow(expect.objectContaining({ name: 'SpaceMismatchError' }));
});
