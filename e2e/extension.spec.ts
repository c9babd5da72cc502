import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from '@playwright/test';
import { expect, root, test } from './fixtures';

// The extension that docs/bundlers.md shows, from its code blocks, with the package and a model inside.
const guide = readFileSync(join(root, 'docs/bundlers.md'), 'utf8');
const block = (pattern: RegExp) => pattern.exec(guide)![1]!;
const FILES = {
  'manifest.json': block(/```json\n(.*?)```/s),
  'background.js': block(/```js\n(\/\/ background\.js.*?)```/s),
  'offscreen.js': block(/```js\n(\/\/ offscreen\.js.*?)```/s),
  'offscreen.html': '<!doctype html><meta charset="utf-8"><script type="module" src="offscreen.js"></script>',
  'popup.html': '<!doctype html><meta charset="utf-8"><script type="module" src="popup.js"></script>',
  'popup.js': `import * as bge from './dist/index.js';
    import { createIndex } from './dist/search.js';
    Object.assign(window, { bge, createIndex });`,
};

interface Chrome {
  runtime: {
    getURL(path: string): string;
    sendMessage(message: object): Promise<{ rows?: number[][]; error?: string }>;
  };
}

test('an extension embeds and searches in its pages, and in an offscreen document for its service worker', async ({
  launchOptions,
}) => {
  const folder = mkdtempSync(join(tmpdir(), 'bge-web-extension-'));
  for (const [name, text] of Object.entries(FILES)) writeFileSync(join(folder, name), text);
  cpSync(join(root, 'dist'), join(folder, 'dist'), { recursive: true, filter: (path) => !/\.map$|\/ort$/.test(path) });
  const model = 'models/BAAI/bge-small-en-v1.5';
  cpSync(join(root, 'public', model), join(folder, model), { recursive: true });
  const args = [`--disable-extensions-except=${folder}`, `--load-extension=${folder}`, '--headless=new'];
  const context = await chromium.launchPersistentContext('', {
    ...launchOptions,
    headless: false, // Playwright's own headless mode has no extensions; Chromium's has
    args: [...(launchOptions.args ?? []), ...args],
  });
  try {
    const background = context.serviceWorkers()[0] ?? (await context.waitForEvent('serviceworker'));
    const page = await context.newPage();
    const requests: string[] = [];
    context.on('request', (request) => requests.push(request.url()));
    await page.goto(background.url().replace('background.js', 'popup.html'));
    await page.waitForFunction(() => 'createIndex' in window);
    const hit = await page.evaluate(async () => {
      const { chrome, createIndex } = globalThis as unknown as {
        chrome: Chrome;
        createIndex: typeof import('../src/search/index').createIndex;
      };
      const embedder = await bge.createEmbedder({ modelBase: chrome.runtime.getURL('models') });
      const index = await createIndex({ embedder });
      await index.add([
        { id: 'bees', text: 'Bees make honey.' },
        { id: 'tide', text: 'The tide is high.' },
      ]);
      return (await index.search('What do bees make?'))[0]!.id;
    });
    expect(hit).toBe('bees');
    const answer = await page.evaluate(async () => {
      const { chrome } = globalThis as unknown as { chrome: Chrome };
      return chrome.runtime.sendMessage({ to: 'background', texts: ['Bees make honey.', 'The tide is high.'] });
    });
    expect(answer.error).toBeUndefined();
    expect(answer.rows!.map((row) => row.length)).toEqual([384, 384]);
    expect(requests.filter((url) => !url.startsWith('chrome-extension://'))).toEqual([]);
  } finally {
    await context.close();
    rmSync(folder, { recursive: true });
  }
});
