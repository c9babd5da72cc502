import { expect, openTool, test } from './fixtures';

test('what is not text is refused at the door, and the embedder goes on', async ({ page }) => {
  const result = await page.evaluate(async () => {
    const embedder = await bge.create();
    // biome-ignore lint/suspicious/noExplicitAny: wrong on purpose
    const wrong = (texts: any, options?: any) =>
      bge.outcome(embedder.encode(texts, options)).then(({ error }) => error);
    return {
      errors: await Promise.all([
        wrong(['fine', 7]),
        wrong(['fine', 'fine', null]),
        wrong(undefined),
        wrong({}),
        wrong('fine', { maxLength: 513 }),
        wrong('fine', { maxLength: 1 }),
        wrong('fine', { priority: 'high' }),
      ]),
      rows: (await embedder.encode('still works')).rows,
    };
  });
  expect(result.errors.map((error) => error?.name)).toEqual(Array(7).fill('InvalidInputError'));
  expect(result.errors.map((error) => error?.message)).toEqual([
    'Expected `texts[1]` to be a string, got `7` (number)',
    'Expected `texts[2]` to be a string, got `null`',
    'Expected `texts` to be a string or an array of strings, got `undefined`',
    'Expected `texts` to be a string or an array of strings, got an object (Object)',
    "Expected `maxLength` to be an integer from 2 to 512, the model's maximum, got `513` (number)",
    "Expected `maxLength` to be an integer from 2 to 512, the model's maximum, got `1` (number)",
    'Expected `priority` to be a finite number, got `high` (string)',
  ]);
  expect(result.rows).toBe(1);
});

test('options that are no object, and a stream of characters, are refused', async ({ page }) => {
  const errors = await page.evaluate(async () => {
    const embedder = await bge.create();
    const { createEmbedder } = bge;
    // biome-ignore lint/suspicious/noExplicitAny: wrong on purpose
    const wrong = async (value: any) => [
      await bge.outcome(createEmbedder(value)),
      await bge.outcome(embedder.encodeStream(value).next()),
    ];
    return [await wrong('one'), await wrong(null)].flat().map(({ error }) => `${error?.name}: ${error?.message}`);
  });
  expect(errors).toEqual([
    'InvalidInputError: Expected `options` to be an object, got `one` (string)',
    'InvalidInputError: Expected `texts` to be an iterable of strings, got `one` (string)',
    'InvalidInputError: Expected `options` to be an object, got `null`',
    'InvalidInputError: Expected `texts` to be an iterable of strings, got `null`',
  ]);
});

test('empty and strange texts work', async ({ page }) => {
  const result = await page.evaluate(async () => {
    const embedder = await bge.create();
    const none = await embedder.encode([]);
    const texts = ['', ' ', '\u0000', '\ud800 lone', '[SEP] inside [CLS]', 'a'.repeat(300), '\u200f\u202e'];
    const some = await embedder.encode(texts);
    const norms = bge.rows(some).map((row) => Math.hypot(...row));
    return { none: [none.rows, none.data.length], norms, counts: [...some.tokenCounts] };
  });
  expect(result.none).toEqual([0, 0]);
  for (const norm of result.norms) expect(norm).toBeCloseTo(1, 5);
  expect(result.counts.slice(0, 3)).toEqual([2, 2, 2]);
});

test('10 MB of text is cut, not tokenised to its end; exactly 512 tokens work', async ({ page }) => {
  const result = await page.evaluate(async () => {
    const embedder = await bge.create();
    const start = performance.now();
    const huge = await embedder.encode(['word '.repeat(2_000_000), 'x'.repeat(10_000_000), ' '.repeat(10_000_000)]);
    const took = performance.now() - start;
    const exact = await embedder.encode(['tide '.repeat(510), 'tide '.repeat(511)]);
    return {
      counts: [...huge.tokenCounts],
      truncated: [...huge.truncated],
      took,
      exact: [[...exact.tokenCounts], [...exact.truncated]],
    };
  });
  expect(result.counts).toEqual([512, 3, 2]);
  expect(result.truncated).toEqual([1, 0, 0]);
  expect(result.exact).toEqual([
    [512, 512],
    [0, 1],
  ]);
  expect(result.took).toBeLessThan(30_000);
});

test('100,000 texts in one call are taken, a query overtakes them, and they can be cancelled', async ({ page }) => {
  const result = await page.evaluate(async () => {
    const embedder = await bge.create();
    const controller = new AbortController();
    let done = 0;
    const all = bge.outcome(
      embedder.encode(
        Array.from({ length: 100_000 }, (_, i) => `text ${i}`),
        {
          signal: controller.signal,
          onProgress: ({ texts }) => {
            done = texts;
          },
        },
      ),
    );
    const query = await embedder.encodeQueries('in the middle of it');
    while (done < 50) await new Promise((resolve) => setTimeout(resolve, 50));
    controller.abort();
    return { query: query.rows, error: (await all).error?.name, rows: (await embedder.encode('after')).rows };
  });
  expect(result).toEqual({ query: 1, error: 'AbortError', rows: 1 });
});

test('unknown models and wrong options are refused', async ({ page }) => {
  const errors = await page.evaluate(async () => {
    // biome-ignore lint/suspicious/noExplicitAny: wrong on purpose
    const wrong = (options: any) =>
      bge.outcome(bge.create(options)).then(({ error }) => `${error?.name}: ${error?.message}`);
    return Promise.all([
      wrong({ model: 'BAAI/bge-small-fr' }),
      wrong({ device: 'cuda' }),
      wrong({ dtype: 'int4' }),
      wrong({ maxLength: 1000 }),
      wrong({ truncateDim: 0 }),
      wrong({ batchTokens: 0.5 }),
      wrong({ normalize: 'yes' }),
      wrong({ queryInstruction: 5 }),
      wrong({ dtype: 'q4f16' }),
      wrong({ modelBase: 'https://' }),
    ]);
  });
  expect(errors[0]).toContain('UnknownModelError: Unknown model "BAAI/bge-small-fr". Known: BAAI/bge-small-en-v1.5');
  for (const error of errors.slice(1)) expect(error).toContain('InvalidInputError');
});

test.describe('a server that errs', () => {
  const MODEL = /BAAI\/bge-small-en-v1.5\/onnx/;

  for (const [what, name, arrange] of [
    ['404', 'ModelFileNotFoundError', { status: 404 }],
    ['a web page', 'ModelFileNotFoundError', { status: 200, type: 'text/html', body: '<!doctype html><p>home' }],
    ['403', 'DownloadError', { status: 403 }],
  ] as const) {
    test(what, async ({ page, faults }) => {
      faults.answer(MODEL, arrange);
      const error = await page.evaluate(async () => (await bge.outcome(bge.create())).error);
      expect(error).toMatchObject({ name, isBgeError: true });
      faults.clearFaults();
      expect(await page.evaluate(async () => (await (await bge.create()).encode('works')).rows)).toBe(1);
    });
  }

  test('another file than the one that is known', async ({ page, faults }) => {
    faults.corrupt(MODEL, 20_000_000);
    const error = await page.evaluate(async () => (await bge.outcome(bge.create())).error);
    expect(error).toMatchObject({ name: 'IntegrityError' });
  });

  test('a corrupt model and a corrupt tokenizer of an unlisted model', async ({ page, faults }) => {
    faults.answer(/someone\/.*onnx$/, { type: 'application/octet-stream', body: 'not an ONNX graph' });
    const create = () =>
      page.evaluate(async () => {
        bge.registerModel({ id: 'someone/bge-small-en-v1.5', dim: 384 });
        const modelBase = '/{model}/resolve/{revision}/{file}';
        return (await bge.outcome(bge.create({ model: 'someone/bge-small-en-v1.5', modelBase, cache: false }))).error;
      });
    expect(await create()).toMatchObject({ name: 'CorruptModelError' });
    faults.clearFaults();
    faults.answer(/someone\/.*tokenizer.json$/, { type: 'application/json', body: '{"model":' });
    expect(await create()).toMatchObject({ name: 'CorruptTokenizerError' });
  });

  test('an engine whose numbers are wrong is not used', async ({ page }) => {
    const error = await page.evaluate(async () => {
      // The Chinese model's numbers under the English one's name.
      Object.assign(bge.registerModel({ id: 'BAAI/bge-small-en-v1.5', dim: 512 }), { builtIn: true });
      const fake = '/models/BAAI/bge-small-zh-v1.5/{file}?{model}{revision}';
      return (await bge.outcome(bge.create({ modelBase: fake, cache: false }))).error;
    });
    expect(error).toMatchObject({ name: 'SelfCheckError' });
  });
});

test.describe('a browser that lacks something', () => {
  test('WebAssembly', async ({ page }) => {
    const error = await page.evaluate(async () => {
      const worker = () => new Worker('/without-wasm-worker.js', { type: 'module' });
      return (await bge.outcome(bge.create({ worker }))).error;
    });
    expect(error).toMatchObject({ name: 'WasmUnsupportedError' });
  });

  test('a policy that allows WebAssembly', async ({ page, server }) => {
    await openTool(page, server, '/no-wasm.html');
    const error = await page.evaluate(async () => {
      const worker = () => new Worker('/no-wasm-worker.js', { type: 'module' });
      return (await bge.outcome(bge.create({ worker }))).error;
    });
    expect(error).toMatchObject({ name: 'WasmBlockedError', message: expect.stringContaining("'wasm-unsafe-eval'") });
  });

  test('IndexedDB: it works, without cache, and says so', async ({ page }) => {
    const result = await page.evaluate(async () => {
      const worker = () => new Worker('/without-store-worker.js', { type: 'module' });
      const warnings: string[] = [];
      const onProgress = (event: import('../src/index').LoadEvent) => {
        if (event.phase === 'warning') warnings.push(event.warning);
      };
      const embedder = await bge.create({ worker, onProgress });
      return { rows: (await embedder.encode('works')).rows, warnings };
    });
    expect(result).toEqual({ rows: 1, warnings: ['no-store'] });
  });
});

test('the strictest policy that a page can have is enough', async ({ page, server }) => {
  await openTool(page, server, '/strict.html');
  const rows = await page.evaluate(async () => (await (await bge.create()).encode('works')).rows);
  expect(rows).toBe(1);
});
