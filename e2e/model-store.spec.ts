import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, type Page, test } from '@playwright/test';
import { build } from 'esbuild';
import type { LoadEvent } from '../src/shared/protocol';
import type { FileRequest } from '../worker/model-store';
import { type Server, startServer } from './hub-server';
import type { Harness } from './model-store/page';
import type { ReadRequest } from './model-store/worker';

const CHUNK = 8 * 2 ** 20;
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

let folder: string;
let server: Server;
/** Three chunks, the last of them short. */
let big: Buffer<ArrayBuffer>;
let small: Buffer<ArrayBuffer>;

test.beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'model-store-'));
  await build({
    entryPoints: {
      worker: join(import.meta.dirname, 'model-store/worker.ts'),
      page: join(import.meta.dirname, 'model-store/page.ts'),
    },
    outdir: folder,
    bundle: true,
    format: 'esm',
    logLevel: 'error',
  });
  await writeFile(join(folder, 'index.html'), '<!doctype html><script type="module" src="/page.js"></script>');
  server = await startServer({ roots: { '/': folder } });
});

test.afterAll(async () => {
  await server?.close();
  await rm(folder, { recursive: true, force: true });
});

test.beforeEach(async ({ page }) => {
  server.clearFaults();
  big = randomBytes(2.5 * CHUNK);
  small = Buffer.from(JSON.stringify({ vocabulary: randomBytes(5_000).toString('hex') }));
  await writeFile(join(folder, 'big.onnx'), big);
  await writeFile(join(folder, 'small.json'), small);
  await page.goto(server.url);
  server.log.length = 0;
});

/** A request for big.onnx, by default with its size and hash, as the registry has them. */
function bigFile(
  file: Partial<FileRequest['file']> = { bytes: big.length, sha256: sha256(big) },
  from = server,
): FileRequest {
  return { url: `${from.url}/big.onnx`, model: 'org/model', revision: 'main', file: { path: 'big.onnx', ...file } };
}

function smallFile(file: Partial<FileRequest['file']> = {}): FileRequest {
  return {
    url: `${server.url}/small.json`,
    model: 'org/model',
    revision: 'main',
    file: { path: 'small.json', ...file },
  };
}

const unknown = {};

function read(page: Page, ...files: FileRequest[]) {
  return readWith(page, {}, ...files);
}

function readWith(page: Page, options: Omit<ReadRequest, 'files'>, ...files: FileRequest[]) {
  return page.evaluate((request) => (globalThis as unknown as Harness).read(request), { ...options, files });
}

function harness<K extends Exclude<keyof Harness, 'read'>>(page: Page, name: K, ...args: Parameters<Harness[K]>) {
  const call = ([name, args]: [string, unknown[]]) =>
    (globalThis as unknown as Record<string, (...args: unknown[]) => unknown>)[name]!(...args);
  return page.evaluate(call, [name, args] as [string, unknown[]]) as Promise<Awaited<ReturnType<Harness[K]>>>;
}

/** What was asked of the server, such as `200` or `206 bytes=8388608-`, since the last call. */
function requests(path = '/big.onnx'): string[] {
  const seen = server.log
    .filter(({ url }) => url === path)
    .map(({ status, range }) => [status, range].filter(Boolean).join(' '));
  server.log.length = 0;
  return seen;
}

const warnings = (events: readonly LoadEvent[]) =>
  events.flatMap((event) => (event.phase === 'warning' ? [event.warning] : []));
const downloads = <E extends LoadEvent>(events: readonly E[]) =>
  events.filter((event): event is Extract<E, { phase: 'download' }> => event.phase === 'download');

test.describe('the store', () => {
  test('a second load needs no request and works offline', async ({ page, context }) => {
    const first = await read(page, bigFile(), smallFile());
    expect(first.hashes).toEqual([sha256(big), sha256(small)]);
    expect(downloads(first.events).every(({ cached }) => !cached)).toBe(true);
    server.log.length = 0;
    await page.reload();
    server.log.length = 0;
    // The worker script must come from the server, so only the files' requests are counted here.
    const second = await read(page, bigFile(), smallFile());
    expect(second.hashes).toEqual(first.hashes);
    expect(downloads(second.events).every(({ cached }) => cached)).toBe(true);
    expect(server.log.map(({ url }) => url)).toEqual(['/worker.js']);
    await page.route('**/worker.js', (route) => route.fulfill({ path: join(folder, 'worker.js') }));
    await context.setOffline(true);
    expect((await read(page, bigFile(), smallFile())).hashes).toEqual(first.hashes);
  });

  test('one progress total over all files, at most every 50 ms, up to the last byte', async ({ page }) => {
    server.slow(/big/, 40e6);
    const { events } = await read(page, bigFile(), smallFile());
    const seen = downloads(events);
    expect(seen.length).toBeGreaterThan(4);
    const last = seen.at(-1)!;
    expect([last.loaded, last.total]).toEqual([big.length + small.length, big.length + small.length]);
    for (const [n, event] of seen.entries()) {
      const before = seen[n - 1];
      expect(event.total).toBeGreaterThanOrEqual(big.length);
      if (!before) continue;
      expect(event.loaded).toBeGreaterThanOrEqual(before.loaded);
      if (event !== last) expect(event.at - before.at).toBeGreaterThanOrEqual(49);
    }
    expect(events.flatMap((event) => (event.phase === 'verify' ? [event.file] : [])).sort()).toEqual([
      'big.onnx',
      'small.json',
    ]);
  });

  test('an unknown size and hash are taken from the server at first use, and kept', async ({ page }) => {
    server.headers(/big/, { 'X-Linked-ETag': `"${sha256(big)}"` });
    expect((await read(page, bigFile(unknown))).hashes).toEqual([sha256(big)]);
    requests();
    expect((await read(page, bigFile(unknown))).hashes).toEqual([sha256(big)]);
    expect(requests()).toEqual([]);
  });

  for (const how of ['flip', 'halve', 'delete'] as const) {
    test(`a chunk heals by one Range request (${how})`, async ({ page }) => {
      await read(page, bigFile());
      requests();
      await harness(page, 'damage', 1, how);
      expect((await read(page, bigFile())).hashes).toEqual([sha256(big)]);
      expect(requests()).toEqual([`206 bytes=${CHUNK}-${2 * CHUNK - 1}`]);
      expect((await read(page, bigFile())).hashes).toEqual([sha256(big)]);
      expect(requests()).toEqual([]);
    });
  }

  test('two damaged chunks at the ends heal by two Range requests', async ({ page }) => {
    await read(page, bigFile(unknown));
    requests();
    await harness(page, 'damage', 0, 'flip');
    await harness(page, 'damage', 2, 'flip');
    expect((await read(page, bigFile(unknown))).hashes).toEqual([sha256(big)]);
    expect(requests()).toEqual([`206 bytes=0-${CHUNK - 1}`, `206 bytes=${2 * CHUNK}-`]);
  });

  test('a damaged chunk of a file that the server has replaced brings the new file', async ({ page }) => {
    await read(page, bigFile(unknown));
    await harness(page, 'damage', 1, 'flip');
    const other = randomBytes(CHUNK + 5);
    await writeFile(join(folder, 'big.onnx'), other);
    requests();
    expect((await read(page, bigFile(unknown))).hashes).toEqual([sha256(other)]);
    expect(requests()).toEqual([`200 bytes=${CHUNK}-${2 * CHUNK - 1}`]);
    expect(await harness(page, 'chunks')).toEqual([0, 1]);
    expect((await read(page, bigFile(unknown))).hashes).toEqual([sha256(other)]);
    expect(requests()).toEqual([]);
  });

  test('a new content of a path replaces the stored one', async ({ page }) => {
    await read(page, bigFile());
    big = randomBytes(CHUNK + 1);
    await writeFile(join(folder, 'big.onnx'), big);
    expect((await read(page, bigFile())).hashes).toEqual([sha256(big)]);
    expect(await harness(page, 'listModels')).toMatchObject([{ files: 1, bytes: big.length, complete: true }]);
    expect(await harness(page, 'chunks')).toEqual([0, 1]);
  });

  test('two tabs download once', async ({ page, context }) => {
    server.slow(/big/, 20e6);
    const other = await context.newPage();
    await other.goto(server.url);
    requests();
    const [one, two] = await Promise.all([read(page, bigFile()), read(other, bigFile())]);
    expect([one.hashes, two.hashes]).toEqual([[sha256(big)], [sha256(big)]]);
    expect(requests()).toEqual(['200']);
    const waited = [one, two].filter(({ events }) => events.some(({ phase }) => phase === 'wait'));
    expect(waited).toHaveLength(1);
    expect(downloads(waited[0]!.events).every(({ cached }) => cached)).toBe(true);
  });

  test('the tab that waits goes on where the other was closed', async ({ page, context }) => {
    server.slow(/big/, 20e6);
    const other = await context.newPage();
    await other.goto(server.url);
    const lost = read(other, bigFile()).catch(() => 'closed');
    await expect.poll(() => harness(page, 'chunks')).toEqual([0]);
    requests();
    const waiting = read(page, bigFile());
    await page.waitForTimeout(100);
    await other.close();
    expect((await waiting).hashes).toEqual([sha256(big)]);
    expect(requests()[0]).toMatch(new RegExp(`^206 bytes=(${CHUNK}|${2 * CHUNK})-$`));
    expect(await lost).toBe('closed');
  });

  test('without Web Locks two tabs download twice, both rightly', async ({ page, context }) => {
    const other = await context.newPage();
    await other.goto(server.url);
    const both = await Promise.all([page, other].map((one) => readWith(one, { without: ['locks'] }, bigFile())));
    expect(both.map(({ hashes }) => hashes)).toEqual([[sha256(big)], [sha256(big)]]);
    requests();
    expect((await read(page, bigFile())).hashes).toEqual([sha256(big)]);
    expect(requests()).toEqual([]);
  });

  test('list, estimate, persist, delete', async ({ page }) => {
    expect(await harness(page, 'listModels')).toEqual([]);
    await read(page, bigFile(), smallFile());
    await read(page, { ...smallFile(), revision: 'v2' }, { ...smallFile(), model: 'org/model-2' });
    const models = await harness(page, 'listModels');
    expect(models).toMatchObject([
      { model: 'org/model', revision: 'main', files: 2, bytes: big.length + small.length, complete: true },
      { model: 'org/model', revision: 'v2', files: 1, bytes: small.length, complete: true },
      { model: 'org/model-2', revision: 'main', files: 1, bytes: small.length, complete: true },
    ]);
    expect(Math.abs(models[0]!.savedAt - Date.now())).toBeLessThan(60_000);
    const { usage, quota, persisted } = await harness(page, 'storageEstimate');
    expect(usage).toBeGreaterThan(big.length);
    expect(quota).toBeGreaterThan(usage);
    expect(persisted).toBe(false);
    expect(typeof (await harness(page, 'persist'))).toBe('boolean');
    expect(await harness(page, 'deleteModel', 'org/model', 'v2')).toBe(small.length);
    expect(await harness(page, 'deleteModel', 'org/model')).toBe(big.length + small.length);
    expect(await harness(page, 'listModels')).toMatchObject([{ model: 'org/model-2' }]);
    expect(await harness(page, 'chunks')).toEqual([0]);
    expect(await harness(page, 'deleteModel', 'org/model')).toBe(0);
    requests();
    expect((await read(page, bigFile())).hashes).toEqual([sha256(big)]);
    expect(requests()).toEqual(['200']);
  });

  test('a model that is deleted while it loads is still right, now and later', async ({ page }) => {
    server.slow(/big/, 20e6);
    const loading = read(page, bigFile());
    await expect.poll(() => harness(page, 'chunks')).toEqual([0]);
    expect(await harness(page, 'deleteModel', 'org/model')).toBe(CHUNK);
    expect((await loading).hashes).toEqual([sha256(big)]);
    expect((await read(page, bigFile())).hashes).toEqual([sha256(big)]);
  });

  test('a deletion of the whole database is not blocked by a load', async ({ page }) => {
    server.slow(/big/, 20e6);
    const loading = read(page, bigFile());
    await expect.poll(() => harness(page, 'chunks')).toContain(0);
    expect(await harness(page, 'deleteDatabase')).toBe(true);
    expect((await loading).hashes).toEqual([sha256(big)]);
    expect((await read(page, bigFile())).hashes).toEqual([sha256(big)]);
  });
});

test.describe('a cut download', () => {
  for (const how of ['content-length', 'close'] as const) {
    test(`goes on at the same byte within one load (${how})`, async ({ page }) => {
      server.cutAfter(/big/, 9e6, { how });
      server.cutAfter(/big/, 3e6, { how, times: 2 });
      expect((await read(page, bigFile())).hashes).toEqual([sha256(big)]);
      const [first, ...rest] = requests();
      expect(first).toBe('200');
      const starts = rest.map((request) => Number(/^206 bytes=(\d+)-$/.exec(request)?.[1]));
      expect(starts).toHaveLength(3);
      // Chromium drops what it has not delivered yet when a connection breaks: about a megabyte.
      for (const [n, expected] of [9e6, 12e6, 15e6].entries()) {
        expect(starts[n]).toBeGreaterThan(n === 0 ? 0 : starts[n - 1]!);
        expect(starts[n]).toBeLessThanOrEqual(expected);
      }
      if (how === 'close') expect(starts).toEqual([9e6, 12e6, 15e6]);
    });
  }

  test('keeps its chunks when the retries are used up, and goes on from them after a reload', async ({ page }) => {
    server.cutAfter(/big/, CHUNK + 5e6, { times: 1 });
    const loading = read(page, bigFile(unknown));
    await expect.poll(() => server.log.filter(({ url }) => url === '/big.onnx').length).toBeGreaterThan(0);
    server.answer(/big/, { status: 503 });
    const { error } = await loading;
    expect(error).toMatchObject({ name: 'DownloadError', details: { kept: CHUNK } });
    expect(error!.message).toContain('8.4 MB are kept');
    expect(requests().map((request) => request.slice(0, 3))).toEqual(['200', '503', '503', '503']);
    expect(await harness(page, 'listModels')).toMatchObject([{ bytes: CHUNK, complete: false }]);
    server.clearFaults();
    await page.reload();
    requests();
    const { hashes, events } = await read(page, bigFile(unknown));
    expect(hashes).toEqual([sha256(big)]);
    expect(requests()).toEqual([`206 bytes=${CHUNK}-`]);
    expect(downloads(events)[0]).toMatchObject({ cached: true, loaded: CHUNK });
  });

  test('starts over when the file has changed', async ({ page }) => {
    await partOf(page, bigFile(unknown));
    const other = randomBytes(CHUNK + 77);
    await writeFile(join(folder, 'big.onnx'), other);
    expect((await read(page, bigFile(unknown))).hashes).toEqual([sha256(other)]);
    expect(requests()).toEqual([`200 bytes=${CHUNK}-`]);
    expect((await read(page, bigFile(unknown))).hashes).toEqual([sha256(other)]);
    expect(requests()).toEqual([]);
  });

  test('starts over after 416', async ({ page }) => {
    await partOf(page, bigFile());
    server.answer(/big/, { status: 416, times: 1 });
    expect((await read(page, bigFile())).hashes).toEqual([sha256(big)]);
    expect(requests()).toEqual([`416 bytes=${CHUNK}-`, '200']);
  });

  test('starts over when a partial answer belongs to another version', async ({ page }) => {
    const hub = await startServer({ roots: { '/': folder } });
    try {
      await partOf(page, bigFile(undefined, hub), hub);
      hub.headers(/big/, { ETag: '"another"' });
      expect((await read(page, bigFile(undefined, hub))).hashes).toEqual([sha256(big)]);
      expect(hub.log.map(({ status, range }) => [status, range])).toEqual([
        [206, `bytes=${CHUNK}-`],
        [200, undefined],
      ]);
    } finally {
      await hub.close();
    }
  });

  test('without a validator starts over, unless the hash is known', async ({ page }) => {
    server.headers(/big/, { ETag: null });
    await partOf(page, bigFile(unknown));
    expect((await read(page, bigFile(unknown))).hashes).toEqual([sha256(big)]);
    expect(requests()).toEqual(['200']);
    await harness(page, 'deleteModel', 'org/model');
    await partOf(page, bigFile());
    expect((await read(page, bigFile())).hashes).toEqual([sha256(big)]);
    expect(requests()).toEqual([`206 bytes=${CHUNK}-`]);
  });

  test('across origins goes on without a preflight when the hash is known', async ({ page }) => {
    const hub = await startServer({ roots: { '/': folder } });
    try {
      await partOf(page, bigFile(undefined, hub), hub);
      expect((await read(page, bigFile(undefined, hub))).hashes).toEqual([sha256(big)]);
      expect(hub.log.map(({ method, range }) => [method, range])).toEqual([['GET', `bytes=${CHUNK}-`]]);
    } finally {
      await hub.close();
    }
  });

  test('a part that was stored wrong is found and fetched anew', async ({ page }) => {
    server.corrupt(/big/, 1000);
    await partOf(page, bigFile());
    server.clearFaults();
    expect((await read(page, bigFile())).hashes).toEqual([sha256(big)]);
    expect(requests()).toEqual([`206 bytes=${CHUNK}-`, '200']);
  });

  test('abort rejects at once with the reason and keeps the stored part', async ({ page }) => {
    server.slow(/big/, 20e6);
    const { error, abortMs } = await readWith(page, { abort: { loaded: CHUNK + 2e6 } }, bigFile());
    expect(error).toEqual({ name: 'reason', message: 'enough' });
    expect(abortMs).toBeLessThan(50);
    expect(await harness(page, 'chunks')).toEqual([0]);
    requests();
    expect((await read(page, bigFile())).hashes).toEqual([sha256(big)]);
    expect(requests()).toEqual([`206 bytes=${CHUNK}-`]);
  });

  test('abort rejects at once while it pauses before a retry', async ({ page }) => {
    server.answer(/big/, { status: 503 });
    const { error, abortMs } = await readWith(page, { abort: { ms: 500 } }, bigFile());
    expect(error?.message).toBe('enough');
    expect(abortMs).toBeLessThan(50);
    expect(requests().length).toBeLessThan(3);
  });

  test('abort rejects at once while another tab holds the lock', async ({ page, context }) => {
    server.slow(/big/, 10e6);
    const other = await context.newPage();
    await other.goto(server.url);
    const loading = read(other, bigFile());
    await expect.poll(() => server.log.filter(({ url }) => url === '/big.onnx').length).toBe(1);
    const { error, abortMs } = await readWith(page, { abort: { phase: 'wait' } }, bigFile());
    expect(error?.message).toBe('enough');
    expect(abortMs).toBeLessThan(50);
    expect((await loading).hashes).toEqual([sha256(big)]);
  });

  /** Leaves exactly one chunk in the store. */
  async function partOf(page: Page, file: FileRequest, from = server) {
    from.slow(/big/, 20e6, 1);
    const { error } = await readWith(page, { abort: { loaded: CHUNK + 2e6 } }, file);
    expect(error?.message).toBe('enough');
    expect(await harness(page, 'chunks')).toEqual([0]);
    from.log.length = 0;
  }
});

test.describe('a wrong file', () => {
  test('of another hash is refused, and the next attempt starts clean', async ({ page }) => {
    server.corrupt(/big/, 12e6);
    const { error } = await read(page, bigFile());
    expect(error).toMatchObject({ name: 'IntegrityError', details: { expected: sha256(big) } });
    expect(requests()).toEqual(['200']);
    expect(await harness(page, 'listModels')).toEqual([]);
    expect(await harness(page, 'chunks')).toEqual([]);
    server.clearFaults();
    expect((await read(page, bigFile())).hashes).toEqual([sha256(big)]);
    expect(requests()).toEqual(['200']);
  });

  test('of another hash than the server names is refused', async ({ page }) => {
    server.headers(/big/, { 'X-Linked-ETag': `"${'0'.repeat(64)}"` });
    expect((await read(page, bigFile(unknown))).error?.name).toBe('IntegrityError');
  });

  test('an ETag of 64 hex digits that is no SHA-256 does no harm', async ({ page }) => {
    server.headers(/big/, { ETag: `"${'0'.repeat(64)}"` });
    expect((await read(page, bigFile(unknown))).hashes).toEqual([sha256(big)]);
    expect(requests()).toEqual(['200']);
  });

  for (const difference of [-1, 1, -5e6, 5e6]) {
    test(`of another size is refused without retries (${difference})`, async ({ page }) => {
      const { error } = await read(page, bigFile({ bytes: big.length + difference }));
      expect(error?.name).toBe('IntegrityError');
      expect(requests()).toEqual(['200']);
      expect(await harness(page, 'chunks')).toEqual([]);
    });
  }

  for (const [what, type] of Object.entries({
    'by its type': 'text/html; charset=utf-8',
    'by its body': 'application/octet-stream',
  })) {
    test(`a web page is recognised ${what}`, async ({ page }) => {
      server.answer(/big/, { type, body: '\n<!DOCTYPE html><title>app</title>' });
      const { error } = await read(page, bigFile());
      expect(error).toMatchObject({
        name: 'ModelFileNotFoundError',
        details: { status: 200, url: `${server.url}/big.onnx` },
      });
      expect(error!.message).toContain('web page');
      expect(requests()).toEqual(['200']);
    });
  }

  for (const [status, name] of [
    [404, 'ModelFileNotFoundError'],
    [410, 'ModelFileNotFoundError'],
    [401, 'DownloadError'],
    [403, 'DownloadError'],
    [400, 'DownloadError'],
  ] as const) {
    test(`${status} is ${name} without a retry, and stops the other files`, async ({ page }) => {
      server.answer(/small/, { status });
      server.slow(/big/, 5e6);
      const { error, events } = await read(page, bigFile(), smallFile());
      expect(error).toMatchObject({ name, details: { status, url: `${server.url}/small.json` } });
      expect(downloads(events).every(({ loaded }) => loaded < big.length)).toBe(true);
      expect(requests('/small.json')).toEqual([String(status)]);
    });
  }

  test('5xx and 429 are tried again', async ({ page }) => {
    server.answer(/big/, { status: 503, times: 1 });
    server.answer(/big/, { status: 429, times: 1 });
    expect((await read(page, bigFile())).hashes).toEqual([sha256(big)]);
    expect(requests()).toEqual(['503', '429', '200']);
  });

  test('a network that stays away is a DownloadError', async ({ page }) => {
    const { error } = await read(page, { ...bigFile(), url: 'http://127.0.0.1:9/big.onnx' });
    expect(error).toMatchObject({ name: 'DownloadError', details: { kept: 0 } });
  });
});

test.describe('less of a browser', () => {
  test('a full storage gives one warning and a whole file from memory', async ({ page }) => {
    const cdp = await page.context().newCDPSession(page);
    await cdp.send('Storage.overrideQuotaForOrigin', { origin: server.url, quotaSize: 12e6 });
    const { hashes, events } = await read(page, bigFile(), { ...bigFile(), model: 'org/other' });
    expect(hashes).toEqual([sha256(big), sha256(big)]);
    expect(warnings(events)).toEqual(['quota']);
    // By itself: while large chunks are refused, their bytes may count for a moment, and a small file is refused with them.
    expect((await read(page, smallFile())).hashes).toEqual([sha256(small)]);
    expect(await harness(page, 'listModels')).toMatchObject([{ files: 1, bytes: small.length, complete: true }]);
    expect(await harness(page, 'chunks')).toEqual([0]);
    await cdp.send('Storage.overrideQuotaForOrigin', { origin: server.url });
    expect(warnings((await read(page, bigFile())).events)).toEqual([]);
    requests();
    expect((await read(page, bigFile())).hashes).toEqual([sha256(big)]);
    expect(requests()).toEqual([]);
  });

  for (const what of ['indexedDB', 'indexedDB.open', 'an answer of indexedDB'] as const) {
    test(`without ${what} the model is in memory only`, async ({ page }) => {
      const { hashes, events } = await readWith(page, { without: [what] }, bigFile(), smallFile());
      expect(hashes).toEqual([sha256(big), sha256(small)]);
      expect(warnings(events)).toEqual(['no-store']);
    });
  }

  test('cache: false keeps nothing and warns of nothing', async ({ page }) => {
    const { hashes, events } = await readWith(page, { cache: false }, bigFile());
    expect(hashes).toEqual([sha256(big)]);
    expect(warnings(events)).toEqual([]);
    expect(await harness(page, 'databases')).toEqual([]);
  });

  test('without crypto.subtle sizes are checked and chunks are stored', async ({ page }) => {
    const without = ['crypto.subtle'] as const;
    const { hashes, events } = await readWith(page, { without }, bigFile());
    expect(hashes).toEqual([sha256(big)]);
    expect(warnings(events)).toEqual(['unverified']);
    requests();
    expect((await readWith(page, { without }, bigFile())).hashes).toEqual([sha256(big)]);
    expect(requests()).toEqual([]);
    await harness(page, 'damage', 1, 'halve');
    expect((await readWith(page, { without }, bigFile())).hashes).toEqual([sha256(big)]);
    expect((await readWith(page, { without }, smallFile({ bytes: small.length + 1 }))).error?.name).toBe(
      'IntegrityError',
    );
  });

  test('what was stored without crypto.subtle is fetched anew once it can be verified', async ({ page }) => {
    await readWith(page, { without: ['crypto.subtle'] }, bigFile());
    requests();
    const { hashes, events } = await read(page, bigFile());
    expect([hashes, warnings(events)]).toEqual([[sha256(big)], []]);
    expect(requests()).toEqual(['200']);
  });

  test('the cache functions give nothing where there is no storage', async ({ page }) => {
    await page.evaluate(() => {
      Object.defineProperty(globalThis, 'indexedDB', { value: undefined });
      Object.defineProperty(navigator, 'storage', { value: undefined });
    });
    expect(await harness(page, 'listModels')).toEqual([]);
    expect(await harness(page, 'deleteModel', 'org/model')).toBe(0);
    expect(await harness(page, 'storageEstimate')).toEqual({ usage: 0, quota: 0, persisted: false });
    expect(await harness(page, 'persist')).toBe(false);
  });
});
