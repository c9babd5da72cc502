import { join } from 'node:path';
import { AxeBuilder } from '@axe-core/playwright';
import { test as base, expect, type Page } from '@playwright/test';
import { build } from 'vite';
import { root } from './fixtures';
import { type Server, startServer } from './hub-server';

export { expect, type Page } from '@playwright/test';

/**
 * `server` has the built demos; `open` opens one of them, in a fresh profile. A test fails if the console shows an error that
 * it does not expect.
 */
export const test = base.extend<
  { faults: Server; consoleErrors: string[]; open: (path: string) => Promise<void> },
  { server: Server }
>({
  server: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright wants the pattern
    async ({}, use) => {
      for (const demos of ['demo', 'demo/notes'])
        await build({ configFile: join(root, demos, 'vite.config.ts'), logLevel: 'warn' });
      // Under a path, as on most hosts of static pages.
      const server = await startServer({ roots: { '/some/place/': join(root, 'demo-dist') } });
      await use(server);
      await server.close();
    },
    { scope: 'worker', timeout: 120_000 },
  ],
  faults: async ({ server }, use) => {
    server.log.length = 0;
    await use(server);
    server.clearFaults();
  },
  // biome-ignore lint/correctness/noEmptyPattern: Playwright wants the pattern
  consoleErrors: async ({}, use) => {
    const errors: string[] = [];
    await use(errors);
    expect(errors).toEqual([]);
  },
  open: async ({ page, server, consoleErrors }, use) => {
    page.on('console', (message) => {
      if (message.type() === 'error') consoleErrors.push(message.text());
    });
    page.on('pageerror', (error) => consoleErrors.push(String(error)));
    await use(async (path) => void (await page.goto(`${server.url}/some/place/${path}`)));
  },
});

export const SIZES = { phone: { width: 390, height: 844 }, desktop: { width: 1280, height: 800 } };

/** Sizes and colour schemes that are looked at: each of them once, or with ALL_SCREENS set every pair, which takes two minutes more. */
const SCREENS = process.env.ALL_SCREENS
  ? (['phone-light', 'phone-dark', 'desktop-light', 'desktop-dark'] as const)
  : (['phone-dark', 'desktop-light'] as const);

/** Runs once for each screen; `name` is that of its screenshots. */
export function forEachScreen(
  what: string,
  check: (page: Page, name: string, open: (path: string) => Promise<void>) => Promise<void>,
) {
  for (const name of SCREENS) {
    const [size, colorScheme] = name.split('-') as [keyof typeof SIZES, 'light' | 'dark'];
    test.describe(() => {
      test.use({ viewport: SIZES[size], colorScheme });
      test(`${size}, ${colorScheme}: ${what}`, ({ page, open }) => check(page, name, open));
    });
  }
}

/** Takes a screenshot; nothing may be wider than the page, and axe must find nothing. */
export async function inspect(page: Page, name: string): Promise<void> {
  await screenshot(page, name);
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(page.viewportSize()!.width);
  expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([]);
}

export function screenshot(page: Page, name: string): Promise<unknown> {
  return page.screenshot({ path: join(root, 'test-results/screens', `${name}.png`), fullPage: true });
}
