import { join } from 'node:path';
import { expect, forEachScreen, inspect, type Page, screenshot, test } from './demo-site';
import { dropper } from './drop';
import { root } from './fixtures';

const BEST = {
  'How do bees make honey?': /^In the hive, bees pass nectar/,
  'Why is the sky blue?': /^Short wavelengths/,
  'best way to keep my photos safe': /^Keep three copies/,
  'What should I eat before a marathon?': /^On the evening before the race/,
};
const MODEL_FILE = /model_quantized\.onnx$/;

test.beforeEach(({ open }) => open('playground/'));

const encode = (page: Page) => page.getByRole('button', { name: 'Encode' });
const status = (page: Page) => page.locator('#status-text');
const done = (page: Page) => expect(status(page)).toHaveText(/^Done: 10 texts in /, { timeout: 60_000 });
const fact = (page: Page, name: string) => page.locator('dl > div', { hasText: name }).locator('dd');

test('encodes the example and shows the scores, the facts and where it ran', async ({ page, faults }) => {
  expect(faults.log.filter(({ url }) => url.includes('/models/'))).toEqual([]);
  await encode(page).click();
  await done(page);
  await expect(page.getByRole('row')).toHaveCount(1 + 6);
  await expect(page.getByRole('cell')).toHaveCount(4 * 6);
  await expect(page.getByRole('columnheader')).toHaveText(['Passage', ...Object.keys(BEST)]);
  for (const [q, passage] of Object.values(BEST).entries()) {
    const best = page.locator('tbody tr', { has: page.locator(`td:nth-of-type(${q + 1}).best`) });
    await expect(best.getByRole('rowheader')).toHaveText(passage);
    await expect(best.getByRole('cell').nth(q)).toHaveText(/★0\.\d{3}, best passage for this query/);
  }
  await expect(fact(page, 'Runs on')).toHaveText('CPU');
  await expect(fact(page, 'Why there')).toHaveText(/WebGPU/);
  await expect(fact(page, 'Self-check')).toHaveText(/^0\.99|^1\.0/);
  await expect(fact(page, 'Load')).toHaveText(/downloaded$/);
  await expect(fact(page, 'Speed')).toHaveText(/^1\d\d tokens, [\d,]+ a second$/);

  await page.getByRole('radio', { name: 'Ranking' }).check();
  for (const [q, passage] of Object.values(BEST).entries()) {
    const section = page.locator('.ranking section').nth(q);
    await expect(section.getByRole('heading')).toHaveText(Object.keys(BEST)[q]!);
    await expect(section.locator('li.best span').nth(1)).toHaveText(passage);
  }
});

test('the Chinese model brings its own example, and leaves the texts that the user wrote', async ({ page }) => {
  await page.getByLabel('Queries').fill('蜂蜜是怎么来的？');
  await page.getByLabel('Model', { exact: true }).selectOption({ label: 'bge-small-zh-v1.5 (Chinese)' });
  await expect(page.getByLabel('Queries')).toHaveValue('蜂蜜是怎么来的？');
  await encode(page).click();
  await expect(status(page)).toHaveText(/^Done: 7 texts/, { timeout: 60_000 });
  await expect(page.getByRole('row', { name: /best passage/ }).getByRole('rowheader')).toHaveText(/^工蜂/);
});

test('in Chinese: the interface, what was said before, and the results', async ({ page }) => {
  await encode(page).click();
  await done(page);
  await page.getByRole('button', { name: '中文' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('试验场');
  await expect(status(page)).toHaveText(/^完成：10 条文本，用时 /);
  await expect(page.locator('#queries-hint')).toHaveText('4 行，每行一个查询');
  await expect(page.getByRole('columnheader').first()).toHaveText('文本');
  await expect(page.locator('#fact-vectors')).toHaveText('384 维');
  await expect(page.locator('#stored')).toHaveText(/^3\d\.\d MB（浏览器允许 .*）：BAAI\/bge-small-en-v1\.5$/);
  await page.reload();
  await expect(page.getByLabel('模型', { exact: true })).toHaveValue('BAAI/bge-small-zh-v1.5');
  await expect(status(page)).toHaveText('首次运行会下载模型：25 至 35 MB，只需一次。');
});

test('a second visit reads the model from this device; deletion frees it', async ({ page, faults }) => {
  const remove = page.getByRole('button', { name: 'Delete stored models' });
  await expect(remove).toBeDisabled();
  await encode(page).click();
  await done(page);
  await page.reload();
  faults.log.length = 0;
  await encode(page).click();
  await done(page);
  await expect(fact(page, 'Load')).toHaveText(/from this device$/);
  expect(faults.log.filter(({ url }) => url.includes('/models/'))).toEqual([]);

  await expect(page.locator('#stored')).toHaveText(/^3\d\.\d MB of .*: BAAI\/bge-small-en-v1\.5$/);
  await remove.click();
  await expect(status(page)).toHaveText(/^Deleted 3\d\.\d MB/);
  await expect(page.locator('#stored')).toHaveText('Nothing yet');
  await expect(remove).toBeDisabled();
  await encode(page).click();
  await done(page);
});

test('cancel ends a download, and the next run goes on', async ({ page, faults }) => {
  faults.slow(MODEL_FILE, 8_000_000, 1);
  await encode(page).click();
  await expect(status(page)).toHaveText(/^Downloading the model: [1-9]/);
  await page.getByRole('button', { name: 'Cancel' }).click();
  await expect(status(page)).toHaveText('Cancelled');
  await expect(encode(page)).toBeFocused();
  await page.waitForTimeout(300);
  await expect(status(page)).toHaveText('Cancelled');
  await encode(page).click();
  await done(page);
});

test('an error says what to do, and trying again works', async ({ page, faults, consoleErrors }) => {
  faults.answer(MODEL_FILE, { status: 403 });
  await encode(page).click();
  await expect(page.getByText('The download broke off', { exact: true })).toBeVisible({ timeout: 30_000 });
  await screenshot(page, 'playground-error');
  faults.clearFaults();
  consoleErrors.length = 0; // the browser's own line about the answer 403
  await page.getByRole('button', { name: 'Try again' }).click();
  await done(page);
  await expect(page.locator('#error')).toBeHidden();
});

test('works by the keyboard alone', async ({ page }) => {
  await page.keyboard.press('Tab'); // the link home
  await page.keyboard.press('Tab'); // the other language
  const order: string[] = [];
  for (let i = 0; i < 6; i++) {
    await page.keyboard.press('Tab');
    order.push(await page.evaluate(() => document.activeElement!.id || document.activeElement!.getAttribute('name')!));
  }
  expect(order).toEqual(['model', 'device', 'folder', 'queries', 'passages', 'encode']);
  await page.keyboard.press('Shift+Tab');
  await page.keyboard.press('Control+A');
  await page.keyboard.press('Delete');
  await page.keyboard.press('Control+Enter');
  await expect(status(page)).toHaveText(/^Write at least one query/);
  await expect(page.getByLabel('Passages')).toBeFocused();
  await page.keyboard.type('The tide is high.\n\nBees turn nectar into honey.');
  await page.keyboard.press('Control+Enter');
  await expect(status(page)).toHaveText(/^Done: 6 texts/, { timeout: 60_000 });
  await expect(page.getByRole('row', { name: 'Bees turn nectar' }).getByRole('cell').first()).toHaveClass('best');
});

forEachScreen('nothing wider than the page, axe finds nothing', async (page, name) => {
  await screenshot(page, `playground-${name}-before`);
  await encode(page).click();
  await done(page);
  for (const view of ['Ranking', 'Matrix']) {
    await page.getByRole('radio', { name: view }).check();
    await inspect(page, `playground-${name}-${view.toLowerCase()}`);
  }
});

test('a model folder that is dropped is loaded as the others; one that is none says so', async ({ page, faults }) => {
  const drop = await dropper(page);
  await drop(join(root, 'e2e/goldens'));
  await expect(page.getByText('This folder cannot be used as a model', { exact: true })).toBeVisible();
  await drop(join(root, 'e2e/models/fine-tuned/flag-embedding'));
  await expect(status(page)).toHaveText('flag-embedding is ready to be loaded: encode the texts');
  await expect(page.getByLabel('Model', { exact: true })).toHaveValue('files/flag-embedding');
  await page.getByLabel('Put before each query').fill('Represent this sentence for searching relevant passages: ');
  await encode(page).click();
  await done(page);
  await expect(page.locator('#fact-model')).toHaveText('flag-embedding');
  await expect(fact(page, 'Vectors')).toHaveText('32 dimensions');
  await expect(page.locator('#stored')).toHaveText('Nothing yet');
  expect(faults.log.filter(({ url }) => url.includes('/models/'))).toEqual([]);
  await inspect(page, 'playground-folder');
});
