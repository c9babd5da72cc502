// Indexes of vectors and of texts side by side, in a real Chromium: `npm run bench`, or alone `node bench/search.mjs` after a build.
// --quick: small ones, nothing written.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { buildKernels } from '../scripts/build-kernels.mjs';
import { launch, launchWithProfile, watchMemory } from './browser.mjs';
import { megabytes, milliseconds, seconds, table } from './format.mjs';
import { describeMachine } from './machine.mjs';
import { importTypeScript, root, versionIn } from './site.mjs';
import { median } from './statistics.mjs';

/** @typedef {import('./search/worker').Outcome} Outcome */

const quick = process.argv.includes('--quick');
const K = 10;
const QUERIES = quick ? 20 : 100;
const work = join(root, '.tmp/bench-search');
const OURS = 'bge-web int8';
const BITS = 'bge-web binary';
const LOOP = 'plain JavaScript loop';

/** Which indexes are built with how many rows; the loop comes first, and says what is right. */
const SCANS = quick
  ? [{ rows: 2000, names: [LOOP, OURS, 'edgevec HNSW', 'Orama'] }]
  : [
      { rows: 10_000, names: [LOOP, OURS, 'bge-web float32', BITS, 'edgevec HNSW', 'Orama'] },
      { rows: 100_000, names: [LOOP, OURS, 'bge-web float32', BITS, 'Orama'] }, // HNSW takes too long to build
      { rows: 500_000, names: [LOOP, OURS] },
    ];
const BY_TURNS = quick ? 2000 : 100_000;
const DOCUMENTS = quick ? [1000] : [10_000, 100_000];

const began = performance.now();
/** @param {string} message */
const tell = (message) => console.log(`${((performance.now() - began) / 1000).toFixed(0).padStart(4)} s  ${message}`);

const server = await serve();
try {
  const machine = await describeMachine();
  tell(machine.join(' · '));
  const parts = [
    `# Benchmark: search\n\nWritten by \`npm run bench\`; what follows holds for this machine, the ratios travel better than the figures.`,
    [
      ...[new Date().toISOString().slice(0, 10), ...machine],
      ['edgevec', '@orama/orama', 'minisearch']
        .map((name) => `${name} ${versionIn(join(root, 'node_modules', name, 'package.json'))}`)
        .join(', '),
      '`node bench/search.mjs`',
    ]
      .map((line) => `- ${line}`)
      .join('\n'),
    await barOfScans(),
    await tableOfScans(),
    await tableOfIndexes(),
    HOW(),
  ];
  const markdown = `${parts.join('\n\n')}\n`;
  console.log(`\n${markdown}`);
  if (!quick) writeFileSync(join(root, 'bench/SEARCH.md'), markdown);
} finally {
  await server.close();
}

/** Ours and the loop by turns, query by query. */
async function barOfScans() {
  tell(`the loop and ours by turns, ${BY_TURNS} rows`);
  const [loop, ...ours] = await scan([LOOP, OURS, BITS], BY_TURNS);
  const lines = ours.map(({ each, found }, i) => {
    const ratio = median(loop?.each ?? []) / median(each);
    const times = [`1/${ratio.toFixed(1)}`, '≤ 1/15', ratio >= 15 ? '✓' : '✗'];
    return [`${[OURS, BITS][i]}, of the time of a ${LOOP}`, ...times, recall(found, loop?.found ?? []).toFixed(4)];
  });
  return [
    `### Bar: one query of ${BY_TURNS.toLocaleString('en')} × 384`,
    table(['', 'measured', 'wanted', '', `recall@${K}`], lines),
  ].join('\n\n');
}

async function tableOfScans() {
  const lines = [];
  for (const { rows, names } of SCANS) {
    /** @type {Outcome | undefined} */
    let truth;
    for (const name of names) {
      tell(`${name}, ${rows} rows`);
      const line = [rows.toLocaleString('en'), name];
      try {
        const { outcome, memory } = await scanAlone(name, rows);
        truth ??= outcome;
        const { build, each, found } = outcome;
        const ratio = median(truth.each) / median(each);
        line.push(seconds(build), milliseconds(median(each)), milliseconds(p99(each)));
        line.push(`1/${ratio.toFixed(1)}`, recall(found, truth.found).toFixed(3), memory);
      } catch (error) {
        line.push(`fails: ${String(error).split('\n')[0]?.slice(0, 60)}`, '', '', '', '', '');
      }
      lines.push(line);
    }
  }
  const head = ['vectors', 'index', 'build', 'query, median', 'p99', 'of the loop', `recall@${K}`, 'memory'];
  return `### Vectors of 384 dimensions\n\n${table(head, lines)}`;
}

async function tableOfIndexes() {
  const lines = [];
  for (const documents of DOCUMENTS) {
    tell(`an index of ${documents} documents`);
    lines.push(...(await measureIndex(documents)));
    tell(`MiniSearch of ${documents} documents`);
    const browser = await launch();
    try {
      const { page, grown } = await openPage(await browser.newContext(), browser);
      const questions = quick ? 5 : 30;
      /** @type {import('./search/words').WordsOutcome} */
      const { build, open, each } = await page.evaluate((task) => /** @type {any} */ (window).bench.words(task), {
        ...{ documents, questions },
      });
      const times = [milliseconds(median(each)), milliseconds(p99(each))];
      lines.push([
        documents.toLocaleString('en'),
        'MiniSearch, words',
        seconds(build),
        seconds(open),
        ...times,
        grown(),
      ]);
    } finally {
      await browser.close();
    }
  }
  const head = ['documents', 'search', 'build', 'open', 'query, median', 'p99', 'memory'];
  return `### Whole indexes, documents of 60 words\n\n${table(head, lines)}`;
}

/** @param {number} documents */
async function measureIndex(documents) {
  const profile = join(work, 'profile');
  rmSync(profile, { recursive: true, force: true });
  let build;
  const first = await launchWithProfile(profile);
  try {
    const page = await goto(first);
    build = await page.evaluate((count) => /** @type {any} */ (window).bench.fill(count), documents);
  } finally {
    await first.close();
  }
  const second = await launchWithProfile(profile);
  try {
    const page = await goto(second);
    const grown = await growth(/** @type {any} */ (second.browser()));
    const open = await page.evaluate(() => /** @type {any} */ (window).bench.open());
    const lines = [];
    for (const mode of /** @type {const} */ (['dense', 'lexical', 'hybrid'])) {
      /** @type {number[]} */
      const each = await page.evaluate(({ mode, count }) => /** @type {any} */ (window).bench.ask(mode, count), {
        mode,
        count: quick ? 5 : QUERIES,
      });
      const isFirst = mode === 'dense';
      lines.push([
        documents.toLocaleString('en'),
        `bge-web, ${mode}`,
        ...(isFirst ? [seconds(build), seconds(open)] : ['', '']),
        ...[milliseconds(median(each)), milliseconds(p99(each)), isFirst ? grown() : ''],
      ]);
    }
    return lines;
  } finally {
    await second.close();
  }
}

/** @param {string} name @param {number} rows */
async function scanAlone(name, rows) {
  const browser = await launch();
  try {
    const { page, grown } = await openPage(await browser.newContext(), browser);
    const [outcome] = await ask(page, [name], rows);
    return { outcome: /** @type {Outcome} */ (outcome), memory: grown() };
  } finally {
    await browser.close();
  }
}

/** @param {string[]} names @param {number} rows */
async function scan(names, rows) {
  const browser = await launch();
  try {
    return await ask(await goto(await browser.newContext()), names, rows);
  } finally {
    await browser.close();
  }
}

/** @param {import('@playwright/test').Page} page @param {string[]} names @param {number} rows @returns {Promise<Outcome[]>} */
function ask(page, names, rows) {
  const task = { names, rows, queries: QUERIES, k: K };
  return page.evaluate((task) => /** @type {any} */ (window).bench.scan(task), task);
}

/** @param {import('@playwright/test').BrowserContext} context @param {import('@playwright/test').Browser} browser */
async function openPage(context, browser) {
  return { page: await goto(context), grown: await growth(browser) };
}

/** @param {import('@playwright/test').BrowserContext} context */
async function goto(context) {
  const page = await context.newPage();
  await page.goto(server.url);
  await page.waitForFunction(() => 'bench' in window);
  return page;
}

/** By how much the page's process has grown since, at most. @param {import('@playwright/test').Browser | null} browser */
async function growth(browser) {
  if (!browser) return () => '';
  const look = await watchMemory(browser);
  const before = look();
  return () => (before === null ? '' : megabytes((look() ?? 0) - before));
}

/** @param {readonly (readonly number[])[]} found @param {readonly (readonly number[])[]} truth */
function recall(found, truth) {
  const shares = found.map((rows, q) => rows.filter((row) => truth[q]?.includes(row)).length / K);
  return shares.reduce((a, b) => a + b) / shares.length;
}

/** @param {readonly number[]} times */
function p99(times) {
  const sorted = [...times].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(0.99 * sorted.length))] ?? Number.NaN;
}

async function serve() {
  await buildKernels();
  rmSync(work, { recursive: true, force: true });
  mkdirSync(work, { recursive: true });
  await build({
    absWorkingDir: root,
    entryPoints: ['worker', 'words', 'page'].map((name) => `bench/search/${name}.ts`),
    outdir: join(work, 'vendor'),
    ...{ bundle: true, minify: true, format: 'esm', platform: 'browser', target: 'es2022', logLevel: 'error' },
    loader: { '.wasm': 'binary', '.gz': 'binary' },
    external: ['/dist/search.js'],
  });
  writeFileSync(
    join(work, 'index.html'),
    '<!doctype html><title>search</title><script type="module" src="/vendor/page.js"></script>',
  );
  const { startServer } = await importTypeScript('e2e/hub-server.ts');
  return startServer({
    roots: { '/': work, '/dist/': join(root, 'dist'), '/edgevec/': join(root, 'node_modules/edgevec') },
  });
}

function HOW() {
  return `## How it was measured

**Vectors** are made up: 1000 clusters, rows and queries alike; the ${K} best by inner product. Each index has a browser and a worker of its own; times are
taken in the worker, of ${QUERIES} queries after ten others. "Of the loop" is against the ${LOOP} over a Float32Array of the same table; for the bar both are
in one worker and take turns. Recall is against the loop. Memory is by how much the page's process grew at most (VmHWM), the work of building included.
edgevec and Orama are called as their documentation shows it: one insert a vector, a batch of documents.

**Whole indexes** are \`createIndex({ name })\` with an embedder that takes no time, in IndexedDB of a profile on disk. "Build" is \`add\`: passages, words,
vectors, segments. "Open" and the queries are of a browser that was started anew; a query goes from the page to the search worker and back. MiniSearch is in a worker,
opened from its JSON, and asked the same questions of five words.`;
}
