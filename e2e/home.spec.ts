import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, forEachScreen, inspect, test } from './demo-site';
import { root } from './fixtures';

const TITLES = { search: 'Reverse dictionary', notes: 'Notes', similarity: 'Private similarity' };
const there = Object.entries(TITLES).filter(([name]) => existsSync(join(root, `demo/${name}/index.html`)));

test('home leads to each demo that is there, and to the playground, and back', async ({ page, open }) => {
  await open('');
  await expect(page.getByRole('listitem').getByRole('link')).toHaveText(there.map(([, title]) => title));
  for (const title of [...there.map(([, title]) => title), 'Playground']) {
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

forEachScreen('nothing wider than the page, axe finds nothing', async (page, name, open) => {
  await open('');
  await inspect(page, `home-${name}`);
});
