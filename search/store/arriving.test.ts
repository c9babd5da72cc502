import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type Server, startServer } from '../../e2e/hub-server';
import type { IndexEvent } from '../../src/shared/search';
import { openIndex } from '../open';
import { CONFIG, call, document, open, search, ToyHost } from '../testing';
import { ArrivingStore } from './arriving';
import { MemoryStore } from './store';

// A file on a real server, which can be slow, break off, or be replaced.

const folder = mkdtempSync(join(tmpdir(), 'bge-web-served-'));
const path = join(folder, 'index.bge');
let server: Server;
let file: Buffer;
let other: Buffer;
let events: IndexEvent[];

beforeAll(async () => {
  server = await startServer({ roots: { '/': folder } });
  file = await fileOf('word');
  other = await fileOf('thing');
});
beforeEach(() => {
  writeFileSync(path, file);
  server.clearFaults();
  server.log.length = 0;
  events = [];
});
afterAll(async () => {
  await server.close();
  rmSync(folder, { recursive: true });
});

/** Some 3 MB in several segments. */
async function fileOf(word: string): Promise<Buffer> {
  const index = await open(new MemoryStore());
  const filler = 'x'.repeat(10_000);
  for (let i = 0; i < 8; i++) {
    const documents = Array.from({ length: 40 }, (_, n) => document(`${i}-${n}`, `${word}${i} number${n}`, { filler }));
    await index.add(documents, call());
  }
  return Buffer.concat(await index.exportFile(call()));
}

function opening(signal = new AbortController().signal, onEvent = (event: IndexEvent) => void events.push(event)) {
  const config = { ...CONFIG, name: null, url: `${server.url}/index.bge` };
  return openIndex(config, new ToyHost(), onEvent, signal);
}

const failure = (work: Promise<unknown>) =>
  work.then(
    () => null,
    (error) => error,
  );
const requests = () => server.log.splice(0).map(({ status, range }) => [status, range].filter(Boolean).join(' '));
const best = async (index: Awaited<ReturnType<typeof open>>, query: string) =>
  (await search(index, query, { k: 1, mode: 'lexical' }))[0]?.id;

test('a file is opened by one request, with progress', async () => {
  const index = await opening();
  expect(index.stats()).toMatchObject({ documents: 320, segments: expect.any(Number) });
  expect(index.stats().segments).toBeGreaterThan(4);
  expect(await best(index, 'word7 number3')).toBe('7-3');
  expect(requests()).toEqual(['200']);
  expect(new Set(events.map(({ phase }) => phase))).toEqual(new Set(['download']));
  expect(events.at(-1)).toEqual({ phase: 'download', loaded: file.length, total: file.length });
});

test('segments are read while the rest comes in', async () => {
  server.slow(/./, 4e6);
  const heard: IndexEvent[] = [];
  const store = new ArrivingStore(`${server.url}/index.bge`, new AbortController().signal, (event) =>
    heard.push(event),
  );
  const manifest = await store.manifest('current');
  const first = await store.segment(manifest!.segments[0]!.id);
  expect(first!.length).toBe(manifest!.segments[0]!.bytes);
  expect(await Promise.race([store.whole().then(() => 'whole'), 'under way'])).toBe('under way');
  await store.whole();
  expect(heard.length).toBeGreaterThan(3);
  for (const event of heard) expect(event).toMatchObject({ total: file.length });
});

test.each(['content-length', 'close'] as const)('a transfer that breaks (%s) goes on where it stopped', async (how) => {
  server.cutAfter(/./, 1_000_000, { how });
  server.cutAfter(/./, 500_000, { how });
  const index = await opening();
  expect(requests()).toEqual(['200', '206 bytes=1000000-', '206 bytes=1500000-']);
  expect(await best(index, 'word7 number3')).toBe('7-3');
});

test('a server that cannot go on sends all of it again, and it is the same file', async () => {
  server.cutAfter(/./, 1_000_000);
  server.headers(/./, { ETag: null });
  const index = await opening();
  expect(requests()).toEqual(['200', '200']);
  expect(index.stats().documents).toBe(320);
});

test('a file that is replaced meanwhile is begun again', async () => {
  server.cutAfter(/./, 1_000_000);
  const index = await opening(undefined, (event) => {
    if (events.push(event) > 1) return;
    writeFileSync(`${path}.new`, other);
    renameSync(`${path}.new`, path);
  });
  expect(requests()).toEqual(['200', '200 bytes=1000000-', '200']);
  expect(await best(index, 'thing7 number3')).toBe('7-3');
  expect(await best(index, 'word7 number3')).not.toBe('7-3');
});

test('a server that fails is asked four times', { timeout: 20_000 }, async () => {
  server.answer(/./, { status: 503 });
  const error = await failure(opening());
  expect(error).toMatchObject({ name: 'DownloadError', details: { url: `${server.url}/index.bge` } });
  expect(error.message).toMatch(/^The index: the server answered 503, also after 3 retries/);
  expect(requests().length).toBe(4);
});

test.each([
  ['missing', { status: 404 }, 'the server has no such file, it answered 404'],
  ['a web page', { type: 'text/html', body: '<!doctype html>' }, 'answered with a web page'],
])('%s: DownloadError', async (_, answer, message) => {
  server.answer(/./, answer);
  const error = await failure(opening());
  expect(error).toMatchObject({ name: 'DownloadError', details: { url: `${server.url}/index.bge` } });
  expect(error.message).toContain(message);
});

const at = (place: number, byte: number) => (good: Buffer) => {
  const bytes = Buffer.from(good);
  bytes[place < 0 ? bytes.length + place : place]! ^= byte;
  return bytes;
};

test.each([
  ['no index', () => Buffer.from('{"some":"thing"}'.repeat(10)), 'The index cannot be read: the file is no index'],
  ['nothing', () => Buffer.alloc(0), 'the file is no index'],
  ['of another version', at(8, 4), 'the file has format 5'],
  ['with a head of other letters', at(60, 1), 'the head of the file'],
  ['with another byte in its last vector', at(-1, 1), 'a segment has another SHA-256'],
  ['cut in its header', (good: Buffer) => good.subarray(0, 20), 'the file is cut'],
  ['cut in its head', (good: Buffer) => good.subarray(0, 100), 'the file is cut'],
  [
    'cut in a segment',
    (good: Buffer) => good.subarray(0, 1_234_567),
    'the file is cut or too long: it has 1234567 bytes',
  ],
  ['too long', (good: Buffer) => Buffer.concat([good, Buffer.from('x')]), 'too long'],
])('a file that is %s: CorruptIndexError', async (_, damaged, message) => {
  writeFileSync(path, damaged(file));
  const error = await failure(opening());
  expect(error).toMatchObject({ name: 'CorruptIndexError' });
  expect(error.message).toContain(message);
});

test('an abort ends the download with its reason', async () => {
  server.slow(/./, 1e6);
  const controller = new AbortController();
  const work = opening(controller.signal, (event) => {
    events.push(event);
    controller.abort(new Error('enough'));
  });
  await expect(work).rejects.toThrow('enough');
  const heard = events.length;
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(events.length).toBe(heard);
});

test('another embedding space is refused as soon as the head is there', async () => {
  server.slow(/./, 1e6);
  const config = { ...CONFIG, name: null, url: `${server.url}/index.bge`, space: 'toy/other@1/fp32/32' };
  const error = await failure(
    openIndex(config, new ToyHost(), (event) => events.push(event), new AbortController().signal),
  );
  expect(error).toMatchObject({ name: 'SpaceMismatchError' });
  const last = events.at(-1) as Extract<IndexEvent, { phase: 'download' }> | undefined;
  expect(last?.loaded ?? 0).toBeLessThan(file.length / 2);
});
