import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, openTool, root, test } from './fixtures';

interface Answer {
  readonly input_ids: number[];
  readonly score?: number;
  readonly score_normalized?: number;
}

type RerankCase = { readonly id: string; readonly query: string; readonly passage: string } & {
  readonly [setting: string]: Answer;
};

/** Answers of FlagEmbedding 1.4.2's FlagReranker with the small checkpoint; versions inside. */
const cases: RerankCase[] = JSON.parse(readFileSync(join(root, 'e2e/goldens/m3/reranker.json'), 'utf8')).cases;
const pairs = cases.map(({ query, passage }) => [query, passage] as const);

const SETTINGS = {
  default: {},
  max_length_64: { maxLength: 64 },
  max_length_64_query_16: { maxLength: 64, maxQueryLength: 16 },
  max_length_1024: { maxLength: 1024 },
  max_length_16: { maxLength: 16 },
} as const;

for (const model of ['tiny/bge-reranker', 'tiny/bge-reranker-checkpoint']) {
  test(`${model} gives the logits of the reference, raw and by the sigmoid`, async ({ page }) => {
    const found = await page.evaluate(
      async ([model, pairs, settings]) => {
        const reranker = await bge.createReranker({ model });
        if (reranker.info.engine !== 'wasm') throw new Error('not by our engine');
        const found: Record<string, { raw: number[]; normalized: number[] }> = {};
        for (const [name, options] of Object.entries(settings)) {
          found[name] = {
            raw: [...(await reranker.score(pairs, options))],
            normalized: [...(await reranker.score(pairs, { ...options, normalize: true }))],
          };
        }
        return found;
      },
      [model, pairs, SETTINGS] as const,
    );
    let worst = 0;
    for (const setting of Object.keys(SETTINGS)) {
      for (const [i, golden] of cases.entries()) {
        const { score, score_normalized } = golden[setting]!;
        worst = Math.max(worst, Math.abs(found[setting]!.raw[i]! - score!));
        expect(Math.abs(found[setting]!.raw[i]! - score!), `${setting} ${golden.id}`).toBeLessThan(1e-3);
        expect(Math.abs(found[setting]!.normalized[i]! - score_normalized!)).toBeLessThan(1e-3);
      }
    }
    console.log(`${model}: worst logit error ${worst.toExponential(2)}`);
  });
}

test('instructions stand before query and passage', async ({ page }) => {
  const found = await page.evaluate(async (pairs) => {
    const reranker = await bge.createReranker({ queryInstruction: 'Q: ', passageInstruction: 'P: ', maxLength: 48 });
    return [...(await reranker.score(pairs, { maxQueryLength: 16, normalize: true }))];
  }, pairs);
  for (const [i, golden] of cases.entries()) {
    const { score_normalized } = golden.instructions_q16_max48_normalize!;
    expect(Math.abs(found[i]! - score_normalized!), golden.id).toBeLessThan(1e-3);
  }
});

test('a reranker on WebGPU gives the same logits, several pairs in a batch', async ({ gpuBrowser, server }) => {
  test.setTimeout(300_000);
  const page = await gpuBrowser.newPage();
  await openTool(page, server);
  const short = cases.filter((golden) => golden.default!.input_ids.length < 20);
  const found = await page.evaluate(
    async (pairs) => {
      const reranker = await bge.createReranker({ device: 'webgpu' });
      return { device: reranker.info.device, scores: [...(await reranker.score(pairs))] };
    },
    short.map(({ query, passage }) => [query, passage] as const),
  );
  await page.close();
  expect(found.device).toBe('webgpu');
  for (const [i, golden] of short.entries())
    expect(Math.abs(found.scores[i]! - golden.default!.score!), golden.id).toBeLessThan(1e-3);
});

test('different pairs have different scores: not 1.0 for all', async ({ page }) => {
  const scores = await page.evaluate(async (pairs) => {
    const reranker = await bge.createReranker();
    return [...(await reranker.score(pairs, { normalize: true }))];
  }, pairs);
  expect(new Set(scores.map((score) => score.toFixed(6))).size).toBe(pairs.length);
  for (const score of scores) expect(score).toBeLessThan(0.999);
});

test('rank gives the best first, and what is known on the way', async ({ page }) => {
  const result = await page.evaluate(async () => {
    const reranker = await bge.createReranker();
    // Long ones, or they would go through the model together.
    const passages = [
      'hi ',
      'The giant panda is a bear. ',
      'Bread is baked from dough. ',
      'hi ',
      'Pandas eat bamboo. ',
    ].map((text) => text.repeat(70));
    const partial: number[] = [];
    const ranking = await reranker.rank('what is panda?', passages, {
      topK: 3,
      onProgress: ({ pairs, totalPairs, ranking }) => {
        partial.push(ranking.length);
        if (ranking.some(({ score }, i) => i > 0 && score > ranking[i - 1]!.score)) throw new Error('not sorted');
        if (pairs > totalPairs) throw new Error('too many');
      },
    });
    const all = await reranker.rank('what is panda?', passages);
    const scores = await reranker.score(passages.map((passage) => ['what is panda?', passage] as const));
    return { ranking, all, scores: [...scores], partial, none: await reranker.rank('q', []) };
  });
  expect(result.partial).toEqual([1, 2, 3, 3, 3]);
  expect(result.ranking).toEqual(result.all.slice(0, 3));
  const expected = result.scores.map((score, index) => ({ index, score }));
  expect(result.all).toEqual(expected.sort((a, b) => b.score - a.score || a.index - b.index));
  expect(result.none).toEqual([]);
});

test('a reranker can be aborted in mid-work, survives its worker, and is disposed', async ({ page }) => {
  const result = await page.evaluate(async () => {
    const workers: Worker[] = [];
    const worker = () => {
      workers.push(new Worker('/dist/worker.js', { type: 'module' }));
      return workers.at(-1)!;
    };
    const reranker = await bge.createReranker({ worker });
    const pairs = Array.from({ length: 60 }, (_, i) => [`query ${i}`, 'a long passage '.repeat(200)] as const);
    const controller = new AbortController();
    const onProgress = () => controller.abort(new Error('enough'));
    const aborted = await bge.outcome(reranker.score(pairs, { signal: controller.signal, onProgress }));
    const killed = await bge.outcome(reranker.score(pairs, { onProgress: () => workers[0]!.terminate() }));
    const after = [...(await reranker.score([['a', 'b']]))].length;
    const pending = bge.outcome(reranker.score(pairs));
    setTimeout(() => reranker.dispose(), 50);
    return {
      aborted: aborted.error?.message,
      killed: killed.error?.name,
      after,
      disposed: (await pending).error?.name,
    };
  });
  expect(result).toEqual({ aborted: 'enough', killed: 'WorkerDiedError', after: 1, disposed: 'DisposedError' });
});

test('wrong input, and models for another task, are refused by name', async ({ page }) => {
  const errors = await page.evaluate(async () => {
    const reranker = await bge.createReranker();
    // biome-ignore lint/suspicious/noExplicitAny: wrong on purpose
    const wrong = async (call: (reranker: any) => Promise<unknown>) => {
      const { error } = await bge.outcome(Promise.resolve().then(() => call(reranker)));
      return `${error?.name}: ${error?.message}`;
    };
    return [
      await wrong((it) => it.score([['a', 'b'], 'ab'])),
      await wrong((it) => it.score([['a', 'b'], ['a']])),
      await wrong((it) => it.score([['a', 'b', 'c']])),
      await wrong((it) => it.score([['a', 7]])),
      await wrong((it) => it.score('ab')),
      await wrong((it) => it.rank(7, ['a'])),
      await wrong((it) => it.rank('a', ['b', null])),
      await wrong((it) => it.rank('a', ['b'], { topK: 0 })),
      await wrong((it) => it.score([['a', 'b']], { maxLength: 9000 })),
      await wrong((it) => it.score([['a', 'b']], { maxQueryLength: 513 })),
      await wrong((it) => it.score([['a', 'b']], { normalize: 'yes' })),
      await wrong((it) =>
        it.score(
          [
            ['a', 'b'],
            ['a', 'b '.repeat(40)],
          ],
          { maxLength: 30, overflow: 'error' },
        ),
      ),
      await wrong((it) => it.score([['a '.repeat(27), 'b']], { maxLength: 30, maxQueryLength: 30, overflow: 'error' })),
      await wrong(() => bge.createReranker({ model: 'BAAI/bge-small-en-v1.5' })),
      await wrong(() => bge.create({ model: 'BAAI/bge-reranker-base' })),
      // The registry says one thing, the file another.
      await wrong(() => {
        bge.registerModel({ id: 'tiny/bge-m3', task: 'rerank' });
        return bge.createReranker({ model: 'tiny/bge-m3' });
      }),
      await wrong(() => {
        bge.registerModel({ id: 'tiny/bge-reranker', dim: 32 });
        return bge.create({ model: 'tiny/bge-reranker' });
      }),
    ];
  });
  expect(errors.slice(0, 13)).toEqual([
    'InvalidInputError: Expected `pairs[1]` to be an array of two strings, [query, passage], got `ab` (string)',
    'InvalidInputError: Expected `pairs[1]` to be two strings, [query, passage], got 1',
    'InvalidInputError: Expected `pairs[0]` to be two strings, [query, passage], got 3',
    'InvalidInputError: Expected `pairs[0][1]` to be a string, got `7` (number)',
    'InvalidInputError: Expected `pairs` to be an array of [query, passage], got `ab` (string)',
    'InvalidInputError: Expected `query` to be a string, got `7` (number)',
    'InvalidInputError: Expected `passages[1]` to be a string, got `null`',
    'InvalidInputError: Expected `topK` to be an integer above 0, got `0` (number)',
    "InvalidInputError: Expected `maxLength` to be an integer from 2 to 8192, the model's maximum, got `9000` (number)",
    'InvalidInputError: Expected `maxQueryLength` to be an integer from 1 to 512, got `513` (number)',
    'InvalidInputError: Expected `normalize` to be a boolean, got `yes` (string)',
    'TextTooLongError: pairs[1] has more tokens than maxLength 30 has room for',
    'TextTooLongError: pairs[0] has more tokens than maxLength 30 has room for',
  ]);
  expect(errors[13]).toContain('WrongModelError: BAAI/bge-small-en-v1.5 is an embedder and cannot rerank');
  expect(errors[14]).toContain('WrongModelError: BAAI/bge-reranker-base is a reranker');
  expect(errors[15]).toMatch(/^WrongModelError: .*none of logits, but last_hidden_state: it is of an embedder/);
  expect(errors[16]).toMatch(/^WrongModelError: .*but logits: it is of a reranker/);
});
