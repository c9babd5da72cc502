import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { type Server, startServer } from '../../e2e/hub-server';
import type { FileRequest } from '../../worker/model-store';
import type { LoadEvent } from '../shared/protocol';
import { openStore } from './store';

const CHUNK = 8 * 2 ** 20;
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

const folder = mkdtempSync(join(tmpdir(), 'bge-web-store-'));
const served = join(folder, 'served');
/** Three chunks, the last of them short. */
const big = randomBytes(2.5 * CHUNK);
let server: Server;
let cache: string;
let events: LoadEvent[];

beforeAll(async () => {
  mkdirSync(served);
  server = await startServer({ roots: { '/': served } });
});
beforeEach(() => {
  writeFileSync(join(served, 'big.onnx'), big);
  server.clearFaults();
  server.log.length = 0;
  cache = mkdtempSync(join(folder, 'cache-'));
  events = [];
});
afterAll(async () => {
  await server.close();
  rmSync(folder, { recursive: true });
});

function read(file: Partial<FileRequest['file']> = {}, { base = server.url, signal, to = cache }: Options = {}) {
  const store = openStore(to, (event) => events.push(event), signal ?? new AbortController().signal);
  return store.read([request(file, base)]);
}

interface Options {
  readonly base?: string;
  readonly signal?: AbortSignal;
  readonly to?: string | null;
}

function request(file: Partial<FileRequest['file']> = {}, base = server.url): FileRequest {
  const path = 'onnx/big.onnx';
  return { url: `${base}/big.onnx`, model: 'org/model', revision: 'refs/pr/1', file: { path, ...file } };
}

const known = { bytes: big.length, sha256: sha256(big) };

const failure = (reading: Promise<unknown>) =>
  reading.then(
    () => null,
    (error) => error,
  );

/** What was asked of the server since the last call. */
function requests(): string[] {
  return server.log.splice(0).map(({ status, range }) => [status, range].filter(Boolean).join(' '));
}

/** Every file of the cache, below the folder of the contents. */
const stored = () =>
  readdirSync(cache, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ name }) => name)
    .sort();
const pathOf = (name: string) =>
  join(cache, readdirSync(cache, { recursive: true, encoding: 'utf8' }).find((path) => path.endsWith(`/${name}`))!);
const isCached = () =>
  events.some(({ phase }) => phase === 'download') &&
  events.every((event) => event.phase !== 'download' || event.cached);

test('a download is kept under the names of the model, and the next read needs no server', async () => {
  const store = openStore(cache, (event) => events.push(event), new AbortController().signal);
  expect(await store.holds([request(known)])).toBe(false);
  expect(sha256((await store.read([request(known)]))[0]!)).toBe(known.sha256);
  expect(isCached()).toBe(false);
  expect(stored()).toEqual(['0', '1', '2', 'record.json']);
  expect(pathOf('record.json')).toMatch(/\/org\/model\/refs%2Fpr%2F1\/onnx\/big\.onnx\/[0-9a-f]{16}\/record\.json$/);
  expect(await store.holds([request(known)])).toBe(true);
  expect(requests()).toEqual(['200']);

  events = [];
  expect(sha256((await read(known))[0]!)).toBe(known.sha256);
  expect(isCached()).toBe(true);
  expect(requests()).toEqual([]);
});

test('a cut download goes on where it stopped, also when the size is unknown', async () => {
  for (const file of [known, {}]) {
    cache = mkdtempSync(join(folder, 'cache-'));
    server.cutAfter(/big/, 2.25 * CHUNK);
    server.cutAfter(/big/, 0, { times: 3 });
    const failed = await failure(read(file));
    expect(failed).toMatchObject({ name: 'DownloadError', details: { kept: 2 * CHUNK } });
    expect(stored()).toEqual(['0', '1', 'record.json']);
    requests();
    expect(sha256((await read(file))[0]!)).toBe(known.sha256);
    expect(requests()).toEqual([`206 bytes=${2 * CHUNK}-`]);
    expect(stored()).toEqual(['0', '1', '2', 'record.json']);
  }
});

test('what is not the expected file is refused and not kept', async () => {
  server.corrupt(/big/, CHUNK + 5);
  const wrong = await failure(read(known));
  expect(wrong).toMatchObject({ name: 'IntegrityError', details: { expected: known.sha256 } });
  expect(stored()).toEqual([]);
  const tooLong = await failure(read({ bytes: big.length - 1 }));
  expect(tooLong).toMatchObject({ name: 'IntegrityError' });
});

test('a file that is damaged on the disk is downloaded again, as far as it is damaged', async () => {
  await read(known);
  requests();
  const chunk = readFileSync(pathOf('1'));
  chunk[100]! ^= 1;
  writeFileSync(pathOf('1'), chunk);
  expect(sha256((await read(known))[0]!)).toBe(known.sha256);
  expect(requests()).toEqual([`206 bytes=${CHUNK}-${2 * CHUNK - 1}`]);

  writeFileSync(pathOf('record.json'), '{"format":');
  expect(sha256((await read(known))[0]!)).toBe(known.sha256);
  expect(requests()).toEqual(['200']);
});

test('what a dead process left half written is never read, and goes in time', async () => {
  await read(known);
  rmSync(pathOf('2'));
  const old = `${pathOf('0')}.1.unfinished`;
  const young = `${pathOf('0')}.2.unfinished`;
  for (const file of [old, young]) writeFileSync(file, 'half');
  utimesSync(old, new Date(0), new Date(0));
  expect(sha256((await read(known))[0]!)).toBe(known.sha256);
  expect(stored()).toEqual(['0', '0.2.unfinished', '1', '2', 'record.json']);
});

test('other contents of the same path take the place of the old', async () => {
  await read(known);
  const other = randomBytes(1000);
  writeFileSync(join(served, 'big.onnx'), other);
  expect(sha256((await read({ sha256: sha256(other) }))[0]!)).toBe(sha256(other));
  expect(stored()).toEqual(['0', 'record.json']);
});

test('several may read the same file at a time', async () => {
  const all = await Promise.all([read(known), read(known), read(known)]);
  expect(all.map(([bytes]) => sha256(bytes!))).toEqual([known.sha256, known.sha256, known.sha256]);
  expect(stored()).toEqual(['0', '1', '2', 'record.json']);
});

test('an abort stops the download at once and keeps what has come', async () => {
  server.slow(/big/, 40e6);
  const controller = new AbortController();
  const onEvent = (event: LoadEvent) => {
    if (event.phase === 'download' && event.loaded > 1.2 * CHUNK) controller.abort(new Error('enough'));
  };
  await expect(openStore(cache, onEvent, controller.signal).read([request(known)])).rejects.toThrow('enough');
  await vi.waitFor(() => expect(stored()).toEqual(['0', 'record.json'])); // the last chunk is being written
  server.clearFaults();
  requests();
  expect(sha256((await read(known))[0]!)).toBe(known.sha256);
  expect(requests()).toEqual([`206 bytes=${CHUNK}-`]);
});

test('where nothing can be kept the file is kept in memory, with a warning', async () => {
  const file = join(cache, 'file');
  writeFileSync(file, '');
  expect(sha256((await read(known, { to: join(file, 'below') }))[0]!)).toBe(known.sha256);
  expect(events.filter(({ phase }) => phase === 'warning')).toMatchObject([{ warning: 'no-store' }]);

  events = [];
  writeFileSync(join(cache, 'org'), 'in the way');
  expect(sha256((await read(known))[0]!)).toBe(known.sha256);
  expect(events.filter(({ phase }) => phase === 'warning')).toMatchObject([{ warning: 'quota' }]);
});

test('a server that is not there, has no such file, or answers with a page', async () => {
  const nobody = await startServer({ roots: {} });
  await nobody.close();
  const unreachable = await failure(read(known, { base: nobody.url }));
  expect(unreachable).toMatchObject({ name: 'DownloadError' });
  expect(unreachable.message).toContain('ECONNREFUSED');
  const missing = await failure(read(known, { base: `${server.url}/nowhere` }));
  expect(missing).toMatchObject({ name: 'ModelFileNotFoundError', details: { status: 404 } });
  server.answer(/big/, { type: 'text/html', body: '<!doctype html>' });
  await expect(read(known)).rejects.toMatchObject({ name: 'ModelFileNotFoundError', details: { html: true } });
  expect(stored()).toEqual([]);
});

test('a file of a folder is read where it is, and checked', async () => {
  const base = pathToFileURL(served).href;
  const [bytes] = await read(known, { base });
  expect(sha256(bytes!)).toBe(known.sha256);
  expect(Object.getPrototypeOf(bytes)).toBe(Uint8Array.prototype);
  expect(isCached()).toBe(true);
  expect(stored()).toEqual([]);
  expect(await openStore(null, () => {}, new AbortController().signal).holds([request(known, base)])).toBe(true);

  await expect(read({ sha256: '0'.repeat(64) }, { base })).rejects.toMatchObject({
    name: 'IntegrityError',
    details: { actual: known.sha256 },
  });
  await expect(read({ bytes: 5 }, { base })).rejects.toMatchObject({ name: 'IntegrityError' });
  const missing = await failure(read(known, { base: `${base}/nowhere` }));
  expect(missing).toMatchObject({ name: 'ModelFileNotFoundError' });
  expect(missing.message).toContain(join(served, 'nowhere/big.onnx'));
  mkdirSync(join(served, 'folder/big.onnx'), { recursive: true });
  await expect(read({}, { base: `${base}/folder` })).rejects.toMatchObject({ name: 'DownloadError' });
  await expect(read(known, { base, signal: AbortSignal.abort(new Error('no')) })).rejects.toThrow('no');
});
