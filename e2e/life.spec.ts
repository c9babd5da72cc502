import { expect, openTool, test } from './fixtures';

const LONG_WORK = 60;

test.describe('a worker that dies rejects the pending call, and the next call starts a new one', () => {
  for (const [how, message] of [
    ['close', 'ended without a word'],
    ['throw', 'thrown later'],
    ['reject', 'nobody awaits this'],
  ] as const) {
    test(how, async ({ page }) => {
      const result = await page.evaluate(
        async ([how, count]) => {
          const embedder = await bge.create({ worker: () => new Worker('/mortal-worker.js', { type: 'module' }) });
          const texts = Array.from({ length: count }, (_, i) => `text ${i} `.repeat(100));
          const pending = bge.outcome(
            embedder.encode(texts, { onProgress: () => new BroadcastChannel('mortal').postMessage(how) }),
          );
          const first = await pending;
          const again = await bge.outcome(embedder.encode('after').then(({ rows }) => rows));
          embedder.dispose();
          return { error: first.error, again };
        },
        [how, LONG_WORK] as const,
      );
      expect(result.error).toMatchObject({ name: 'WorkerDiedError', isBgeError: true });
      expect(`${result.error?.message} ${result.error?.cause}`).toContain(message);
      expect(result.again).toEqual({ value: 1 });
    });
  }

  test('terminated by the app', async ({ page }) => {
    const result = await page.evaluate(async (count) => {
      const workers: Worker[] = [];
      const worker = () => {
        workers.push(new Worker('/dist/worker.js', { type: 'module' }));
        return workers.at(-1)!;
      };
      const embedder = await bge.create({ worker });
      const texts = Array.from({ length: count }, (_, i) => `text ${i} `.repeat(100));
      const killed = await bge.outcome(embedder.encode(texts, { onProgress: () => workers[0]!.terminate() }));
      const both = await Promise.all([bge.outcome(embedder.encode('a')), bge.outcome(embedder.encode('b'))]);
      return { error: killed.error, after: both.map(({ value }) => value?.rows), workers: workers.length };
    }, LONG_WORK);
    expect(result).toMatchObject({ error: { name: 'WorkerDiedError' }, after: [1, 1], workers: 2 });
  });

  test('a file that is not there, and one that throws', async ({ page }) => {
    const errors = await page.evaluate(async () => {
      const start = (url: string) => bge.outcome(bge.create({ worker: () => new Worker(url, { type: 'module' }) }));
      return [(await start('/no-such-worker.js')).error, (await start('/throwing-worker.js')).error];
    });
    expect(errors[0]).toMatchObject({ name: 'WorkerDiedError' });
    expect(errors[1]).toMatchObject({
      name: 'WorkerDiedError',
      message: expect.stringContaining('thrown at the top level'),
    });
  });

  test('one that gives no sign of life within the deadline', async ({ page }) => {
    const result = await page.evaluate(async () => {
      const worker = () => new Worker('/mortal-worker.js', { type: 'module' });
      const embedder = await bge.create({ worker, deadline: 4000 });
      new BroadcastChannel('mortal').postMessage('hang');
      await new Promise((resolve) => setTimeout(resolve, 300)); // the two channels have no order
      const hung = await bge.outcome(embedder.encode('never'));
      const again = await bge.outcome(embedder.encode('after').then(({ rows }) => rows));
      return { error: hung.error, again };
    });
    expect(result).toMatchObject({ error: { name: 'WorkerUnresponsiveError' }, again: { value: 1 } });
  });

  test('a worker that was passed in cannot be started anew, and says so', async ({ page }) => {
    const error = await page.evaluate(async () => {
      const worker = new Worker('/dist/worker.js', { type: 'module' });
      const embedder = await bge.create({ worker });
      worker.terminate();
      await bge.outcome(embedder.encode('a'));
      return (await bge.outcome(embedder.encode('b'))).error;
    });
    expect(error).toMatchObject({ name: 'WorkerDiedError', message: expect.stringContaining('pass a function') });
  });
});

test('an aborted call rejects at once with the reason, the worker drops it, others go on', async ({ page }) => {
  const result = await page.evaluate(async (count) => {
    const embedder = await bge.create();
    const texts = Array.from({ length: count }, (_, i) => `text ${i} `.repeat(100));
    const controller = new AbortController();
    let events = 0;
    const aborted = bge.outcome(
      embedder.encode(texts, {
        signal: controller.signal,
        onProgress: () => ++events === 2 && controller.abort(new Error('changed my mind')),
      }),
    );
    const other = bge.outcome(embedder.encode('other').then(({ rows }) => rows));
    const { error } = await aborted;
    const eventsThen = events;
    const after = await embedder.encodeQueries('after');
    await new Promise((resolve) => setTimeout(resolve, 1500));
    const already = await bge.outcome(embedder.encode('x', { signal: AbortSignal.abort('too late') }).catch(String));
    return { error, other: await other, after: after.rows, more: events - eventsThen, already };
  }, LONG_WORK);
  expect(result.error).toMatchObject({ name: 'Error', message: 'changed my mind' });
  expect(result).toMatchObject({ other: { value: 1 }, after: 1, already: { value: 'too late' } });
  expect(result.more).toBe(0);
});

test('a listener that throws is the app’s own trouble: the work goes on', async ({ page }) => {
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(error.message));
  const result = await page.evaluate(async () => {
    const onProgress = () => {
      throw new Error('in the listener');
    };
    const embedder = await bge.create({ onProgress });
    const rows = (await embedder.encode(['a', 'b'], { onProgress })).rows;
    return { rows, after: (await embedder.encode('c')).rows };
  });
  expect(result).toEqual({ rows: 2, after: 1 });
  expect(new Set(errors)).toEqual(new Set(['in the listener']));
});

test('an aborted start rejects with the reason and ends its worker', async ({ page, faults }) => {
  faults.slow(/model_quantized/, 5_000_000);
  const result = await page.evaluate(async () => {
    const signal = AbortSignal.timeout(700);
    const { error } = await bge.outcome(bge.create({ signal, cache: false }));
    return error;
  });
  expect(result).toMatchObject({ name: 'TimeoutError' });
});

test('a query overtakes a corpus, and results never mix', async ({ page }) => {
  const result = await page.evaluate(async () => {
    const embedder = await bge.create();
    const texts = Array.from({ length: 40 }, (_, i) => `number ${i} `.repeat(20 + i));
    const order: string[] = [];
    const noted = async <T>(name: string, call: Promise<T>) => {
      const value = await call;
      order.push(name);
      return value;
    };
    const corpus = noted('corpus', embedder.encode(texts));
    const second = noted('second', embedder.encode(texts.slice(0, 3)));
    const query = noted('query', embedder.encodeQueries('a query'));
    const all = await Promise.all([corpus, second, query]);
    const alone = await embedder.encode(texts[2]!);
    const difference = alone.row(0).map((value, d) => Math.abs(value - all[0].row(2)[d]!));
    return { order, rows: all.map(({ rows }) => rows), difference: Math.max(...difference) };
  });
  expect(result.order).toEqual(['query', 'second', 'corpus']);
  expect(result.rows).toEqual([40, 3, 1]);
  expect(result.difference).toBeLessThan(1e-6);
});

test('a stream takes no text before there is room for it, and gives all in order', async ({ page }) => {
  const result = await page.evaluate(async () => {
    const embedder = await bge.create();
    let taken = 0;
    async function* corpus() {
      for (let i = 0; i < 20; i++) {
        taken++;
        yield `text number ${i}`;
      }
    }
    const ahead: number[] = [];
    const rows: number[][] = [];
    for await (const piece of embedder.encodeStream(corpus(), { chunkSize: 4 })) {
      ahead.push(taken - rows.length);
      rows.push(...bge.rows(piece));
    }
    const alone = await embedder.encodeCorpus('text number 13');
    for await (const _ of embedder.encodeStream(corpus(), { chunkSize: 4 })) break;
    return {
      ahead: Math.max(...ahead),
      rows: rows.length,
      same: alone.row(0).every((v, d) => Math.abs(v - rows[13]![d]!) < 1e-6),
    };
  });
  expect(result).toEqual({ ahead: 8, rows: 20, same: true });
});

test('a stream shows what is done while its source is idle, and ends at once when it is aborted', async ({ page }) => {
  const result = await page.evaluate(async () => {
    const embedder = await bge.create();
    async function* source() {
      yield 'the only text for now';
      await new Promise(() => {});
    }
    const controller = new AbortController();
    let pieces = 0;
    const { error } = await bge.outcome(
      (async () => {
        for await (const _ of embedder.encodeStream(source(), { chunkSize: 1, signal: controller.signal })) {
          pieces++;
          setTimeout(() => controller.abort(new Error('enough')), 100);
        }
      })(),
    );
    return { pieces, message: error?.message, after: (await embedder.encode('after')).rows };
  });
  expect(result).toEqual({ pieces: 1, message: 'enough', after: 1 });
});

test('what the caller does to the array after the call does not matter', async ({ page }) => {
  const result = await page.evaluate(async () => {
    const embedder = await bge.create();
    const texts = ['one', 'two'];
    const pending = embedder.encode(texts);
    texts.length = 0;
    const proxied = await embedder.encode(new Proxy(['one'], {}));
    return { rows: (await pending).rows, proxied: proxied.rows };
  });
  expect(result).toEqual({ rows: 2, proxied: 1 });
});

test('a disposed embedder rejects pending and later calls', async ({ page }) => {
  const errors = await page.evaluate(async () => {
    const embedder = await bge.create();
    const pending = bge.outcome(embedder.encode(Array(40).fill('some text '.repeat(50))));
    setTimeout(() => embedder.dispose(), 50);
    return [(await pending).error?.name, (await bge.outcome(embedder.encode('later'))).error?.name];
  });
  expect(errors).toEqual(['DisposedError', 'DisposedError']);
});

test.describe('without a usable GPU', () => {
  test('the CPU is taken, and the reason is told', async ({ page }) => {
    const info = await page.evaluate(async () => {
      const events: string[] = [];
      const embedder = await bge.create({ device: 'webgpu', onProgress: ({ phase }) => events.push(phase) });
      return { ...embedder.info, events };
    });
    expect(info).toMatchObject({ device: 'wasm', fallbackReason: expect.stringContaining('no adapter') });
    expect(info.events.at(-1)).toBe('ready');
  });

  test('a software adapter is taken only when it is asked for', async ({ gpuBrowser, server }) => {
    const page = await gpuBrowser.newPage();
    await openTool(page, server);
    const info = await page.evaluate(async () => (await bge.create({ device: 'auto' })).info);
    await page.close();
    expect(info).toMatchObject({ device: 'wasm', fallbackReason: expect.stringContaining('software adapter') });
  });

  test('a runtime that cannot be loaded for the GPU leads to the CPU in a new worker', async ({
    gpuBrowser,
    server,
    faults,
  }) => {
    faults.answer(/jspi/, { status: 404 });
    const page = await gpuBrowser.newPage();
    await openTool(page, server);
    const result = await page.evaluate(async () => {
      let workers = 0;
      const worker = () => {
        workers++;
        return new Worker('/dist/worker.js', { type: 'module' });
      };
      const events: string[] = [];
      const embedder = await bge.create({ device: 'webgpu', worker, onProgress: ({ phase }) => events.push(phase) });
      return { info: embedder.info, workers, events, rows: (await embedder.encode('works')).rows };
    });
    await page.close();
    expect(result).toMatchObject({ info: { device: 'wasm' }, workers: 2, rows: 1 });
    expect(result.info.fallbackReason).toContain('could not be loaded');
    expect(result.events).toContain('fallback');
  });

  test('the GPU process crashes in mid-encode: the call is replayed on the CPU', async ({ gpuBrowser, server }) => {
    test.setTimeout(300_000);
    const page = await gpuBrowser.newPage();
    await openTool(page, server);
    const crash = await gpuBrowser.newBrowserCDPSession();
    await page.exposeFunction('crashGpu', () => crash.send('Browser.crashGpuProcess'));
    const result = await page.evaluate(async () => {
      // The self-check takes half a minute on a software GPU, and is not what is tested.
      const embedder = await bge.create({ device: 'webgpu', selfCheck: false });
      const before = embedder.info.device;
      const texts = Array.from({ length: 6 }, (_, i) => 'a text of a length of its own '.repeat(i + 1));
      let crashed = false;
      const onProgress = () => {
        if (crashed) return;
        crashed = true;
        (globalThis as unknown as { crashGpu(): void }).crashGpu();
      };
      const encoded = await bge.outcome(embedder.encode(texts, { onProgress }));
      const reference = await bge.create({ device: 'wasm' });
      const expected = await reference.encode(texts);
      const { value } = encoded;
      const difference = value ? Math.max(...value.data.map((v, i) => Math.abs(v - expected.data[i]!))) : null;
      return { before, error: encoded.error, info: embedder.info, difference, space: value?.space === expected.space };
    });
    await page.close();
    expect(result).toMatchObject({ before: 'webgpu', error: undefined, info: { device: 'wasm' }, space: true });
    expect(result.info.fallbackReason).toContain('GPU');
    expect(result.difference).toBeLessThan(1e-6);
  });
});
