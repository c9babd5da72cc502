import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as esbuild from 'esbuild';
import { build, createServer } from 'vite';
import { expect, root, test } from './fixtures';
import { startServer } from './hub-server';

// An app that has the packed tarball in its node_modules, and nothing else.
const MAIN = `
import { createEmbedder, similarity } from 'bge-web';
import { createIndex } from 'bge-web/search';
try {
  const embedder = await createEmbedder({ modelBase: '/models/' });
  const query = await embedder.encodeQueries('What do bees make?');
  const passages = await embedder.encode(['Bees make honey.', 'The tide is high.']);
  const [scores] = similarity(query, passages);
  const index = await createIndex({ embedder });
  await index.add([{ id: 'bees', text: 'Bees make honey.' }, { id: 'tide', text: 'The tide is high.' }]);
  const [hit] = await index.search('What do bees make?');
  document.title = scores[0] > scores[1] && hit.id === 'bees' ? 'right' : 'wrong';
} catch (error) {
  document.title = String(error);
}`;
const html = (script: string) =>
  `<!doctype html><html lang="en"><head><title>working</title></head><body><script type="module" src="${script}"></script></body></html>`;

let app: string;

test.beforeAll(() => {
  app = mkdtempSync(join(tmpdir(), 'bge-web-app-'));
  execFileSync('npm', ['pack', '--ignore-scripts', '--silent', '--pack-destination', app], { cwd: root });
  writeFileSync(join(app, 'package.json'), '{ "name": "app", "private": true, "type": "module" }');
  execFileSync('npm', ['install', '--silent', '--offline', '--no-audit', './bge-web-0.1.0.tgz'], { cwd: app });
  mkdirSync(join(app, 'src'));
  writeFileSync(join(app, 'src/main.js'), MAIN);
  writeFileSync(join(app, 'index.html'), html('/src/main.js'));
});
test.afterAll(() => rmSync(app, { recursive: true }));

const models = join(root, 'public/models');

test('built with Vite', async ({ context }) => {
  await build({
    root: app,
    configFile: false,
    logLevel: 'error',
    base: './',
    build: { outDir: 'out', target: 'es2022' },
  });
  const server = await startServer({ roots: { '/some/where/': join(app, 'out'), '/models/': models } });
  const page = await context.newPage();
  await page.goto(`${server.url}/some/where/`);
  await expect(page).toHaveTitle('right', { timeout: 60_000 });
  await server.close();
});

for (const [title, exclude] of [
  ['as it is', []],
  ['left out of its optimised dependencies, as Vite 7 needs it', ['bge-web']],
] as const) {
  test(`served by Vite in development, ${title}`, async ({ context }) => {
    const files = await startServer({ roots: { '/models/': models } });
    const server = await createServer({
      root: app,
      configFile: false,
      logLevel: 'error',
      optimizeDeps: { exclude: [...exclude] },
      server: { port: 0, host: '127.0.0.1', proxy: { '/models': files.url } },
    });
    await server.listen();
    const page = await context.newPage();
    await page.goto(server.resolvedUrls!.local[0]!);
    await expect(page).toHaveTitle('right', { timeout: 60_000 });
    await server.close();
    await files.close();
  });
}

test('built with esbuild, the workers and the runtime copied beside the bundle', async ({ context }) => {
  const out = join(app, 'esbuild');
  await esbuild.build({
    absWorkingDir: app,
    entryPoints: ['src/main.js'],
    bundle: true,
    format: 'esm',
    target: 'es2022',
    outdir: out,
    logLevel: 'error',
  });
  for (const file of ['worker.js', 'search-worker.js', 'ort']) {
    cpSync(join(app, 'node_modules/bge-web/dist', file), join(out, file), { recursive: true });
  }
  writeFileSync(join(out, 'index.html'), html('./main.js'));
  const server = await startServer({ roots: { '/': out, '/models/': models } });
  const page = await context.newPage();
  await page.goto(server.url);
  await expect(page).toHaveTitle('right', { timeout: 60_000 });
  await server.close();
});

test('from another origin, as from a CDN, on a page that has only a script tag', async ({ context }) => {
  const cdn = await startServer({ roots: { '/bge-web@0.1.0/dist/': join(root, 'dist') } });
  const page = await context.newPage();
  const folder = join(app, 'plain');
  mkdirSync(folder);
  const files = `${cdn.url}/bge-web@0.1.0/dist`;
  const main = MAIN.replace("'bge-web'", `'${files}/index.js'`).replace("'bge-web/search'", `'${files}/search.js'`);
  writeFileSync(join(folder, 'main.js'), main);
  writeFileSync(join(folder, 'index.html'), html('./main.js'));
  const server = await startServer({ roots: { '/': folder, '/models/': models } });
  await page.goto(server.url);
  await expect(page).toHaveTitle('right', { timeout: 60_000 });
  await server.close();
  await cdn.close();
});

test('with the import map of docs/bundlers.md, and no bundler', async ({ context }) => {
  const guide = readFileSync(join(root, 'docs/bundlers.md'), 'utf8');
  const example = /```html\n(<script type="importmap">.*?)```/s.exec(guide)![1]!;
  const folder = join(app, 'import-map');
  mkdirSync(folder);
  writeFileSync(join(folder, 'index.html'), `<!doctype html><html lang="en"><head>${example}</head></html>`);
  writeFileSync(join(folder, 'main.js'), MAIN);
  writeFileSync(
    join(folder, 'search.html'),
    html('./main.js').replace('<head>', `<head>${example.slice(0, example.indexOf('</script>'))}</script>`),
  );
  const dist = join(app, 'node_modules/bge-web/dist');
  const server = await startServer({ roots: { '/': folder, '/bge-web/dist/': dist, '/models/': models } });
  const page = await context.newPage();
  await page.goto(server.url);
  await expect(page).toHaveTitle('384 dimensions', { timeout: 60_000 });
  await page.goto(`${server.url}/search.html`);
  await expect(page).toHaveTitle('right', { timeout: 60_000 });
  await server.close();
});
