import { expect, openTool, test } from './fixtures';

test('the embedded models run in our own engine: no runtime and no graph is fetched', async ({ page, faults }) => {
  const info = await page.evaluate(async () => (await bge.create()).info);
  expect(info).toMatchObject({ engine: 'wasm', device: 'wasm', dtype: 'q8', threads: 1, fallbackReason: null });
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
  ['gives wrong numbers', 6, 'model_webgpu.json', /failed its self-check: cosine/],
  ['cannot read its weights', 12, 'model_cls.onnx', /The weights cannot be read/],
] as const) {
  test(`when it ${what}, onnxruntime-web takes over in a new worker, and says why`, async ({ page }) => {
    const result = await page.evaluate(
      async ([heads, recipe]) => {
        const spec = bge.registerModel({ id: 'BAAI/bge-small-en-v1.5', dim: 384 });
        const file = (name: string) => ({ path: `onnx/${name}` });
        const source = file('model_quantized.onnx');
        const common = { dtype: 'q8', devices: ['wasm'] };
        const builds = [
          { ...common, engine: 'wasm', weights: { source, recipe: file(recipe) }, heads },
          { ...common, engine: 'ort', graph: file('model_cls.onnx'), weights: { source } },
        ];
        Object.assign(spec, { builtIn: true, own: { ...spec.hub, revision: 'test', builds } });
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
      },
      [heads, recipe] as const,
    );
    expect(result).toMatchObject({ info: { engine: 'ort', device: 'wasm' }, workers: 2, rows: 1 });
    expect(result.info.fallbackReason).toMatch(reason);
    expect(result.reasons).toEqual([result.info.fallbackReason]);
  });
}

test('a page that may share memory gets the runtime with threads', async ({ page, server }) => {
  await openTool(page, server, '/isolated.html');
  expect(await page.evaluate(async () => (await bge.create()).info.engine)).toBe('ort');
});
