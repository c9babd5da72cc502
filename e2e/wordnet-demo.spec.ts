import { expect, forEachScreen, inspect, type Page, SIZES, screenshot, test } from './demo-site';
import { publishedReranker } from './tiny-models';

const field = (page: Page) => page.getByRole('searchbox');
const column = (page: Page, name: string) => page.getByRole('region', { name, exact: true });
const words = (page: Page, name: string) => column(page, name).getByRole('heading', { level: 3 });
const note = (page: Page) => page.locator('#note');
const ready = (page: Page) => expect(note(page)).toHaveText(/^Answers come while you type/, { timeout: 100_000 });
/** The answer that is shown is that of the last word typed. */
const answered = (page: Page) => expect(note(page)).toHaveText(/^Your description as a vector: /, { timeout: 20_000 });

test.beforeEach(({ open }) => open('search/'));

test('a description leads to the word, by meaning, by words and by both, with reasons and times', async ({ page }) => {
  await ready(page);
  await field(page).fill('mountain that spits out lava');
  for (const name of ['By meaning', 'Both'])
    await expect(
      words(page, name)
        .filter({ hasText: /\bvolcano\b/ })
        .first(),
    ).toBeVisible({ timeout: 20_000 });
  await expect(note(page)).toHaveText(/^Your description as a vector: [\d.]+ m?s\.$/);
  for (const name of ['By meaning', 'By words', 'Both']) {
    await expect(words(page, name)).toHaveCount(10);
    await expect(column(page, name).locator('.time')).toHaveText(/^[\d.]+ m?s$/);
  }

  await field(page).fill('tool for hitting nails');
  for (const name of ['By meaning', 'Both'])
    await expect(
      words(page, name)
        .filter({ hasText: /^hammer$/ })
        .first(),
    ).toBeVisible({ timeout: 20_000 });
  await field(page).fill('mountain that spits out lava');
  await expect(words(page, 'By meaning').first()).toHaveText('volcano', { timeout: 20_000 });

  // Reasons: the words that matched, and where each hit stands.
  const byWords = column(page, 'By words');
  await expect(byWords.locator('mark').first()).toHaveText(/^(mountain|spits|out|lava)$/i);
  await expect(byWords.getByRole('listitem').first()).toContainText('words: no. 1');
  const byMeaning = column(page, 'By meaning').getByRole('listitem').first();
  await expect(byMeaning).toContainText(/cos 0\.\d\d · meaning:\sno\.\s1/);
  await expect(byMeaning.getByRole('img', { name: /^estimated likelihood \d+%$/ })).toBeVisible();
});

test('of a quick typist only the last description is answered', async ({ page }) => {
  await ready(page);
  // Every answer that is shown, from here on.
  await page.evaluate(() => {
    const shown: string[] = [];
    Object.assign(window, { shown });
    new MutationObserver(() => {
      const { value } = document.querySelector<HTMLInputElement>('#query')!;
      if (document.querySelector('#answer h3')) shown.push(value);
    }).observe(document.querySelector('#answer')!, { childList: true });
  });
  await field(page).pressSequentially('tower with a light that guides ships', { delay: 15 });
  await field(page).fill('someone whose husband has died');
  await expect(words(page, 'Both').filter({ hasText: 'widow' }).first()).toBeVisible({ timeout: 20_000 });
  await page.waitForTimeout(1000);
  await expect(words(page, 'Both').filter({ hasText: 'widow' }).first()).toBeVisible();
  const shown = await page.evaluate(() => (window as unknown as { shown: string[] }).shown);
  expect(shown.at(-1)).toBe('someone whose husband has died');
  expect(shown.filter((value) => value === 'someone whose husband has died')).toHaveLength(1);
  // An emptied field shows nothing, also when a search is on its way.
  await field(page).fill('very tired');
  await field(page).fill('');
  await page.waitForTimeout(1000);
  await expect(page.getByRole('heading', { level: 3 })).toHaveCount(0);
});

test('works by the keyboard alone, and tells a screen reader once typing stops', async ({ page }) => {
  const focused = () => page.evaluate(() => document.activeElement!.id || document.activeElement!.textContent);
  const order: (string | null)[] = [];
  for (let i = 0; i < 4; i++) {
    await page.keyboard.press('Tab');
    order.push(await focused());
  }
  expect(order).toEqual(['bge-web', 'language', 'query', 'mountain that spits out lava']);
  // An example may be asked for before the dictionary is there.
  await page.keyboard.press('Enter');
  await expect(field(page)).toBeFocused();
  await expect(
    words(page, 'Both')
      .filter({ hasText: /\bvolcano\b/ })
      .first(),
  ).toBeVisible({ timeout: 100_000 });
  await expect(page.locator('#spoken')).toHaveText(/^10 words\. By both ways the first is: /);
  await page.keyboard.press('Control+A');
  await page.keyboard.type('how plants turn sunlight into food');
  await expect(words(page, 'Both').filter({ hasText: 'photosynthesis' }).first()).toBeVisible({ timeout: 20_000 });
  await expect(page.locator('#spoken')).toHaveText(/photosynthesis/);
});

test('a Chinese description is translated word by word, in the open, by a file that comes when it is needed', async ({
  page,
  faults,
  consoleErrors,
}) => {
  await page.getByRole('button', { name: '中文' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('反向词典');
  await expect(note(page)).toHaveText('边输入边出结果。', { timeout: 100_000 });
  const fetched = () => faults.log.filter(({ url }) => url.endsWith('chinese.tsvz')).length;
  expect(fetched()).toBe(0);
  const read = page.locator('#words li');
  const volcano = words(page, '两者结合').filter({ hasText: /^volcano$/ });
  faults.answer(/chinese\.tsvz$/, { status: 503, times: 1 });
  await field(page).fill('喷出岩浆的山');
  await page.getByRole('button', { name: '重试' }).click();
  consoleErrors.length = 0; // the browser's own line about the answer 503
  await expect(volcano.first()).toBeVisible({ timeout: 20_000 });
  await expect(read).toHaveText(['喷出spout', '岩浆magma', '的–', '山mountain']);
  await expect(column(page, '两者结合').getByText('火山', { exact: true }).first()).toBeVisible();
  await expect(page.locator('#spoken')).toHaveText(/^10 个词。/);
  await screenshot(page, 'search-chinese');
  // Traditional characters are shown as they were typed.
  await field(page).fill('噴出岩漿的山');
  await expect(read.first()).toHaveText('噴出spout', { timeout: 20_000 });
  await expect(volcano.first()).toBeVisible({ timeout: 20_000 });
  await page.getByRole('button', { name: 'English' }).click();
  await expect(page.getByText('Translated word by word:')).toBeVisible();
  await field(page).fill('的');
  await expect(note(page)).toHaveText('None of these words is in the Chinese dictionary.', { timeout: 20_000 });
  await expect(page.getByRole('heading', { level: 3 })).toHaveCount(0);
  await field(page).fill('very tired');
  await expect(read.first()).toBeHidden();
  await answered(page);
  expect(fetched()).toBe(2);
});

test('a reranker comes by a click, orders the best anew after each pause, and goes by another', async ({
  page,
  context,
  consoleErrors,
}) => {
  const model = publishedReranker();
  const asked: string[] = [];
  let isReachable = false;
  await context.route('https://huggingface.co/**', async (route) => {
    asked.push(route.request().url());
    if (!isReachable) return route.abort('connectionrefused');
    const body = Object.entries(model).find(([name]) => asked.at(-1)!.endsWith(`/${name}`))?.[1];
    await route.fulfill({ status: body ? 200 : 404, body, headers: { 'Access-Control-Allow-Origin': '*' } });
  });
  await ready(page);
  await field(page).fill('tower with a light that guides ships');
  await answered(page);
  expect(asked).toEqual([]);

  const button = (name: string) => page.getByRole('button', { name, exact: true });
  await page.getByText('A better order, by a second model').click();
  await button('Rerank with a cross-encoder').click();
  await expect.poll(() => asked.length).toBeGreaterThan(0);
  await button('Cancel the reranker').click();
  await expect(page.locator('#reranker')).toBeEmpty();
  await button('Rerank with a cross-encoder').click();
  await expect(page.getByText('The reranker did not arrive', { exact: true })).toBeVisible({ timeout: 60_000 });
  await screenshot(page, 'search-reranker-error');
  consoleErrors.length = 0; // the browser's own lines about the connection
  isReachable = true;
  await button('Try again').click();

  const before = await words(page, 'Both').allTextContents();
  const reranked = words(page, 'Reranked');
  await expect(reranked).toHaveCount(10, { timeout: 60_000 });
  expect(await reranked.allTextContents()).not.toEqual(before);
  await expect(column(page, 'Reranked').locator('.time')).toHaveText(/^[\d.]+ m?s$/);
  const first = column(page, 'Reranked').getByRole('listitem').first();
  await expect(first).toContainText(/logit -?\d+\.\d · (▲ from no\. \d+|where it was)/);
  await expect(page.locator('#spoken')).toHaveText(/^10 words\. Reranked, the first is: /);
  // The next description's column takes the place of this one's, and a Chinese one works too.
  await field(page).pressSequentially('给动物看病的医生', { delay: 30 });
  await field(page).fill('给动物看病的医生');
  await expect(reranked).toHaveCount(10, { timeout: 20_000 });
  await expect(reranked.filter({ hasText: 'veterinarian' }).first()).toBeVisible();
  await inspect(page, 'search-reranked');
  await page.setViewportSize(SIZES.phone);
  await expect(column(page, 'Both')).toBeHidden();
  await inspect(page, 'search-reranked-phone');
  await button('Stop reranking').click();
  await answered(page);
  await expect(column(page, 'Reranked')).toHaveCount(0);
  await expect(page.getByRole('radio', { name: 'Both', exact: true })).toBeChecked();
  await expect(words(page, 'Both')).toHaveCount(10);
});

test('a dictionary that does not arrive says what to do, and trying again works', async ({
  page,
  open,
  faults,
  consoleErrors,
}) => {
  faults.answer(/\.bgez$/, { status: 503 });
  await open('search/');
  await expect(page.getByText('The dictionary did not arrive', { exact: true })).toBeVisible({ timeout: 30_000 });
  await screenshot(page, 'search-error');
  faults.clearFaults();
  consoleErrors.length = 0; // the browser's own line about the answer 503
  await page.getByRole('button', { name: 'Try again' }).click();
  await expect(field(page)).toBeFocused();
  await ready(page);
});

test('all meanings come by a click, while the others go on answering, and going back to those cancels it', async ({
  page,
}) => {
  await ready(page);
  let goOn = () => {};
  const held = new Promise<void>((resolve) => {
    goOn = resolve;
  });
  await page.route(/all\.bgez$/, async (route) => {
    await held;
    await route.continue().catch(() => {}); // cancelled by then
  });
  const size = (name: RegExp) => page.getByRole('radio', { name });
  await size(/^All meanings \(58\.6 MB\)$/).check();
  await field(page).fill('mountain that spits out lava');
  await expect(words(page, 'By meaning').first()).toHaveText('volcano', { timeout: 20_000 });
  await size(/^The 20,000/).check();
  goOn();
  await expect(page.locator('#arriving')).toBeEmpty();

  await size(/^All meanings/).check();
  await expect(page.locator('#which')).toHaveText(/^117,791 meanings/, { timeout: 100_000 });
  await field(page).fill('someone who repairs shoes');
  await expect(words(page, 'Both').filter({ hasText: 'cobbler' }).first()).toBeVisible({ timeout: 20_000 });
  // Among the 20,000 there is no word for it.
  await field(page).fill('coin collector');
  await expect(words(page, 'By meaning').filter({ hasText: 'numismatist' }).first()).toBeVisible({ timeout: 20_000 });
});

test('after loading no network is needed, and no description leaves the page', async ({ page, context, faults }) => {
  await ready(page);
  faults.log.length = 0;
  await context.setOffline(true);
  await field(page).fill('mountain that spits out lava');
  await expect(
    words(page, 'Both')
      .filter({ hasText: /\bvolcano\b/ })
      .first(),
  ).toBeVisible({ timeout: 20_000 });
  expect(faults.log).toEqual([]);
});

test('the licence of WordNet is on the page', async ({ page }) => {
  await page.getByText('Licence of WordNet', { exact: true }).click();
  await expect(page.locator('#licence')).toContainText('WordNet 3.1 Copyright 2011 by Princeton University.');
  await expect(page.locator('#licence')).toBeVisible();
});

forEachScreen('nothing wider than the page, axe finds nothing', async (page, name) => {
  await ready(page);
  await screenshot(page, `search-${name}-before`);
  await field(page).fill('mountain that spits out lava');
  await answered(page);
  await inspect(page, `search-${name}`);
  await field(page).fill('给动物看病的医生');
  await expect(page.getByText('兽医').first()).toBeAttached({ timeout: 20_000 });
  await inspect(page, `search-${name}-chinese`);
  if (!name.startsWith('phone')) return;
  await expect(page.getByRole('region', { name: 'By meaning' })).toBeHidden();
  await page.getByRole('radio', { name: 'By meaning' }).check();
  await expect(page.getByRole('region', { name: 'By meaning' })).toBeVisible();
  await expect(page.getByRole('region', { name: 'Both', exact: true })).toBeHidden();
  await inspect(page, `search-${name}-meaning`);
});
