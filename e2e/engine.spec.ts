import type { Page } from '@playwright/test';
import type { Embedder } from '../src';
import { expect, openTool, test } from './fixtures';

test('the embedded models run in our own engine: no runtime and no graph is fetched', async ({ page, faults }) => {
  const info = await page.evaluate(async () => (await bge.create()).info);
  expect(info).toMatchObject({ engine: 'wasm', device: 'wasm', dtype: 'q8', fallbackReason: null });
  expect(info.selfCheck).toBeGreaterThan(0.998);
  expect(faults.log.filter(({ url }) => /\/ort\/|\.onnx$/.test(url)).map(({ url }) => url.split('/').pop())).toEqual([
    'model_quantized.onnx',
  ]);
});

test('a vector is the same to the last bit, whatever stands beside the text and in whatever order', async ({
  page,
}) => {
  const same = await page.evaluate(async () => {
    const embedder = await bge.create();
    const texts = Array.from({ length: 12 }, (_, i) => `text ${i} ${'of bees and honey '.repeat(i % 5)}`);
    const together = bge.rows(await embedder.encode(texts));
    const backwards = bge.rows(await embedder.encode([...texts].reverse())).reverse();
    const alone = [];
    for (const text of texts) alone.push(...bge.rows(await embedder.encode(text)));
    return JSON.stringify(together) === JSON.stringify(alone) && JSON.stringify(together) === JSON.stringify(backwards);
  });
  expect(same).toBe(true);
});

test('without its recipe on the server, onnxruntime-web takes over', async ({ page, faults }) => {
  faults.answer(/model_webgpu\.json$/, { status: 404 });
  const result = await page.evaluate(async () => {
    const embedder = await bge.create();
    return { info: embedder.info, rows: (await embedder.encode('works')).rows };
  });
  expect(result).toMatchObject({ info: { engine: 'ort', device: 'wasm', fallbackReason: null }, rows: 1 });
});

test('it takes over from the runtime when only its recipe is missing in the store; offline the runtime goes on', async ({
  page,
  faults,
}) => {
  const engine = () => page.evaluate(async () => (await bge.create()).info.engine);
  faults.answer(/model_webgpu\.json$/, { status: 404, times: 1 });
  expect(await engine()).toBe('ort');
  faults.clearFaults();
  faults.answer(/model_webgpu\.json$/, { status: 500 });
  expect(await engine()).toBe('ort');
  faults.clearFaults();
  expect(await engine()).toBe('wasm');
});

for (const [what, heads, recipe, reason] of [
  ['gives wrong numbers', 6, null, /failed its self-check: cosine/],
  ['cannot read its weights', 12, '{"tensors": []}', /The weights cannot be read/],
] as const) {
  test(`when it ${what}, onnxruntime-web takes over in a new worker, and says why`, async ({ page, faults }) => {
    if (recipe) faults.answer(/model_webgpu\.json$/, { type: 'application/json', body: recipe });
    const result = await page.evaluate(async (heads) => {
      const spec = bge.registerModel({ id: 'BAAI/bge-small-en-v1.5', dim: 384 });
      Object.assign(spec, { builtIn: true, own: { ...spec.hub, revision: 'test', prepared: { heads } } });
      let workers = 0;
      const worker = () => {
        workers++;
        return new Worker('/dist/worker.js', { type: 'module' });
      };
      const reasons: string[] = [];
      const embedder = await bge.create({
        worker,
        onProgress: (event) => event.phase === 'fallback' && reasons.push(event.reason),
      });
      return { info: embedder.info, workers, reasons, rows: (await embedder.encode('works')).rows };
    }, heads);
    expect(result).toMatchObject({ info: { engine: 'ort', device: 'wasm' }, workers: 2, rows: 1 });
    expect(result.info.fallbackReason).toMatch(reason);
    expect(result.reasons).toEqual([result.info.fallbackReason]);
  });
}

test('where its kernels do not compile, onnxruntime-web takes over', async ({ page }) => {
  const info = await page.evaluate(async () => {
    const worker = () => new Worker('/no-simd-worker.js', { type: 'module' });
    return (await bge.create({ worker })).info;
  });
  expect(info).toMatchObject({ engine: 'ort', device: 'wasm' });
  expect(info.fallbackReason).toContain('SIMD is not supported');
});

test('a graph that it does not know is left to onnxruntime-web, in the same worker', async ({ page }) => {
  const result = await page.evaluate(async () => {
    let workers = 0;
    const worker = () => {
      workers++;
      return new Worker('/dist/worker.js', { type: 'module' });
    };
    // All heads are in the graph, which our engine does not compute.
    const m3 = await bge.create({ model: 'tiny/bge-m3-all-heads', worker });
    return { engine: m3.info.engine, fallbackReason: m3.info.fallbackReason, workers };
  });
  expect(result).toEqual({ engine: 'ort', fallbackReason: null, workers: 1 });
});

/** Helpers hold a lock as long as they live. */
const countHelpers = (page: Page) =>
  page.evaluate(async () => {
    const { held = [] } = await navigator.locks.query();
    return held.filter(({ name }) => name?.startsWith('bge-web-helper:')).length;
  });

test('a bulk job gets helpers, which give the same vectors to the last bit and go when there is nothing to do', async ({
  page,
}) => {
  const result = await page.evaluate(async () => {
    const [one, two] = [await bge.create({ threads: 1 }), await bge.create({ threads: 2 })];
    const texts = Array.from({ length: 80 }, (_, i) => `text ${i} ${'of bees and honey '.repeat(i % 23)}`);
    Object.assign(window, { two, texts });
    const expected = bge.rows(await one.encode(texts));
    const found = [await two.encode(texts), await two.encode([...texts].reverse())].map(bge.rows);
    return {
      threads: [one.info.threads, two.info.threads],
      same: [found[0], found[1]!.reverse()].map((rows) => JSON.stringify(rows) === JSON.stringify(expected)),
    };
  });
  expect(result).toEqual({ threads: [1, 2], same: [true, true] });
  await expect.poll(() => countHelpers(page)).toBe(2); // on a busy machine the second one may still be starting
  await expect.poll(() => countHelpers(page), { timeout: 20_000 }).toBe(0);
  const again = await page.evaluate(async () => {
    const { two, texts } = window as unknown as { two: Embedder; texts: string[] };
    return (await two.encode(texts)).rows;
  });
  expect(again).toBe(80);
});

test('single queries start no helper; behind a corpus they wait for no helper', async ({ page }) => {
  const result = await page.evaluate(async () => {
    const embedder = await bge.create({ threads: 2 });
    for (let i = 0; i < 8; i++) await embedder.encodeQueries(`query ${i}`);
    const { held = [] } = await navigator.locks.query();
    const helpers = held.filter(({ name }) => name?.startsWith('bge-web-helper:')).length;
    const texts = Array.from({ length: 300 }, (_, i) => `text ${i} ${'of bees and honey '.repeat(20)}`);
    let done = 0;
    const progress: number[] = [];
    const corpus = embedder.encode(texts, { onProgress: (event) => (done = event.texts) });
    while (done < 40) await new Promise((resolve) => setTimeout(resolve, 20));
    for (let i = 0; i < 5; i++) {
      const before = done;
      await embedder.encodeQueries('which insect makes honey?');
      progress.push(done - before);
    }
    await corpus;
    return { helpers, progress };
  });
  expect(result.helpers).toBe(0);
  // A query of seven tokens is done while each helper ends a text or two.
  expect(Math.max(...result.progress)).toBeLessThan(8);
});

for (const [way, what] of [
  ['refuse', 'cannot be started'],
  ['die', 'die'],
] as const) {
  test(`helpers that ${what} lose no text`, async ({ page }) => {
    const same = await page.evaluate(async (way) => {
      const texts = Array.from({ length: 60 }, (_, i) => `text ${i} ${'of bees and honey '.repeat(i % 19)}`);
      const worker = () => new Worker(`/helpers-worker.js?helpers=${way}`, { type: 'module' });
      const one = await bge.create({ threads: 1 });
      const pool = await bge.create({ threads: 2, worker });
      const expected = JSON.stringify(bge.rows(await one.encode(texts)));
      const found = [await pool.encode(texts), await pool.encode(texts), await pool.encode(texts)];
      return found.map((rows) => JSON.stringify(bge.rows(rows)) === expected);
    }, way);
    expect(same).toEqual([true, true, true]);
    expect(await countHelpers(page)).toBe(0);
  });
}

test('a page that may share memory gets the same engine; the runtime has threads there', async ({ page, server }) => {
  await openTool(page, server, '/isolated.html');
  const info = await page.evaluate(async () => [
    (await bge.create({ threads: 2 })).info,
    (await bge.create({ model: 'tiny/bge-m3-all-heads', threads: 3 })).info,
  ]);
  expect(info).toMatchObject([
    { engine: 'wasm', threads: 2 },
    { engine: 'ort', threads: 3 },
  ]);
});
