import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { expect, openSearch, test } from './fixtures';
import { type Server, startServer } from './hub-server';

// `createIndex({ url })` against servers that fail in every way; the embedder is one that costs nothing.

const folder = mkdtempSync(join(tmpdir(), 'bge-web-served-'));
const path = join(folder, 'index.bge');
const WORDS = ['alpha', 'beta'] as const;
/** Two indexes of 5 MB in several segments, whose documents have one word or the other. */
let files: Buffer[];

test.beforeEach(async ({ page, faults }) => {
  await openSearch(page);
  files ??= await Promise.all(WORDS.map((word) => fileOf(page, word)));
  writeFileSync(path, files[0]!);
  faults.serve('/served/', folder);
});
test.afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function fileOf(page: Page, word: string): Promise<Buffer> {
  const url = await page.evaluate(async (word) => {
    const index = await search.createIndex({ embedder: search.wordEmbedder() });
    for (let i = 0; i < 5; i++) {
      const large = { id: `large ${i}`, text: '', filler: 'x'.repeat(1e6) };
      const documents = search.documents(40, 40 * i).map(({ id, text }) => ({ id, text: `${word} ${text}` }));
      await index.add([large, ...documents]);
    }
    const file = await index.export();
    index.dispose();
    return new Promise<string>((resolve) => {
      const reader = new FileReader();
      reader.onload = () => resolve(reader.result as string);
      reader.readAsDataURL(file);
    });
  }, word);
  return Buffer.from(url.slice(url.indexOf(',') + 1), 'base64');
}

/** Opens the served index and asks it for a document; with the progress that was told. */
const opened = (page: Page, url = '/served/index.bge') =>
  page.evaluate(async (url) => {
    const events: import('../src/search/index').IndexEvent[] = [];
    const { bytesArrived } = window as unknown as { bytesArrived?: () => void };
    const opening = search.createIndex({
      ...{ embedder: search.wordEmbedder(), url },
      onProgress(event) {
        if (events.push(event) === 1) bytesArrived?.();
      },
    });
    const { value: index, error } = await bge.outcome(opening);
    if (!index) return { error };
    const find = (query: string) => index.search(query, { k: 300, mode: 'lexical' });
    const found = [(await find('alpha')).length, (await find('beta')).length];
    const [hit] = await find('199');
    index.dispose();
    return { found, id: hit!.id, last: events.at(-1) };
  }, url);

const requests = ({ log }: Server) =>
  log
    .splice(0)
    .filter(({ url }) => url.startsWith('/served/'))
    .map(({ status, range }) => [status, range].filter(Boolean).join(' '));

test('a connection that is cut, twice, goes on where it stopped', async ({ page, faults }) => {
  faults.cutAfter(/served/, 3_000_000, { how: 'content-length' });
  faults.cutAfter(/served/, 1_000_000, { how: 'close' });
  const { length } = files[0]!;
  expect(await opened(page)).toEqual({
    ...{ found: [200, 0], id: 'd199' },
    last: { phase: 'download', loaded: length, total: length },
  });
  const [first, second, third, ...more] = requests(faults);
  expect([first, more]).toEqual(['200', []]);
  const start = Number(/^206 bytes=(\d+)-$/.exec(second!)?.[1]);
  // Chromium drops what it has not delivered yet when a connection breaks: about a megabyte.
  expect(start).toBeGreaterThan(1_000_000);
  expect(start).toBeLessThanOrEqual(3_000_000);
  expect(third).toBe(`206 bytes=${start + 1_000_000}-`);
});

test('a file that is replaced meanwhile is begun again, and never mixed', async ({ page, faults }) => {
  faults.cutAfter(/served/, 3_000_000, { how: 'close' });
  faults.delay(/served/, 1000, 2); // time to replace it
  await page.exposeFunction('bytesArrived', () => {
    writeFileSync(`${path}.new`, files[1]!);
    renameSync(`${path}.new`, path);
  });
  expect(await opened(page)).toMatchObject({ found: [0, 200], id: 'd199' });
  expect(requests(faults)).toEqual(['200', '200 bytes=3000000-', '200']);
});

test('a server that says another size where it goes on is asked for all of it again', async ({ page, faults }) => {
  faults.cutAfter(/served/, 3_000_000, { how: 'close' });
  faults.headers(/served/, {}, 1);
  faults.headers(/served/, { 'Content-Range': 'bytes 3000000-3999999/4000000' }, 1);
  expect(await opened(page)).toMatchObject({ found: [200, 0], id: 'd199' });
  expect(requests(faults)).toEqual(['200', '206 bytes=3000000-', '200']);
});

const cases: Record<string, { fail: (server: Server) => void; name: string; message: string; asked: number }> = {
  'is cut again and again': {
    fail: (server) => server.cutAfter(/served/, 500_000, { how: 'close', times: 4 }),
    ...{ name: 'DownloadError', message: 'the connection ended after 2000000 bytes, also after 3 retries', asked: 4 },
  },
  'lies about its size': {
    fail: (server) => server.headers(/served/, { 'X-Linked-Size': '9000000' }),
    ...{ name: 'CorruptIndexError', message: 'instead of 9000000', asked: 1 },
  },
  'is a part of itself': {
    fail: () => writeFileSync(path, files[0]!.subarray(0, 4_000_000)),
    ...{ name: 'CorruptIndexError', message: 'The index cannot be read: the file is cut', asked: 1 },
  },
  'is a web page': {
    fail: (server) => server.answer(/served/, { type: 'text/html', body: '<!doctype html><title>Home</title>' }),
    ...{ name: 'DownloadError', message: 'answered with a web page instead of the file', asked: 1 },
  },
  'is on a server that is overloaded': {
    fail: (server) => server.answer(/served/, { status: 503 }),
    ...{ name: 'DownloadError', message: 'the server answered 503, also after 3 retries', asked: 4 },
  },
};

for (const [what, { fail, name, message, asked }] of Object.entries(cases)) {
  test(`a file that ${what}: ${name}, and nothing else is lost`, async ({ page, faults }) => {
    await page.evaluate(async () => {
      const index = await search.createIndex({ embedder: search.wordEmbedder(), name: 'mine' });
      await index.add(search.documents(7));
      index.dispose();
    });
    fail(faults);
    const { error } = await opened(page);
    expect(error).toMatchObject({ name, isBgeError: true });
    expect(error!.message).toContain(message);
    if (name === 'DownloadError') expect(error!.details.url).toContain('/served/index.bge');
    expect(requests(faults).length).toBe(asked);

    faults.clearFaults();
    writeFileSync(path, files[0]!);
    expect(await opened(page)).toMatchObject({ found: [200, 0], id: 'd199' });
    const mine = await page.evaluate(async () => {
      const index = await search.createIndex({ embedder: search.wordEmbedder(), name: 'mine' });
      return (await index.search('document number 3', { k: 9 })).length;
    });
    expect(mine).toBe(7);
  });
}

test('a server that stays away: DownloadError', async ({ page }) => {
  const gone = await startServer({ roots: {} });
  await gone.close();
  const { error } = await opened(page, `${gone.url}/index.bge`);
  expect(error).toMatchObject({ name: 'DownloadError', details: { url: `${gone.url}/index.bge` } });
  expect(error!.message).toContain('the network failed or the page may not reach the server');
});
