import { readFileSync, statSync } from 'node:fs';
import { createServer, type OutgoingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, openSearch, openTool, root, test } from './fixtures';
import { isolation, type ServerOptions, startServer } from './hub-server';

// What docs/hosting.md says of headers, with a file server that sends those and no others.
const guide = readFileSync(join(root, 'docs/hosting.md'), 'utf8');
const models = join(root, 'public/models');

/** Serves the models as whole files with these headers, JSON compressed: no ETag, no Range, no Content-Length. */
async function plainServer(headers: OutgoingHttpHeaders) {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const path = request.url!.replace(/\?.*/, '');
    asked.push(path);
    try {
      const file = readFileSync(join(models, path));
      const encoded = path.endsWith('.json');
      response.writeHead(200, { ...headers, ...(encoded && { 'Content-Encoding': 'gzip' }) });
      response.end(encoded ? gzipSync(file) : file);
    } catch {
      response.writeHead(404, headers).end();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const close = () => {
    server.closeAllConnections(); // a browser opens some ahead that it never uses
    return new Promise((resolve) => server.close(resolve));
  };
  return { url, asked, close };
}

/** The app's own server: the test page and the package, with headers for all of it. */
const appServer = (headers: ServerOptions['headers']) =>
  startServer({ roots: { '/': join(root, 'e2e/pages'), '/dist/': join(root, 'dist') }, headers });

const ANYBODY = { 'Access-Control-Allow-Origin': '*' };

test("the guide's policy is enough, with models from another origin that sends one header", async ({ context }) => {
  const policy = /^Content-Security-Policy: (.*)$/m.exec(guide)![1]!;
  const files = await plainServer(ANYBODY);
  expect(policy).toContain(' https://models.example.org');
  const server = await appServer({
    '/': { 'Content-Security-Policy': policy.replace('https://models.example.org', files.url) },
  });
  const page = await context.newPage();
  await page.goto(server.url);
  await openSearch(page);
  const result = await page.evaluate(async (modelBase) => {
    const embedder = await bge.create({ modelBase, threads: 2 });
    const texts = Array.from({ length: 40 }, (_, i) => `text ${i} `.repeat(30)); // enough for a helper to start
    const { rows } = await embedder.encode(texts);
    const index = await search.createIndex({ embedder });
    await index.add([
      { id: 'bees', text: 'Bees make honey.' },
      { id: 'tide', text: 'The tide is high.' },
    ]);
    const [hit] = await index.search('What do bees make?');
    return { rows, hit: hit!.id, engine: embedder.info.engine };
  }, files.url);
  expect(result).toEqual({ rows: 40, hit: 'bees', engine: 'wasm' });

  // The table of files: a CPU asks for the first three, and they are as large as it says.
  const rows = Array.from(guide.matchAll(/^\| `([\w./]+)` \| ([\d,]+) \|/gm), ([, path, bytes]) => ({ path, bytes }));
  const folder = '/BAAI/bge-small-en-v1.5';
  expect(files.asked.sort()).toEqual(
    rows
      .slice(0, 3)
      .map(({ path }) => `${folder}/${path}`)
      .sort(),
  );
  expect(rows.length).toBe(5);
  for (const { path, bytes } of rows)
    expect(statSync(join(models, folder, path!)).size, path).toBe(Number(bytes!.replaceAll(',', '')));
  await server.close();
  await files.close();
});

test('without that header the error says what may be wrong', async ({ context }) => {
  const files = await plainServer({});
  const server = await appServer({});
  const page = await context.newPage();
  await openTool(page, server);
  const { error } = await page.evaluate((modelBase) => bge.outcome(bge.create({ modelBase })), files.url);
  expect(error).toMatchObject({
    name: 'DownloadError',
    message: expect.stringContaining('the page may not reach the server'),
  });
  await server.close();
  await files.close();
});

test('an isolated page takes models from another origin that sends the same one header', async ({ context }) => {
  const files = await plainServer(ANYBODY);
  const server = await appServer({ '/': isolation });
  const page = await context.newPage();
  await openTool(page, server);
  const result = await page.evaluate(async (modelBase) => {
    const embedder = await bge.create({ modelBase });
    return { isolated: crossOriginIsolated, rows: (await embedder.encode('works')).rows };
  }, files.url);
  expect(result).toEqual({ isolated: true, rows: 1 });
  await server.close();
  await files.close();
});

test('a start page in place of a file is taken for a missing file', async ({ context }) => {
  const server = await appServer({});
  server.answer(/^\/nowhere\//, { type: 'text/html', body: '<!doctype html><title>App</title>' });
  const page = await context.newPage();
  await openTool(page, server);
  const { error } = await page.evaluate(() => bge.outcome(bge.create({ modelBase: '/nowhere/' })));
  expect(error).toMatchObject({ name: 'ModelFileNotFoundError', message: expect.stringContaining('web page instead') });
  await server.close();
});

test('a policy without workers, and a worker that is not there, are told alike', async ({ context }) => {
  const policy = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'none'; connect-src 'self'";
  const server = await startServer({
    roots: {
      '/': join(root, 'e2e/pages'),
      '/dist/': join(root, 'dist'),
      '/closed/': join(root, 'e2e/pages'),
      '/closed/dist/': join(root, 'dist'),
    },
    headers: { '/closed/': { 'Content-Security-Policy': policy } },
  });
  const page = await context.newPage();
  const told = {
    name: 'WorkerDiedError',
    message: 'The worker died: its file could not be loaded: missing, or forbidden by worker-src',
  };
  await openTool(page, server, '/closed/');
  expect((await page.evaluate(() => bge.outcome(bge.create()))).error).toMatchObject(told);
  await openTool(page, server);
  const missing = await page.evaluate(() => {
    const worker = () => new Worker('/nowhere.js', { type: 'module' });
    return bge.outcome(bge.create({ worker }));
  });
  expect(missing.error).toMatchObject(told);
  await server.close();
});

test('a page and a worker that may connect to nothing work, once the model is stored', async ({ context }) => {
  const policy =
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; connect-src 'none'; style-src 'none'";
  const server = await startServer({
    roots: {
      '/': join(root, 'e2e/pages'),
      '/dist/': join(root, 'dist'),
      '/models/': models,
      '/closed/': join(root, 'e2e/pages'),
      '/closed/dist/': join(root, 'dist'),
    },
    headers: { '/closed/': { 'Content-Security-Policy': policy } },
  });
  const page = await context.newPage();
  const rowsAt = async (path: string) => {
    await openTool(page, server, path);
    return page.evaluate(async () => {
      const worker = () => new Worker(new URL('dist/worker.js', location.href), { type: 'module' });
      return bge.outcome(bge.create({ worker }).then(async (embedder) => (await embedder.encode('works')).rows));
    });
  };
  expect((await rowsAt('/closed/')).error).toMatchObject({ name: 'DownloadError', isBgeError: true });
  expect(await rowsAt('/')).toEqual({ value: 1 });
  server.log.length = 0;
  expect(await rowsAt('/closed/')).toEqual({ value: 1 });
  expect(server.log.filter(({ url }) => url.startsWith('/models/'))).toEqual([]);
  await server.close();
});
