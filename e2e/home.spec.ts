import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, forEachScreen, inspect, test } from './demo-site';
import { root } from './fixtures';

const DEMOS = ['Reverse dictionary', 'Notes', 'Private similarity', 'Evaluation'];

test('home leads to each demo, and to the playground, and back', async ({ page, open }) => {
  await open('');
  await expect(page.getByRole('listitem').getByRole('link')).toHaveText(DEMOS);
  for (const title of [...DEMOS, 'Playground']) {
    await page.getByRole('link', { name: title }).click();
    await expect(page.getByRole('heading', { level: 1 })).toHaveText(title);
    await page.getByRole('link', { name: 'bge-web' }).click();
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('bge-web');
  }
});

test('the language is the one last chosen, else the browser’s', async ({ page, open, browser, server }) => {
  await open('');
  await expect(page.locator('html')).toHaveAttribute('lang', 'en');
  await page.getByRole('button', { name: '中文' }).click();
  await expect(page.locator('html')).toHaveAttribute('lang', 'zh-CN');
  await expect(page.locator('header p')).toHaveText(/^文本向量在您的浏览器中计算/);
  await page.reload();
  await expect(page.getByRole('button', { name: 'English' })).toBeVisible();
  await expect(page).toHaveTitle('bge-web：浏览器里的文本向量');

  const chinese = await browser.newContext({ locale: 'zh-TW' });
  const other = await chinese.newPage();
  await other.goto(`${server.url}/some/place/`);
  await expect(other.getByRole('button', { name: 'English' })).toBeVisible();
  await chinese.close();
});

for (const folder of ['', 'search/', 'notes/', 'similarity/', 'evaluation/', 'playground/']) {
  test(`the first screen of ${folder || 'home'} takes less than 200 kB of JavaScript, packed as hosts do`, async ({
    page,
    open,
  }) => {
    const scripts = new Set<string>();
    page.on('request', (request) => {
      const { pathname } = new URL(request.url());
      if (pathname.endsWith('js')) scripts.add(pathname);
    });
    await open(folder);
    await page.waitForLoadState('networkidle', { timeout: 100_000 });
    expect(scripts.size).toBeGreaterThan(0);
    const packed = [...scripts].map((path) =>
      gzipSync(readFileSync(join(root, 'demo-dist', path.slice('/some/place/'.length)))),
    );
    expect(packed.reduce((sum, { length }) => sum + length, 0)).toBeLessThan(200_000);
  });
}

forEachScreen('nothing wider than the page, axe finds nothing', async (page, name, open) => {
  await open('');
  await inspect(page, `home-${name}`);
});
