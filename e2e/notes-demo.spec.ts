import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { AxeBuilder } from '@axe-core/playwright';
import { BlobReader, BlobWriter, TextReader, TextWriter, ZipReader, ZipWriter } from '@zip.js/zip.js';
import { expect, forEachScreen, inspect, type Page, screenshot, test } from './demo-site';
import { watchTasks } from './tasks';

const search = (page: Page) => page.getByLabel('Search your notes');
const text = (page: Page) => page.getByLabel('Text of the note');
const results = (page: Page) => page.locator('#list .row-title');
const related = (page: Page) => page.locator('#related .row-title');
const saved = (page: Page) => page.locator('#saved');
const indexed = (page: Page, notes: number) =>
  expect(page.locator('#indexing-text')).toHaveText(
    notes === 1 ? 'Your note is indexed' : `All ${notes} notes are indexed`,
    { timeout: 60_000 },
  );
const isOffline = (page: Page) => expect(page.locator('#offline')).toHaveText('This page works offline.');

async function withSamples(page: Page, open: (path: string) => Promise<void>): Promise<void> {
  await open('notes/');
  await page.getByRole('button', { name: 'Try with sample notes' }).click();
  await indexed(page, 10);
}

type Stored = { id: string; text: string; modified: number };

const LETTER = `# Garden

## Bees

Keep the hive dry in winter, and leave the bees enough honey.

## Soil

Dig compost in before the first frost.

## Trees

Prune the apple trees in February, when it does not freeze.
`;

test('a note is stored as it is written, found by meaning and by words, and an edit embeds only what changed', async ({
  page,
  open,
}) => {
  await withSamples(page, open);
  await page.getByRole('button', { name: 'New note' }).click();
  await text(page).fill(LETTER);
  await expect(saved(page)).toHaveText('Saved: 3 of 3 passages embedded anew', { timeout: 30_000 });
  await expect(page.getByRole('heading', { name: 'Garden' })).toBeVisible();

  await search(page).fill('looking after insects when it is cold');
  await expect(results(page).first()).toHaveText('Garden');
  await expect(page.locator('#list li').first().locator('.row-label')).toHaveText(/^Meaning/);
  await page.getByRole('radio', { name: 'Words' }).check();
  await search(page).fill('E-4711');
  await expect(results(page)).toHaveText(['Router']);
  await expect(page.locator('#list mark')).toHaveText(['E', '4711']);
  await page.getByRole('radio', { name: 'Meaning' }).check();
  await search(page).fill('my internet connection is broken');
  await expect(results(page).first()).toHaveText('Router');

  await search(page).fill('compost');
  await page.locator('#list button', { hasText: 'Garden' }).click();
  expect(await related(page).allTextContents()).toContain('Growing tomatoes');
  await text(page).fill(LETTER.replace('before the first frost', 'in the autumn'));
  await expect(saved(page)).toHaveText('Saved: 1 of 3 passages embedded anew', { timeout: 30_000 });

  await page.reload();
  await indexed(page, 11);
  await results(page).getByText('Garden', { exact: true }).click();
  await expect(text(page)).toHaveValue(/Dig compost in in the autumn/);
  await expect(related(page)).toHaveCount(6);
});

test('what was typed is stored when the page is closed at once, and indexed at the next start', async ({
  page,
  open,
  context,
}) => {
  await open('notes/');
  await page.getByRole('button', { name: 'New note' }).click();
  await text(page).pressSequentially('Owls hunt at night');
  const url = page.url();
  await page.close({ runBeforeUnload: true });
  const next = await context.newPage();
  await next.goto(url);
  await expect(results(next)).toHaveText(['Owls hunt at night']);
  await indexed(next, 1);
});

/** Drops files and folders as a person does: the browser hears of it from the system. */
async function drop(page: Page, files: string[]): Promise<void> {
  const session = await page.context().newCDPSession(page);
  const data = { items: [], files, dragOperationsMask: 1 };
  for (const type of ['dragEnter', 'dragOver', 'drop'] as const)
    await session.send('Input.dispatchDragEvent', { type, x: 300, y: 300, data });
}

function put(folder: string, files: Record<string, string>): void {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
}

const VAULT = {
  'vault/.obsidian/app.json': '{}',
  'vault/.trash/old.md': 'thrown away',
  'vault/image.png': 'not a text',
  'vault/Recipes/Pancakes.md': '---\ntags: [food]\n---\nTwo eggs, flour and milk; fry them thin.\n',
  'vault/Trains.md': 'The night train to Vienna leaves at ten.',
};

test('files, folders and zips of an Obsidian vault are taken in, once', async ({ page, open }, info) => {
  await open('notes/');
  put(info.outputPath('in'), VAULT);
  writeFileSync(info.outputPath('in/plain.txt'), 'The dentist wants to see me in June.');
  await drop(page, [info.outputPath('in/vault'), info.outputPath('in/plain.txt')]);
  await indexed(page, 3);
  await expect(page.locator('#message')).toHaveText(/^3 notes added\. 1 left out .*: vault\/image\.png$/);
  await search(page).fill('something sweet for breakfast');
  await expect(results(page).first()).toHaveText('Pancakes');
  await expect(page.locator('#list .row-text').first()).not.toContainText('tags');

  const zip = new ZipWriter(new BlobWriter());
  for (const [path, content] of Object.entries({ ...VAULT, 'vault/New.md': 'A violin has four strings.' }))
    await zip.add(path, new TextReader(content), { lastModDate: new Date(2020, 0, 1) });
  writeFileSync(info.outputPath('vault.zip'), Buffer.from(await (await zip.close()).arrayBuffer()));
  await page.locator('#files').setInputFiles(info.outputPath('vault.zip'));
  await expect(page.locator('#message')).toHaveText(/^1 note added, 2 were there already\. 1 left out/);
  await search(page).fill('');
  await expect(results(page)).toHaveCount(4);

  await page.locator('#folder').setInputFiles(info.outputPath('in/vault'));
  await expect(page.locator('#message')).toHaveText(/^0 notes added, 2 were there already/);

  writeFileSync(info.outputPath('broken.zip'), 'not a zip');
  await page.locator('#files').setInputFiles(info.outputPath('broken.zip'));
  await expect(page.locator('#message')).toHaveText(/^0 notes added\. 1 left out .*: broken\.zip$/);
});

test('what is dropped and written while the stored notes are read is taken in', async ({
  page,
  open,
  context,
}, info) => {
  await open('notes/');
  await page.locator('#samples').click();
  await indexed(page, 10);
  await page.evaluate(async () => {
    const opening = indexedDB.open('bge-web-notes');
    await new Promise((resolve) => opening.addEventListener('success', resolve));
    const store = opening.result.transaction('notes', 'readwrite').objectStore('notes');
    const hold = () => store.count().addEventListener('success', () => document.title !== 'go on' && hold());
    hold();
  });
  const next = await context.newPage();
  await next.goto(page.url());
  writeFileSync(info.outputPath('plain.txt'), 'The dentist wants to see me in June.');
  await drop(next, [info.outputPath('plain.txt')]);
  await next.getByRole('button', { name: 'New note' }).click();
  await text(next).fill('Owls hunt at night');
  await expect(results(next)).toHaveCount(0);
  await page.evaluate(() => Object.assign(document, { title: 'go on' }));
  await indexed(next, 12);
});

test('an import that is newer takes the place of a note; what was edited here is kept beside it', async ({
  page,
  open,
}, info) => {
  await open('notes/');
  const take = async (content: string) => {
    put(info.outputPath('in'), { 'a.md': content });
    await page.locator('#files').setInputFiles(info.outputPath('in/a.md'));
  };
  await take('first');
  await expect(results(page)).toHaveText(['a']);
  await take('second');
  await expect(page.locator('#list .row-text')).toHaveText(['second']);
  await results(page).first().click();
  await text(page).fill('mine');
  await expect(saved(page)).toHaveText(/^Saved/);
  await page.waitForTimeout(10);
  await take('third');
  await expect(results(page)).toHaveCount(2);
  expect((await page.locator('#list .row-text').allTextContents()).sort()).toEqual(['mine', 'third']);
});

test('it installs, and starts and searches with the network off', async ({ page, open, context, faults }) => {
  await withSamples(page, open);
  await isOffline(page);
  const session = await context.newCDPSession(page);
  const { errors, data } = await session.send('Page.getAppManifest');
  expect(errors).toEqual([]);
  expect(JSON.parse(data!)).toMatchObject({ name: 'Notes by meaning', display: 'standalone', start_url: './' });
  // All that keeps it from being installed is that the test's window is a private one.
  const { installabilityErrors } = await session.send('Page.getInstallabilityErrors');
  expect(installabilityErrors.map(({ errorId }) => errorId)).toEqual(['in-incognito']);

  await context.setOffline(true);
  faults.log.length = 0;
  await page.reload();
  await indexed(page, 10);
  await search(page).fill('my internet connection is broken');
  await expect(results(page).first()).toHaveText('Router');
  await page.getByRole('button', { name: 'New note' }).click();
  await text(page).fill('Written without a network.');
  await expect(saved(page)).toHaveText('Saved: 1 of 1 passage embedded anew');
  // The test's switch does not reach the browser's own look for a newer service worker.
  expect(faults.log.filter(({ url }) => !/(sw|workbox-\w+)\.js$/.test(url))).toEqual([]);

  // The other demos are none of its business.
  const scope = await page.evaluate(async () => (await navigator.serviceWorker.getRegistration())!.scope);
  expect(new URL(scope).pathname).toBe('/some/place/notes/');
});

test('two tabs agree: one hears of what the other writes, and neither overwrites the other', async ({
  page,
  open,
  context,
}) => {
  await withSamples(page, open);
  const other = await context.newPage();
  await other.goto(page.url());
  await indexed(other, 10);

  await results(page).getByText('Router').click();
  await results(other).getByText('Router').click();
  await text(page).fill('# Router\n\nThe new one has an aerial.');
  await expect(text(other)).toHaveValue(/aerial/);
  await expect(saved(page)).toHaveText(/^Saved: 1 of 1/);
  await search(other).fill('antenna of the box');
  await expect(results(other).first()).toHaveText('Router');

  // Both type at once: the later one becomes a note of its own.
  await page.evaluate(() => {
    const area = document.querySelector<HTMLTextAreaElement>('#text')!;
    area.value = '# Router\n\nMine.';
    area.dispatchEvent(new Event('input'));
  });
  await other.evaluate(() => {
    const area = document.querySelector<HTMLTextAreaElement>('#text')!;
    area.value = '# Router\n\nYours.';
    area.dispatchEvent(new Event('input'));
  });
  await search(other).fill('');
  for (const tab of [page, other]) {
    await expect(results(tab)).toHaveCount(11, { timeout: 10_000 });
    const texts = await tab.locator('#list .row-text').allTextContents();
    expect(texts.filter((row) => /^(Mine|Yours)\.$/.test(row)).sort()).toEqual(['Mine.', 'Yours.']);
  }
  await indexed(page, 11);
  await indexed(other, 11);

  await results(page).getByText('Sourdough').click();
  await page.getByRole('button', { name: 'Delete note' }).click();
  await expect(results(other)).toHaveCount(10);
  await search(other).fill('baking bread with flour');
  await expect(results(other).getByText('Sourdough')).toHaveCount(0);
  await page.getByRole('button', { name: 'Undo' }).click();
  await expect(results(other).first()).toHaveText('Sourdough', { timeout: 10_000 });
});

test('everything can be exported, deleted and imported again', async ({ page, open }, info) => {
  await withSamples(page, open);
  await page.getByRole('button', { name: 'New note' }).click();
  await text(page).fill('# Mine\n\nÜber 笔记 🐝\n');
  await indexed(page, 11);
  const stored = () =>
    page.evaluate(
      () =>
        new Promise<Stored[]>((resolve) => {
          const opening = indexedDB.open('bge-web-notes');
          opening.onsuccess = () => {
            const all = opening.result.transaction('notes').objectStore('notes').getAll();
            all.onsuccess = () => resolve(all.result);
          };
        }),
    );
  const before = await stored();
  const downloading = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Export all' }).click();
  const download = await downloading;
  expect(download.suggestedFilename()).toMatch(/^notes \d{4}-\d\d-\d\d\.zip$/);
  await download.saveAs(info.outputPath('notes.zip'));
  const zip = new ZipReader(new BlobReader(new Blob([readFileSync(info.outputPath('notes.zip'))])));
  const router = (await zip.getEntries()).find(({ filename }) => filename === 'samples/Router.md');
  expect(router && !router.directory && (await router.getData(new TextWriter()))).toMatch(/^# Router\n\nWhen the wifi/);

  await page.getByRole('button', { name: 'Delete everything' }).click();
  await page.getByRole('button', { name: 'Cancel' }).click();
  expect(await stored()).toHaveLength(11);
  await page.getByRole('button', { name: 'Delete everything' }).click();
  await page.getByRole('button', { name: 'Delete everything now' }).click();
  await expect(page.locator('#message')).toHaveText('Everything was deleted from this device.');
  await expect(page.locator('#stored')).toContainText('index 0 bytes, models 0 bytes');
  await expect(results(page)).toHaveCount(0);
  expect(await stored()).toEqual([]);
  expect(await page.evaluate(() => caches.keys())).toEqual([]);

  await page.locator('#files').setInputFiles(info.outputPath('notes.zip'));
  await indexed(page, 11);
  // A zip keeps whole seconds.
  const content = (notes: Stored[]) =>
    notes.map(({ id, text, modified }) => ({ id, text, second: Math.floor(modified / 1000) }));
  expect(content(await stored())).toEqual(content(before));
  await search(page).fill('internet is broken');
  await expect(results(page).first()).toHaveText('Router');
});

test('a map shows all notes, and opens the one that is chosen', async ({ page, open }) => {
  await withSamples(page, open);
  await page.locator('#map summary').click();
  await expect(page.locator('#dots circle')).toHaveCount(10);
  const places = await page.locator('#dots g').evaluateAll((dots) => dots.map((dot) => dot.getAttribute('transform')));
  expect(new Set(places).size).toBe(10);
  await page.locator('#dots g', { hasText: 'Router' }).locator('circle').click();
  await expect(text(page)).toHaveValue(/^# Router/);
  await inspect(page, 'notes-map');
});

test('by the keyboard alone', async ({ page, open }) => {
  await withSamples(page, open);
  await page.keyboard.press('/');
  await expect(search(page)).toBeFocused();
  await page.keyboard.type('tomato plants');
  await expect(results(page).first()).toHaveText('Growing tomatoes');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowUp');
  await expect(page.locator('#list button').first()).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(text(page)).toBeFocused();
  await expect(text(page)).toHaveValue(/^# Growing tomatoes\n\nSow in March/);
  await page.keyboard.press('Escape');
  await expect(search(page)).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(text(page)).toBeFocused();
  await expect(text(page)).toHaveValue(/^# Growing tomatoes\n\nSow/);
  await page.keyboard.press('Escape');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('n');
  await expect(text(page)).toBeFocused();
  await page.keyboard.type('Typed, and nothing else');
  await expect(saved(page)).toHaveText(/^Saved: 1 of 1/);
  await page.keyboard.press('Shift+Tab');
  await page.keyboard.press('Enter');
  await expect(page.locator('#message')).toContainText('“Typed, and nothing else” was deleted.');
  await expect(search(page)).toBeFocused();
});

test('many notes: progress, stop and go on, a crash in the middle, and no long task', async ({
  page,
  open,
  context,
  browser,
}, info) => {
  await open('notes/');
  await expect(page.locator('#offline')).toHaveText('This page works offline.', { timeout: 30_000 });
  const subjects = ['bees', 'trains', 'bread', 'rivers', 'violins', 'owls', 'glass', 'paper'];
  const files = Array.from({ length: 400 }, (_, i) => [
    `many/${i}.md`,
    `Note ${i} is about ${subjects[i % 8]}. It says what I saw on day ${i}, and why ${subjects[(i + 3) % 8]} came to my mind.`,
  ]);
  put(info.outputPath('in'), Object.fromEntries(files));
  await page.locator('#folder').setInputFiles(info.outputPath('in/many'));
  await expect(page.locator('#indexing-text')).toHaveText(/^Indexing: \d+ of 400 notes$/);
  const longestTask = await watchTasks(page, browser);
  await page.getByRole('button', { name: 'Stop indexing' }).click();
  await expect(page.locator('#indexing-text')).toHaveText(/^Stopped: \d+ notes are not indexed yet$/);
  await page.getByRole('button', { name: 'Go on' }).click();
  await search(page).pressSequentially('what about the owls', { delay: 30 });
  await expect(results(page).first()).toBeVisible();
  await expect(page.locator('#indexing-text')).toHaveText(/^Indexing: [1-9]\d\d of 400 notes$/, { timeout: 60_000 });
  expect(await longestTask()).toBeLessThan(50);

  const url = page.url();
  const crashed = page.waitForEvent('crash');
  const session = await context.newCDPSession(page);
  session.send('Page.crash').catch(() => {}); // nobody is left to answer
  await crashed;
  const next = await context.newPage();
  await next.goto(url);
  await expect(next.locator('#list-title')).toHaveText('Notes (400)');
  await indexed(next, 400);
});

test('a model that does not come is told in plain words; the notes are there, and another try goes on', async ({
  page,
  open,
  faults,
  consoleErrors,
}) => {
  faults.answer(/model_quantized\.onnx$/, { status: 500 });
  await open('notes/');
  await page.getByRole('button', { name: 'Try with sample notes' }).click();
  await expect(page.getByRole('alert')).toContainText('The download broke off');
  await search(page).fill('wifi');
  await expect(results(page)).toHaveText(['Router']);
  faults.clearFaults();
  await page.getByRole('button', { name: 'Try again' }).click();
  await indexed(page, 10);
  await search(page).fill('internet is broken');
  await expect(results(page).first()).toHaveText('Router');
  consoleErrors.length = 0;
});

test('in Chinese: interface, notes and search', async ({ page, open }) => {
  await open('notes/');
  await page.getByLabel('Language of the notes').selectOption('BAAI/bge-small-zh-v1.5');
  await page.getByRole('button', { name: '中文' }).click();
  await expect(page).toHaveTitle('笔记');
  await page.getByRole('button', { name: '用示例笔记试试' }).click();
  await expect(page.locator('#indexing-text')).toHaveText('10 条笔记已全部建立索引', { timeout: 60_000 });
  await page.getByLabel('搜索笔记').fill('上不了网怎么办');
  await expect(results(page).first()).toHaveText('路由器');
  await page.locator('#list button').first().click();
  await screenshot(page, 'notes-chinese');
  expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([]);
});

forEachScreen('nothing wider than the page, axe finds nothing', async (page, name, open) => {
  await open('notes/');
  await inspect(page, `notes-${name}-empty`);
  await page.getByRole('button', { name: 'Try with sample notes' }).click();
  await indexed(page, 10);
  await search(page).fill('how do I keep plants alive');
  await expect(results(page).first()).toHaveText('Growing tomatoes');
  await inspect(page, `notes-${name}-found`);
  await results(page).first().click();
  await expect(related(page)).toHaveCount(6);
  await inspect(page, `notes-${name}-note`);
  if (name.startsWith('phone')) await page.getByRole('button', { name: 'Back', exact: true }).click();
  await page.getByRole('button', { name: 'Delete everything' }).click();
  await inspect(page, `notes-${name}-delete`);
});
