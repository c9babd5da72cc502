import { readFile } from 'node:fs/promises';
import type { Download } from '@playwright/test';
import { expect, forEachScreen, inspect, type Page, test } from './demo-site';

const lockText = (page: Page) => page.locator('#lock-text');
const locked = (page: Page) => expect(lockText(page)).toHaveText(/^Locked/, { timeout: 90_000 });
const compare = (page: Page) => page.getByRole('button', { name: 'Compare', exact: true });
const compared = (page: Page) => expect(page.locator('#status')).toHaveText(/^Compared/, { timeout: 90_000 });
const view = (page: Page, name: string) => page.getByRole('radio', { name }).check();
const pairs = (page: Page) => page.locator('.pairs tbody tr');
const csvOf = async (download: Download) => (await readFile(await download.path(), 'utf8')).split('\r\n');

// The page tries to send something and expects to be refused; the browser logs that.
test.afterEach(({ consoleErrors }) => {
  for (let i = consoleErrors.length; i-- > 0; )
    if (consoleErrors[i]!.includes('?lock-test')) consoleErrors.splice(i, 1);
});

async function dropFile(page: Page, label: string, name: string, content: string | Uint8Array): Promise<void> {
  const data = await page.evaluateHandle(
    ([name, bytes]) => {
      const transfer = new DataTransfer();
      transfer.items.add(new File([new Uint8Array(bytes)], name));
      return transfer;
    },
    [name, [...(typeof content === 'string' ? Buffer.from(content) : content)]] as const,
  );
  await page.getByLabel(label).dispatchEvent('drop', { dataTransfer: data });
}

test('a sample: matches, one to one, near-duplicates, groups, matrix, and the threshold in plain words', async ({
  page,
  open,
}) => {
  await open('similarity/');
  await page.getByRole('button', { name: 'Fill in an example' }).click();
  await compared(page);
  const row = (text: string) => page.getByRole('row', { name: text });
  await expect(row('Where is my parcel?')).toContainText('Tracking a delivery');
  await expect(row('I forgot my password')).toContainText('Resetting your password');
  await expect(row('My password is lost')).toContainText('Resetting your password');
  await expect(page.locator('.unmatched')).toContainText('Who won the match last night?');
  await expect(page.locator('#meaning')).toHaveText(
    /^Of unrelated pairs, (about|fewer than) 1 in \d+ scores 0\.\d{3} or more\. \d+ of 17 lines find a match this good; by chance alone it would be .+\. As unrelated count /,
  );

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
    'The page and its worker tried to send a request. The browser refused both.',
  );
  await expect(page.locator('#count')).toHaveText('0 requests since, 4 refused');
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
  await expect(page.locator('#count')).toHaveText(/^0 requests since/);
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
