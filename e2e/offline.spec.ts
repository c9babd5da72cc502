import { expect, test } from './fixtures';

test('the second start makes no request for model files and works offline, also for a changed query', async ({
  page,
  context,
  faults,
}) => {
  const first = await page.evaluate(async () => {
    const embedder = await bge.create();
    const row = [...(await embedder.encode('the same text')).row(0)];
    embedder.dispose();
    return { row, models: await bge.listModels() };
  });
  expect(first.models).toMatchObject([{ model: 'BAAI/bge-small-en-v1.5', complete: true }]);
  faults.log.length = 0;
  const second = await page.evaluate(async () => {
    const phases = new Set<string>();
    const embedder = await bge.create({
      onProgress: (event) => phases.add('cached' in event ? `cached ${event.cached}` : event.phase),
    });
    return { row: [...(await embedder.encode('the same text')).row(0)], phases: [...phases] };
  });
  expect(faults.log.filter(({ url }) => url.startsWith('/models/'))).toEqual([]);
  expect(second.row).toEqual(first.row);
  expect(second.phases).toContain('cached true');
  expect(second.phases).not.toContain('cached false');

  // From here the network is off for the page and its workers. The app's own files (page, worker, runtime) are the
  // app's to keep; here the worker that runs already shows that encoding needs nothing.
  const requests: string[] = [];
  context.on('request', (request) => requests.push(request.url()));
  const offline = await page.evaluate(async () => {
    const embedder = await bge.create();
    (globalThis as { offline?: unknown }).offline = embedder;
    return embedder.info.device;
  });
  expect(offline).toBe('wasm');
  expect(requests.filter((url) => url.includes('/models/'))).toEqual([]);
  requests.length = 0;
  await context.setOffline(true);
  const score = await page.evaluate(async () => {
    const embedder = (globalThis as unknown as { offline: import('../src/index').Embedder }).offline;
    const query = await embedder.encodeQueries('What do bees make?');
    const passages = await embedder.encode(['Bees make honey.', 'The tide is high.']);
    return [...bge.similarity(query, passages)[0]!];
  });
  expect(score[0]).toBeGreaterThan(score[1]! + 0.1);
  expect(requests).toEqual([]);
});

test('a start with the network off, from what the first start kept', async ({ page, context }) => {
  // A service worker stands for the app's own offline copy of its page, worker and runtime; it keeps no model file.
  await page.evaluate(async () => {
    await navigator.serviceWorker.register('/app-files.js');
    await navigator.serviceWorker.ready;
  });
  await page.reload();
  await page.addScriptTag({ type: 'module', url: '/tool.js' });
  await page.waitForFunction(() => 'bge' in window && navigator.serviceWorker.controller);
  const online = await page.evaluate(async () => [...(await (await bge.create()).encode('kept')).row(0)]);
  await context.setOffline(true);
  await page.reload();
  await page.addScriptTag({ type: 'module', url: '/tool.js' });
  await page.waitForFunction(() => 'bge' in window);
  const offline = await page.evaluate(async () => [...(await (await bge.create()).encode('kept')).row(0)]);
  expect(offline).toEqual(online);
});

test('the layout of the hub, with a registered model of unknown hashes', async ({ page, faults }) => {
  const result = await page.evaluate(async () => {
    bge.registerModel({ id: 'someone/bge-small-en-v1.5', dim: 384, queryInstruction: 'query: ' });
    const options = {
      model: 'someone/bge-small-en-v1.5',
      modelBase: '/{model}/resolve/{revision}/{file}',
      revision: 'v2',
    };
    const embedder = await bge.create(options);
    const row = [...(await embedder.encodeQueries('a text')).row(0)];
    const plain = [...(await embedder.encode('query: a text')).row(0)];
    embedder.dispose();
    const again = await bge.create(options);
    return { info: again.info, same: row.every((value, d) => Math.abs(value - plain[d]!) < 1e-6) };
  });
  expect(result.info).toMatchObject({ model: 'someone/bge-small-en-v1.5', revision: 'v2', dtype: 'q8' });
  expect(result.same).toBe(true);
  const files = faults.log.map(({ url }) => url).filter((url) => url.includes('/resolve/'));
  expect(files.sort()).toEqual([
    '/someone/bge-small-en-v1.5/resolve/v2/1_Pooling/config.json',
    '/someone/bge-small-en-v1.5/resolve/v2/onnx/model_quantized.onnx',
    '/someone/bge-small-en-v1.5/resolve/v2/tokenizer.json',
  ]);
});
