import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { test as base, type Page } from '@playwright/test';
import { build } from 'vite';
import { expect, root } from './fixtures';
import { cosine, goldensOf } from './goldens';
import { type Server, startServer } from './hub-server';

// A page that has the real frameworks and our adapters in one bundle of Vite.

const out = join(root, '.tmp/frameworks');
const goldens = goldensOf('bge-small-en-v1.5');

/** The package's own exports, by its name, as an app that has it installed finds them. */
function ourselves() {
  const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  return Object.entries<{ default?: string }>(exports).flatMap(([path, { default: file }]) =>
    file ? [{ find: new RegExp(`^bge-web${path.slice(1)}$`), replacement: join(root, file) }] : [],
  );
}

// biome-ignore lint/suspicious/noExplicitAny: the page's tool, e2e/frameworks/main.js
declare const app: any;

const test = base.extend<{ page: Page }, { server: Server }>({
  server: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright wants the pattern
    async ({}, use) => {
      await build({
        root: join(root, 'e2e/frameworks'),
        configFile: false,
        logLevel: 'error',
        base: './',
        resolve: { alias: ourselves() },
        build: { outDir: out, emptyOutDir: true, target: 'es2022' },
      });
      const server = await startServer({ roots: { '/': out, '/models/': join(root, 'public/models') } });
      await use(server);
      await server.close();
      rmSync(out, { recursive: true });
    },
    { scope: 'worker', timeout: 120_000 },
  ],
  page: async ({ page, server }, use) => {
    await page.goto(server.url);
    await page.waitForFunction(() => 'app' in globalThis);
    await use(page);
    server.clearFaults();
  },
});

/** Names of the files of the page's workers, helpers of the embedder's worker left out. */
const workers = (page: Page) => page.workers().map((worker) => worker.url().replace(/.*\/([a-z-]+)-.*/, '$1'));

test("LangChain and the AI SDK give the reference's vectors, and a chain finds by them", async ({ page }) => {
  const { queries, passages, scores } = goldens.similarity;
  const found = await page.evaluate((texts) => app.vectors(texts), { queries, passages });
  for (const { queries, passages } of [found.langchain, found.ai])
    for (const [q, row] of scores.entries())
      for (const [p, score] of row.entries())
        expect(Math.abs(cosine(queries[q], passages[p]) - score)).toBeLessThan(0.02);
  const bee = goldens.cases.find(({ kind, text }) => kind === 'encodeQueries' && text === queries[0])!;
  const passage = goldens.cases.find(({ kind, text }) => kind === 'encodeCorpus' && text === passages[0])!;
  for (const { queries, passages } of [found.langchain, found.ai]) {
    expect(cosine(queries[0], bee.embedding)).toBeGreaterThan(0.996);
    expect(cosine(passages[0], passage.embedding)).toBeGreaterThan(0.996);
  }
  expect(found.contexts).toEqual(scores.map((row) => passages[row.indexOf(Math.max(...row))]));
  expect(found.answers).toEqual(['an answer', 'an answer']);
});

test('components have one embedder and one worker together, also in StrictMode', async ({ page }) => {
  let started = 0;
  page.on('worker', () => started++);
  await page.evaluate(() => app.mount());
  await expect(page.locator('.status')).toHaveText(['ready', 'ready'], { timeout: 60_000 });
  expect(started).toBe(1);
  expect(await page.evaluate(() => [app.seen.embedders.size, [...app.seen.phases].includes('download')])).toEqual([
    1,
    true,
  ]);
  expect(workers(page)).toEqual(['worker']);
  await page.evaluate(() => app.unmount());
  await page.waitForTimeout(200);
  expect(workers(page)).toEqual(['worker']);
  await page.evaluate(() => app.mount());
  await expect(page.locator('.status')).toHaveText(['ready', 'ready'], { timeout: 1000 });
  await page.evaluate(() => {
    app.unmount();
    app.disposeEmbedders();
  });
  await expect.poll(() => workers(page)).toEqual([]);
});

test('a load ends with the last component, and can be begun again', async ({ page, server }) => {
  server.slow(/model_quantized/, 1e6);
  await page.evaluate(() => app.mount());
  await page.waitForFunction(() => app.seen.phases.has('download'));
  await expect.poll(() => workers(page)).toEqual(['worker']);
  await page.evaluate(() => app.unmount());
  await expect.poll(() => workers(page)).toEqual([]);
  server.clearFaults();
  await page.evaluate(() => app.mount());
  await expect(page.locator('.status')).toHaveText(['ready', 'ready'], { timeout: 60_000 });
});

test('an error has its name, and `retry` tries again', async ({ page }) => {
  await page.evaluate(() => app.mount({ options: { ...app.OPTIONS, modelBase: '/nowhere/' } }));
  await expect(page.locator('.status').first()).toContainText('ModelFileNotFoundError', { timeout: 30_000 });
  await page.evaluate(() => app.seen.retry());
  await expect(page.locator('.status').first()).toHaveText('loading');
  await expect(page.locator('.status').first()).toContainText('ModelFileNotFoundError', { timeout: 30_000 });
});

const DOCUMENTS = [
  { id: 'bees', text: 'Bees make honey from nectar.' },
  { id: 'tide', text: 'The moon causes the tides.' },
  { id: 'bread', text: 'Bread is baked from dough.' },
];

test('a search follows its query and its documents, and ends with its component', async ({ page }) => {
  const search = { documents: DOCUMENTS, query: 'why does the sea rise and fall?', search: { k: 1 } };
  await page.evaluate((search) => app.mount({ search }), search);
  const output = page.locator('output');
  await expect(output).toHaveText('tide', { timeout: 60_000 });
  expect(await page.evaluate(() => app.seen.statuses)).toEqual(
    expect.arrayContaining(['loading', 'indexing', 'ready']),
  );
  expect(workers(page).sort()).toEqual(['search-worker', 'worker']);
  await page.evaluate(() => app.seen.set({ query: 'what do bees make?' }));
  await expect(output).toHaveText('bees');
  await page.evaluate(([, ...rest]) => app.seen.set({ documents: rest, search: { k: 3 } }), DOCUMENTS);
  await expect(output).toHaveText(/^(tide,bread|bread,tide)$/);
  await page.evaluate(() => app.seen.set({ query: ' ' }));
  await expect(output).toHaveText('');
  await page.evaluate(() => app.seen.set({ query: 'bees', search: { k: 0 } }));
  await expect(output).toContainText('InvalidInputError: Expected `k`');
  await page.evaluate(() => app.unmount());
  await expect.poll(() => workers(page)).toEqual(['worker']);
});

test('work on many documents ends with the component', async ({ page }) => {
  const documents = Array.from({ length: 3000 }, (_, i) => ({
    id: `${i}`,
    text: `Note ${i} is about topic ${i % 7}.`,
  }));
  await page.evaluate((search) => app.mount({ search }), { documents, query: 'topic' });
  await expect(page.locator('output')).toHaveAttribute('data-status', 'indexing', { timeout: 60_000 });
  await page.evaluate(() => app.unmount());
  await expect.poll(() => workers(page).filter((name) => name === 'search-worker')).toEqual([]);
  // The embedder is free again: a corpus of 3000 would have kept it busy.
  const answered = await page.evaluate(async () => {
    const [embedder] = app.seen.embedders;
    const begun = performance.now();
    await embedder.encode(['one text'], { priority: -1 });
    return performance.now() - begun;
  });
  expect(answered).toBeLessThan(5000);
});

test("the browser API's shape: availability, progress, tasks, end", async ({ page }) => {
  const query = goldens.cases.find(({ kind, token_count }) => kind === 'encodeQueries' && token_count < 60)!;
  const found = await page.evaluate(async (text) => {
    const { SemanticEmbedder, OPTIONS } = app;
    const before = await SemanticEmbedder.availability();
    const loaded: number[] = [];
    const monitor = (target: EventTarget) =>
      target.addEventListener('downloadprogress', (event) => loaded.push((event as ProgressEvent).loaded));
    const creating = SemanticEmbedder.create({ ...OPTIONS, monitor });
    const during = await SemanticEmbedder.availability();
    const embedder = await creating;
    const after = await SemanticEmbedder.availability();
    const { embeddings, metadata } = await embedder.embed(text, { taskType: 'retrieval-query' });
    const plain = await embedder.embed([text, 'long '.repeat(1000)], { taskType: 'clustering' });
    const failure = (work: Promise<unknown>) =>
      work.then(
        () => null,
        (error) => `${error.name}: ${error.message}`,
      );
    const wrong = await failure(embedder.embed(text, { taskType: 'search' }));
    const aborted = await failure(embedder.embed(text, { signal: AbortSignal.abort(new Error('no')) }));
    embedder.destroy();
    const destroyed = await failure(embedder.embed(text));
    const controller = new AbortController();
    const mortal = await SemanticEmbedder.create({ ...OPTIONS, signal: controller.signal });
    const pending = failure(mortal.embed(Array.from({ length: 500 }, (_, i) => `text ${i}`)));
    controller.abort(new Error('enough'));
    return {
      ...{ before, during, after, loaded, metadata, wrong, aborted, destroyed, ended: await pending },
      values: Array.from(embeddings[0].values as Float32Array),
      statistics: [...embeddings, ...plain.embeddings].map((one) => one.statistics),
    };
  }, query.text);
  expect([found.before, found.during, found.after]).toEqual(['downloadable', 'downloading', 'available']);
  expect([found.loaded[0], found.loaded.at(-1)]).toEqual([0, 1]);
  expect(found.loaded.length).toBeGreaterThan(2);
  expect(found.loaded).toEqual([...found.loaded].sort((a, b) => a - b));
  expect(cosine(found.values, query.embedding)).toBeGreaterThan(0.996);
  expect(found.statistics[0]).toEqual({ tokenCount: query.token_count, truncated: false });
  expect(found.statistics[1].tokenCount).toBeLessThan(query.token_count);
  expect(found.statistics[2]).toEqual({ tokenCount: 512, truncated: true });
  expect(found.metadata.embeddingSpace).toContain('BAAI/bge-small-en-v1.5@');
  expect(found.metadata.maxInputTokens).toBe(512);
  expect(found.wrong).toContain("InvalidInputError: Expected `taskType` to be 'semantic-similarity' or");
  expect([found.aborted, found.ended]).toEqual(['Error: no', 'Error: enough']);
  expect(found.destroyed).toContain('DisposedError');
});

test("the browser's own embedder is taken where it is asked for and can run", async ({ page }) => {
  // Chromium 156 has none: this stands in for the choice only.
  const found = await page.evaluate(async () => {
    const { SemanticEmbedder, OPTIONS } = app;
    let availability = 'available';
    const asked: object[] = [];
    const browsers = {
      availability: async () => availability,
      create: async (options: object) => {
        asked.push(options);
        return browsers;
      },
    };
    const isBrowsers = async (native: boolean) => {
      const made = await SemanticEmbedder.create({ ...OPTIONS, native });
      if (made !== browsers) made.destroy();
      return made === browsers;
    };
    const none = await isBrowsers(true);
    Object.assign(globalThis, { SemanticEmbedder: browsers });
    const given = [await isBrowsers(true), await isBrowsers(false)];
    availability = 'unavailable';
    given.push(await isBrowsers(true));
    Object.assign(globalThis, { SemanticEmbedder });
    return [none, ...given, await isBrowsers(true), asked];
  });
  expect(found).toEqual([false, true, false, false, false, [{}]]);
});
