import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Browser, test as base, chromium, type Page } from '@playwright/test';
import { isolation, type Server, startServer } from './hub-server';
import { unpackTinyModels } from './tiny-models';

export { expect } from '@playwright/test';

export const root = join(dirname(fileURLToPath(import.meta.url)), '..');

/** Serves the test page, the built package, the embedded models and the tiny ones, and a hub that has them as `Xenova/…`, `someone/…` and `tiny/…`. */
async function startTestServer(hub: string): Promise<Server> {
  for (const org of ['Xenova', 'someone']) symlinkSync(join(root, 'public/models/BAAI'), join(hub, org));
  unpackTinyModels(join(hub, 'tiny'));
  return startServer({
    roots: {
      '/': join(root, 'e2e/pages'),
      '/dist/': join(root, 'dist'),
      '/models/': join(root, 'public/models'),
      '/models/tiny/': join(hub, 'tiny'),
      // For the examples of the docs, which name the real models.
      '/models/BAAI/bge-m3/': join(hub, 'tiny/bge-m3'),
      '/models/BAAI/bge-reranker-base/': join(hub, 'tiny/bge-reranker'),
    },
    hub,
    headers: {
      '/isolated.html': isolation,
      '/dist/': isolation,
      '/strict.html': {
        'Content-Security-Policy':
          "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; connect-src 'self'",
      },
      '/no-wasm.html': {
        'Content-Security-Policy': "default-src 'none'; script-src 'self'; worker-src 'self'; connect-src 'self'",
      },
      // A worker has the policy that its own file came with.
      '/dist/worker.js': {
        'Content-Security-Policy':
          "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; connect-src 'self'",
      },
      '/no-wasm-worker.js': { 'Content-Security-Policy': "script-src 'self'; connect-src 'self'" },
    },
  });
}

/** `server` outlives a test, its faults do not; `page` is the test page with `window.bge`, in a fresh profile. */
export const test = base.extend<{ page: Page; faults: Server }, { server: Server; gpuBrowser: Browser }>({
  server: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright wants the pattern
    async ({}, use) => {
      const hub = mkdtempSync(join(tmpdir(), 'bge-web-hub-'));
      const server = await startTestServer(hub);
      await use(server);
      await server.close();
      rmSync(hub, { recursive: true });
    },
    { scope: 'worker' },
  ],
  faults: async ({ server }, use) => {
    server.log.length = 0;
    await use(server);
    server.clearFaults();
  },
  page: async ({ page, server }, use) => {
    await openTool(page, server);
    await use(page);
  },
  gpuBrowser: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright wants the pattern
    async ({}, use, { project }) => {
      const { executablePath, args = [] } = project.use.launchOptions ?? {};
      const browser = await chromium.launch({ executablePath, args: [...args, '--enable-unsafe-webgpu'] });
      await use(browser);
      await browser.close();
    },
    { scope: 'worker' },
  ],
});

/** Opens the test page, or another page of e2e/pages, with `window.bge`. */
export async function openTool(page: Page, server: Server, path = '/'): Promise<void> {
  await page.goto(server.url + path);
  await page.addScriptTag({ type: 'module', url: '/tool.js' });
  await page.waitForFunction(() => 'bge' in window);
}

/** Gives a page of `openTool` also `window.search`. */
export async function openSearch(page: Page): Promise<void> {
  await page.addScriptTag({ type: 'module', url: '/tool.js' });
  await page.addScriptTag({ type: 'module', url: '/search-tool.js' });
  await page.waitForFunction(() => 'bge' in window && 'search' in window);
}

export interface Outcome<T = unknown> {
  value?: T;
  error?: { name: string; message: string; details: Record<string, unknown>; cause?: string; isBgeError: boolean };
}

type Bge = typeof import('../src/index') & {
  create(options?: import('../src/index').EmbedderOptions): Promise<import('../src/index').Embedder>;
  createReranker(options?: import('../src/index').RerankerOptions): Promise<import('../src/index').Reranker>;
  outcome<T>(promise: Promise<T>): Promise<Outcome<T>>;
  rows(embeddings: import('../src/index').Embeddings): number[][];
};

type Search = typeof import('../src/search/index') & {
  wordEmbedder(options?: {
    space?: string;
    delay?: number;
  }): import('../src/search/index').IndexEmbedder & { embedded: string[] };
  documents(count: number, first?: number): import('../src/search/index').IndexDocument[];
};

declare global {
  // The tool of e2e/pages/tool.js; only in the page.
  var bge: Bge;
  // The tool of e2e/pages/search-tool.js.
  var search: Search;
}
