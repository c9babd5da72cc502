import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { type Server, startServer } from '../../e2e/hub-server';
import * as browser from '../index';
import * as node from './index';
import { createEmbedder, createReranker, type Embedder, type LoadEvent, registerModel } from './index';

const models = join(import.meta.dirname, '../../public/models');
const zh = { model: 'BAAI/bge-small-zh-v1.5' };
const folder = mkdtempSync(join(tmpdir(), 'bge-web-node-'));
let server: Server;

beforeAll(async () => {
  server = await startServer({ roots: { '/models/': models } });
});
beforeEach(() => {
  server.clearFaults();
  server.log.length = 0;
});
afterAll(async () => {
  await server.close();
  rmSync(folder, { recursive: true });
});

const failure = (work: Promise<unknown>) =>
  work.then(
    () => null,
    (error) => error,
  );
const many = (count: number) => Array.from({ length: count }, (_, i) => `text ${i} of many, all about the tides`);

test('it has all that the browser has, but for the store in IndexedDB', () => {
  const missing = Object.keys(browser).filter((name) => !(name in node));
  expect(missing.sort()).toEqual(['deleteModel', 'listModels', 'persist', 'storageEstimate']);
  const search = ['createIndex'];
  expect(Object.keys(node).filter((name) => !(name in browser))).toEqual(search);
});

describe('the model', () => {
  test('comes from a server once, then from the cache folder', { timeout: 60_000 }, async () => {
    const options = { ...zh, modelBase: `${server.url}/models/`, cacheDir: join(folder, 'cache') };
    const events: LoadEvent[] = [];
    const first = await createEmbedder({ ...options, onProgress: (event) => events.push(event) });
    const [before] = await first.encode('蜜蜂酿蜜。');
    expect(new Set(events.map(({ phase }) => phase))).toEqual(
      new Set(['download', 'verify', 'compile', 'warm-up', 'ready']),
    );
    expect(events.at(-1)).toEqual({ phase: 'ready', info: first.info });
    expect(server.log.map(({ url }) => url.split('/').pop()).sort()).toEqual([
      'model_quantized.onnx',
      'model_webgpu.json',
      'tokenizer.json',
    ]);
    expect(readdirSync(join(folder, 'cache/BAAI/bge-small-zh-v1.5/bge-web-1')).sort()).toEqual([
      'onnx',
      'tokenizer.json',
    ]);
    server.log.length = 0;
    server.answer(/./, { status: 500 });
    const [after] = await (await createEmbedder(options)).encode('蜜蜂酿蜜。');
    expect(after).toEqual(before);
    expect(server.log).toEqual([]);
  });

  test('goes on after a cut', { timeout: 60_000 }, async () => {
    const options = { ...zh, modelBase: `${server.url}/models/`, cacheDir: join(folder, 'cut') };
    server.cutAfter(/model_quantized/, 20_000_000);
    server.cutAfter(/model_quantized/, 0, { times: 3 });
    expect(await failure(createEmbedder(options))).toMatchObject({ name: 'DownloadError' });
    server.log.length = 0;
    await createEmbedder(options);
    expect(server.log.find(({ url }) => url.endsWith('model_quantized.onnx'))?.range).toBe('bytes=16777216-');
  });

  test('is refused where a file is damaged or missing', async () => {
    const options = { ...zh, modelBase: `${server.url}/models/`, cache: false };
    server.corrupt(/model_webgpu.json/, 100);
    const error = await failure(createEmbedder(options));
    expect(error).toMatchObject({ name: 'IntegrityError' });
    expect(node.isBgeError(error, 'IntegrityError')).toBe(true);
    server.clearFaults();
    server.answer(/./, { status: 404 });
    expect(await failure(createEmbedder(options))).toMatchObject({ name: 'ModelFileNotFoundError' });
  });

  test('lies in XDG_CACHE_HOME by default, and nowhere with cache: false', { timeout: 60_000 }, async () => {
    vi.stubEnv('XDG_CACHE_HOME', join(folder, 'xdg'));
    const options = { ...zh, modelBase: `${server.url}/models/`, selfCheck: false };
    (await createEmbedder({ ...options, cache: false })).dispose();
    expect(existsSync(join(folder, 'xdg'))).toBe(false);
    (await createEmbedder(options)).dispose();
    expect(existsSync(join(folder, 'xdg/bge-web/BAAI/bge-small-zh-v1.5'))).toBe(true);
    vi.unstubAllEnvs();
  });

  test('is read from a folder: a path, a file: URL, a template', { timeout: 60_000 }, async () => {
    const href = pathToFileURL(models).href;
    for (const modelBase of [relative('.', models), href, new URL(`${href}/`), join(models, '{model}/{file}')]) {
      const embedder = await createEmbedder({ ...zh, modelBase, selfCheck: false });
      expect((await embedder.encode('潮水')).rows).toBe(1);
      embedder.dispose();
    }
    const missing = await failure(createEmbedder({ modelBase: join(folder, 'nowhere') }));
    expect(missing).toMatchObject({ name: 'ModelFileNotFoundError' });
    expect(missing.message).toContain(join(folder, 'nowhere/BAAI/bge-small-en-v1.5'));
  });

  test('must be one that our engine runs', async () => {
    const { id } = registerModel({ id: 'me/for-gpus', dim: 384, graphs: { q4f16: 'onnx/model_q4f16.onnx' } });
    const error = await failure(createEmbedder({ model: id, modelBase: models, dtype: 'q4f16' }));
    expect(error).toMatchObject({ name: 'InvalidInputError' });
    expect(error.message).toContain("me/for-gpus has no q4f16 build for wasm; dtype 'auto' takes what it has");
    expect(await failure(createEmbedder({ model: 'BAAI/bge-reranker-base' }))).toMatchObject({
      name: 'WrongModelError',
    });
    expect(await failure(createReranker({ model: zh.model }))).toMatchObject({ name: 'WrongModelError' });
  });

  test('stops loading when its signal aborts', async () => {
    server.slow(/model_quantized/, 10e6);
    const controller = new AbortController();
    const options = { ...zh, modelBase: `${server.url}/models/`, cache: false, signal: controller.signal };
    const events: LoadEvent[] = [];
    const start = createEmbedder({ ...options, onProgress: (event) => events.push(event) });
    setTimeout(() => controller.abort(new Error('enough')), 300);
    await expect(start).rejects.toThrow('enough');
    const heard = events.length;
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(events.length).toBe(heard);
    await expect(createEmbedder(options)).rejects.toThrow('enough');
  });

  test.each([
    [{ device: 'webgpu' }, '`device`'],
    [{ worker: () => {} }, '`worker`'],
    [{ wasmBase: '/ort/' }, '`wasmBase`'],
    [{ deadline: 1000 }, '`deadline`'],
    [{ modelBase: 'ftp://models/' }, '`modelBase`'],
    [{ modelBase: 'file://elsewhere/models/' }, '`modelBase`'],
    [{ modelBase: '' }, '`modelBase`'],
    [{ modelBase: 7 }, '`modelBase`'],
    [{ cacheDir: '' }, '`cacheDir`'],
    [{ cache: 'no' }, '`cache`'],
    [{ maxLength: 1 }, '`maxLength`'],
    ['BAAI/bge-base-en-v1.5', '`options`'],
    [null, '`options`'],
  ])('wrong options are refused: %o', async (options, what) => {
    const error = await failure(createEmbedder(options as node.EmbedderOptions));
    expect(error).toMatchObject({ name: 'InvalidInputError' });
    expect(error.message).toContain(`Expected ${what}`);
  });
});

describe('an embedder', () => {
  let embedder: Embedder;
  beforeAll(async () => {
    embedder = await createEmbedder({ ...zh, modelBase: models });
  });

  test('encodes a stream, with progress, in order', async () => {
    const rows: number[] = [];
    for await (const piece of embedder.encodeStream(many(10), { chunkSize: 4 })) rows.push(piece.rows);
    expect(rows).toEqual([4, 4, 2]);
    const seen: number[] = [];
    await embedder.encode(many(30), { onProgress: ({ texts }) => seen.push(texts) });
    expect(seen.at(-1)).toBe(30);
    expect(seen.length).toBeGreaterThan(2);
  });

  test('lets a query overtake a corpus, and timers run between', async () => {
    let ticks = 0;
    const timer = setInterval(() => ticks++, 1);
    const order: string[] = [];
    const corpus = embedder.encode(many(200)).then(() => order.push('corpus'));
    await new Promise((resolve) => setTimeout(resolve, 50));
    await embedder.encodeQueries('潮水').then(() => order.push('query'));
    await corpus;
    clearInterval(timer);
    expect(order).toEqual(['query', 'corpus']);
    expect(ticks).toBeGreaterThan(5);
  });

  test('ends a call with the reason of its signal, and goes on', async () => {
    const controller = new AbortController();
    const seen: number[] = [];
    const work = embedder.encode(many(500), {
      signal: controller.signal,
      onProgress({ texts }) {
        seen.push(texts);
        if (texts > 20) controller.abort(new Error('enough'));
      },
    });
    await expect(work).rejects.toThrow('enough');
    const heard = seen.length;
    expect((await embedder.encode('潮水')).rows).toBe(1);
    expect(seen.length).toBe(heard);
    await expect(embedder.encode('潮水', { signal: AbortSignal.abort(new Error('no')) })).rejects.toThrow('no');
  });

  test('checks its input', async () => {
    const wrong = await failure(embedder.encode(['good', 7 as unknown as string]));
    expect(wrong).toMatchObject({ name: 'InvalidInputError' });
    expect(wrong.message).toBe('Expected `texts[1]` to be a string, got `7` (number)');
    const tooLong = await failure(embedder.encode(['short', '长'.repeat(600)], { overflow: 'error' }));
    expect(tooLong).toMatchObject({ name: 'TextTooLongError', details: { index: 1, maxLength: 512 } });
    const headless = await failure(embedder.encode('潮水', { sparse: true }));
    expect(headless).toMatchObject({ name: 'WrongModelError', details: { head: 'sparse' } });
  });

  test('takes many calls at a time without a warning', async () => {
    const warned = vi.fn();
    process.on('warning', warned);
    const { signal } = new AbortController();
    const all = await Promise.all(many(50).map((text) => embedder.encode(text, { signal })));
    await new Promise((resolve) => setTimeout(resolve, 10));
    process.off('warning', warned);
    expect(all.length).toBe(50);
    expect(warned).not.toHaveBeenCalled();
  });

  test('is not harmed by a listener that throws', async () => {
    const uncaught = vi.fn();
    const others = process.listeners('uncaughtException');
    process.removeAllListeners('uncaughtException').on('uncaughtException', uncaught);
    const onProgress = () => {
      throw new Error('mine');
    };
    const { rows } = await embedder.encode('潮水', { onProgress });
    await new Promise((resolve) => setTimeout(resolve, 10));
    process.removeAllListeners('uncaughtException');
    for (const other of others) process.on('uncaughtException', other);
    expect(rows).toBe(1);
    expect(uncaught.mock.calls.map(([error]) => error.message)).toEqual(['mine']);
  });

  test('rejects what is pending, and what comes later, when it is disposed', async () => {
    const pending = [embedder.encode(many(200)), embedder.tokenize(many(200))].map(failure);
    const streaming = failure(
      (async () => {
        for await (const piece of embedder.encodeStream(many(100), { chunkSize: 10 })) expect(piece.rows).toBe(10);
      })(),
    );
    await new Promise((resolve) => setTimeout(resolve, 20));
    embedder.dispose();
    for (const error of await Promise.all([...pending, streaming, failure(embedder.encode('潮水'))]))
      expect(error).toMatchObject({ name: 'DisposedError' });
    embedder.dispose();
    expect(embedder.info.model).toBe(zh.model);
  });
});
