import { readFile } from 'node:fs/promises';
import type { Download } from '@playwright/test';
import { expect, forEachScreen, inspect, type Page, test } from './demo-site';
import { dropFiles } from './drop';
import { watchTasks } from './tasks';

const lockText = (page: Page) => page.locator('#lock-text');
const locked = (page: Page) => expect(lockText(page)).toHaveText(/^Locked/, { timeout: 90_000 });
const compare = (page: Page) => page.getByRole('button', { name: 'Compare', exact: true });
const compared = (page: Page) => expect(page.locator('#status')).toHaveText(/^Compared/, { timeout: 90_000 });
const view = (page: Page, name: string) => page.getByRole('radio', { name }).check();
const pairs = (page: Page) => page.locator('.pairs tbody tr');
const csvOf = async (download: Download) => (await readFile(await download.path(), 'utf8')).split('\r\n');

// The page and a test try to send something and expect to be refused; the browser logs that.
test.afterEach(({ consoleErrors }) => {
  for (let i = consoleErrors.length; i-- > 0; )
    if (consoleErrors[i]!.match(/\?lock-test|stolen/)) consoleErrors.splice(i, 1);
});

const dropFile = (page: Page, label: string, name: string, content: string | Uint8Array) =>
  dropFiles(page.getByLabel(label, { exact: true }), { [name]: content });

test('a sample: matches, one to one, near-duplicates, groups, matrix, and the threshold in plain words', async ({
  page,
  open,
}) => {
  await open('similarity/');
  await page.getByRole('button', { name: 'Fill in an example' }).click();
  await compared(page);
  const row = (text: string) => page.getByRole('row', { name: text });
  await expect(row('I want to stop my subscription')).toContainText('Cancelling a subscription');
  await expect(row('I forgot my password')).toContainText('Resetting your password');
  await expect(row('My password is lost')).toContainText('Resetting your password');
  await expect(page.locator('.unmatched')).toContainText('Who won the match last night?');
  await expect(page.locator('#meaning')).toHaveText(
    /^Of unrelated pairs, (about|fewer than) 1 in \d+ scores 0\.\d{3} or more\. \d+ of 17 lines find a match this good; by chance alone it would be .+\.$/,
  );
  await expect(page.locator('#method')).toHaveText(/^As unrelated count /);

  const before = await pairs(page).count();
  await page.getByLabel('Each line in one pair only').check();
  const passages = await page.locator('.pairs td:nth-child(3)').allTextContents();
  expect(new Set(passages).size).toBe(passages.length);
  expect(passages.length).toBeLessThan(before);

  await view(page, 'Near-duplicates');
  await expect(row('Our stores and opening hours')).toContainText('Opening hours of our shops');
  await view(page, 'Clusters');
  const stores = page.locator('.cluster', { hasText: 'Opening hours of our shops' });
  await expect(stores).toContainText('Our stores and opening hours');
  await view(page, 'Matrix');
  await expect(page.locator('.matrix tbody tr')).toHaveCount(17);
  await expect(page.locator('.matrix tbody tr').first().getByRole('cell')).toHaveCount(17);

  await view(page, 'Matches');
  await page.getByLabel('Alike from').fill('1');
  await expect(page.locator('#shown')).toContainText('No pair reaches this score');
  await page.getByLabel('Alike from').fill('0.6');
  await expect(pairs(page).first()).toBeVisible();
});

test('nothing leaves the locked page: not from the page, not from its workers, as the page, the browser and the server see it', async ({
  page,
  open,
  faults,
}) => {
  const seen: string[] = [];
  page.context().on('request', (request) => void seen.push(request.url()));
  await open('similarity/');
  await locked(page);
  seen.length = 0;
  faults.log.length = 0;
  await page.getByRole('button', { name: 'Fill in an example' }).click();
  await compared(page);
  await page.getByRole('button', { name: 'Try to send something' }).click();
  await expect(page.locator('#status')).toHaveText(
    'The page and its workers tried to send a request. The browser refused each one.',
  );
  await expect(page.locator('#count')).toHaveText(/^0 requests since the lock, [4-9] refused$/);
  const refused = await page.evaluate(() =>
    Promise.all([
      fetch('?stolen').then(
        () => false,
        () => true,
      ),
      new Promise((resolve) =>
        Object.assign(new Image(), { onerror: () => resolve(true), onload: () => resolve(false), src: '?stolen' }),
      ),
      import('/stolen.js' as string).then(
        () => false,
        () => true,
      ),
      new Promise((resolve) => {
        const request = new XMLHttpRequest();
        request.onload = () => resolve(false);
        request.onerror = () => resolve(true);
        request.open('GET', '?stolen');
        request.send();
      }),
      new Promise((resolve) => {
        const worker = new Worker(
          URL.createObjectURL(
            new Blob([
              `fetch(${JSON.stringify(location.href)}).then(() => postMessage(false), () => postMessage(true))`,
            ]),
          ),
        );
        worker.onmessage = ({ data }) => resolve(data);
      }),
    ]),
  );
  expect(refused).toEqual([true, true, true, true, true]);
  expect(faults.log).toEqual([]);
  expect(seen.filter((url) => url.startsWith('http') && !/lock-test|stolen|similarity\/$/.test(url))).toEqual([]);
  await expect(page.locator('#count')).toHaveText(/^0 requests since the lock, /);
});

test('tables, files and pasted cells become lists; what is exported can be read again', async ({ page, open }) => {
  await open('similarity/');
  await dropFile(
    page,
    'First list',
    'said.csv',
    'id,said,answer\n1,"It rains, a lot","Wet, ""very"""\n2,=SUM(1),Sum\n3,A cat,A kitten',
  );
  await expect(page.getByLabel('First list is')).toBeFocused();
  await page.getByLabel('First list is').selectOption('said');
  await page.getByLabel('Second list is').selectOption('answer');
  await page.getByRole('button', { name: 'Use these columns' }).click();
  await expect(page.getByLabel('First list', { exact: true })).toHaveValue('It rains, a lot\n=SUM(1)\nA cat');
  await expect(page.getByLabel('Second list', { exact: true })).toHaveValue('Wet, "very"\nSum\nA kitten');
  await expect(page.locator('#count-a')).toHaveText('3 lines');
  await compare(page).click();
  await compared(page);
  await expect(page.locator('#meaning')).toHaveText(/^With fewer than 8 lines/);
  await view(page, 'Matrix');
  const download = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Export CSV' }).click();
  expect((await download).suggestedFilename()).toBe('matrix.csv');
  const rows = await csvOf(await download);
  expect(rows[0]).toBe('\uFEFF,"Wet, ""very""",Sum,A kitten');
  expect(rows[1]).toMatch(/^"It rains, a lot",0\.\d+,0\.\d+,0\.\d+$/);
  // A spreadsheet shows it as text, and does not compute it.
  expect(rows[2]).toMatch(/^"'=SUM\(1\)",0/);

  await dropFile(page, 'Second list', 'list.txt', 'one\r\n\r\ntwo\r\n');
  await expect(page.getByLabel('Second list', { exact: true })).toHaveValue('one\ntwo');
  await dropFile(page, 'First list', 'photo.txt', new Uint8Array([137, 80, 78, 71, 0, 1]));
  await expect(page.locator('#notice')).toHaveText(/^The file is not a text file. Save the table as CSV/);
  await page.getByLabel('First list', { exact: true }).evaluate((area) => {
    const clipboardData = new DataTransfer();
    clipboardData.setData('text/plain', 'a\tb\nc\td');
    area.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }));
  });
  await expect(page.locator('#columns')).toBeVisible();
});

test('by the keyboard alone, one list with itself; what is missing is said', async ({ page, open }) => {
  await open('similarity/');
  await page.getByLabel('First list', { exact: true }).focus();
  await page.keyboard.press('Control+Enter');
  await expect(page.locator('#status')).toHaveText('Write or paste some lines into the first list.');
  await page.keyboard.type('The train is late.');
  await page.keyboard.press('Control+Enter');
  await expect(page.locator('#status')).toHaveText(/^One line alone cannot be compared/);
  await page.keyboard.type('\nThe train has a delay.\nBread is baked from dough.');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Tab');
  await expect(compare(page)).toBeFocused();
  await page.keyboard.press('Enter');
  await compared(page);
  await expect(page.getByRole('row', { name: /^The train is late/ })).toContainText('The train has a delay.');
  for (let i = 0; i < 8 && !(await page.getByLabel('Alike from').evaluate((it) => it === document.activeElement)); i++)
    await page.keyboard.press('Tab');
  await page.keyboard.press('End');
  await expect(page.getByLabel('Alike from')).toHaveAttribute('aria-valuetext', /^1\.000\. /);
  await page.keyboard.press('Tab');
  await page.keyboard.press('ArrowRight');
  await expect(page.getByRole('radio', { name: 'Matrix' })).toBeChecked();
});

test('in Chinese: interface, model and sample; a text in the other language gets the way to its model', async ({
  page,
  open,
  server,
}) => {
  await open('similarity/?texts=zh');
  await page.getByRole('button', { name: '中文' }).click();
  await page.getByRole('button', { name: '填入示例' }).click();
  await expect(page.locator('#status')).toHaveText(/^已比较 289 对/, { timeout: 90_000 });
  await expect(page.locator('#lock-text')).toHaveText(/^已上锁/);
  await page.getByRole('button', { name: 'English' }).click();
  await expect(page.locator('#status')).toHaveText('Compared 289 pairs.');
  await page.getByRole('button', { name: '中文' }).click();
  await expect(page.getByRole('row', { name: '我想停止订阅' })).toContainText('取消订阅');
  await page.getByLabel('第一份列表', { exact: true }).fill('The train is late.\nThe train has a delay.');
  await page.getByLabel('第二份列表', { exact: true }).fill('');
  await page.getByRole('button', { name: '比较', exact: true }).click();
  await page.getByRole('button', { name: '换用另一个模型' }).click();
  await page.waitForURL(`${server.url}/some/place/similarity/?texts=en`);
  await expect(page.getByLabel('第一份列表', { exact: true })).toHaveValue(
    'The train is late.\nThe train has a delay.',
  );
  expect(await page.evaluate(() => sessionStorage.length)).toBe(0);
});

test('long lists are cut with a word about it, no task blocks the page for 50 ms, and cancel ends the work', async ({
  page,
  open,
  browser,
}) => {
  await open('similarity/');
  await locked(page);
  const words = 'red green blue old new small large wooden iron paper house boat tree cup lamp road river bridge'.split(
    ' ',
  );
  const lines = (seed: number) =>
    Array.from({ length: 600 }, (_, i) =>
      [3, 5, 7].map((step) => words[(i * step + seed + (i >> 4)) % words.length]).join(' '),
    );
  await page.getByLabel('First list', { exact: true }).fill(lines(0).join('\n'));
  await page.getByLabel('Second list', { exact: true }).fill(lines(7).join('\n'));
  await compare(page).click();
  await expect(page.locator('#notice')).toHaveText(/^Only the first 500 lines of each list are compared/);
  await page.getByRole('button', { name: 'Cancel' }).click();
  await expect(page.locator('#status')).toHaveText('Cancelled.');
  await expect(compare(page)).toBeFocused();
  // A long task of the page shows each time; what a busy machine adds does not.
  await expect(async () => {
    const longestTask = await watchTasks(page, browser);
    await compare(page).click();
    await compared(page);
    expect(await longestTask()).toBeLessThan(50);
  }).toPass({ timeout: 60_000 });
  await expect(page.locator('#status')).toHaveText('Compared 250,000 pairs.');
});

const CUT = {
  ...{ model: 'BAAI/bge-small-en-v1.5', revision: 'bge-web-1', path: 'onnx/model_cls.onnx', identity: 'cut' },
  ...{ format: 1, url: '', size: null, bytes: 0, sha256: null, etag: null, lastModified: null, digests: [] },
  ...{ complete: false, savedAt: 0, usedAt: 0 },
};

test('a failed download says so, and trying again works', async ({ page, open, faults, consoleErrors }) => {
  faults.answer(/model_quantized\.onnx$/, { status: 403 });
  await open('similarity/');
  await expect(page.getByText('The download broke off')).toBeVisible({ timeout: 60_000 });
  await inspect(page, 'similarity-error');
  // Another file of the model, that was cut and is not needed: the model is stored all the same.
  await page.evaluate(async (record) => {
    const opening = indexedDB.open('bge-web');
    await new Promise((resolve) => (opening.onsuccess = resolve));
    const put = opening.result.transaction('models', 'readwrite').objectStore('models');
    const { model, revision, path, identity } = record;
    const done = put.put(record, ['file', model, revision, path, identity]);
    await new Promise((resolve) => (done.onsuccess = resolve));
    opening.result.close();
  }, CUT);
  faults.clearFaults();
  consoleErrors.length = 0; // the browser's own line about the answer 403
  await page.getByRole('button', { name: 'Try again' }).click();
  await locked(page);
});

forEachScreen('similarity', async (page, name, open) => {
  await open('similarity/');
  await locked(page);
  await inspect(page, `similarity-${name}-before`);
  await page.getByRole('button', { name: 'Fill in an example' }).click();
  await compared(page);
  for (const one of ['Near-duplicates', 'Clusters', 'Matrix', 'Matches']) {
    await view(page, one);
    await inspect(page, `similarity-${name}-${one.toLowerCase()}`);
  }
});
