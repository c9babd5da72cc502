import { readFile } from 'node:fs/promises';
import { expect, forEachScreen, inspect, type Page, screenshot, test } from './demo-site';
import { dropFiles } from './drop';
import { watchTasks } from './tasks';

const status = (page: Page) => page.locator('#status');
const done = (page: Page) => expect(status(page)).toHaveText(/^Done/, { timeout: 120_000 });
const evaluate = (page: Page) => page.getByRole('button', { name: 'Evaluate' });

const drop = (page: Page, files: Readonly<Record<string, string>>) => dropFiles(page.locator('#form'), files);

const jsonl = (...rows: object[]) => rows.map((row) => `${JSON.stringify(row)}\n`).join('');

const BEIR = {
  'corpus.jsonl': jsonl(
    { _id: 'tide', title: 'Tides', text: 'The moon causes the tides.' },
    { _id: 'bees', title: '', text: 'Bees make honey from nectar.' },
    { _id: 'loaf', title: '', text: 'Bread is baked from dough.' },
    { _id: 'wasp', title: '', text: 'Wasps make paper, and never honey.' },
  ),
  'queries.jsonl': jsonl(
    { _id: 'sea', text: 'why does the sea rise and fall?' },
    { _id: 'sweet', text: 'who makes honey?' },
    { _id: 'odd', text: 'what is baked from dough?' },
    { _id: 'other', text: 'of another split' },
  ),
  // The last judgement is wrong, so that one query fails.
  'test.tsv': 'query-id\tcorpus-id\tscore\nsea\ttide\t1\nsweet\tbees\t2\nsweet\twasp\t0\nodd\twasp\t1\n',
};

test('the search sample: measures of all three ways, plots, the failing queries, cancel, and no long task', async ({
  page,
  open,
  browser,
}) => {
  await open('evaluation/');
  const longestTask = await watchTasks(page, browser);
  await page.getByRole('button', { name: 'Try a search sample' }).click();
  await expect(status(page)).toHaveText(/^Reading the texts/, { timeout: 90_000 });
  await page.getByRole('button', { name: 'Cancel' }).click();
  await expect(status(page)).toHaveText('Cancelled.');
  await evaluate(page).click();
  await done(page);
  const longest = await longestTask();
  test.info().annotations.push({ type: 'longest task of the page, ms of CPU time', description: longest.toFixed(1) });
  expect(longest).toBeGreaterThan(0);
  expect(longest).toBeLessThan(50);

  await expect(status(page)).toHaveText('Done: 77 queries on 77 texts.');
  const row = page.locator('.measures tr', { hasText: 'nDCG@10' });
  const [dense, lexical, hybrid] = (await row.getByRole('cell').allTextContents()).map(Number.parseFloat);
  expect(dense).toBeGreaterThan(0.7);
  expect(lexical).toBeGreaterThan(0.4);
  expect(hybrid).toBeGreaterThan(lexical!);
  await expect(page.getByRole('img', { name: /^Recall for each k/ })).toBeVisible();
  await expect(page.getByRole('img', { name: /^nDCG@10 of 77 queries/ })).toBeVisible();

  const failures = page.locator('.failure');
  await expect(failures).toHaveCount(10);
  await expect(failures.first().locator('.badge')).toHaveText('nDCG@10 0.00');
  await expect(failures.first()).toContainText('Came first instead');
  const both = await page.locator('.headline').textContent();
  await page.getByRole('radio', { name: 'By words' }).check();
  await expect(page.locator('.headline')).not.toHaveText(both!);
  await page.getByRole('button', { name: 'Show 10 more' }).click();
  await expect(failures).toHaveCount(20);
  await expect(failures.nth(10)).toBeFocused();
});

test('the similarity sample: correlations, the pairs that disagree, and a table to take away', async ({
  page,
  open,
}) => {
  await open('evaluation/');
  await page.getByRole('button', { name: 'Try a similarity sample' }).click();
  await done(page);
  const spearman = Number(await page.locator('.measures strong').first().textContent());
  expect(spearman).toBeGreaterThan(0.6);
  await expect(page.getByRole('img', { name: `Spearman ${spearman.toFixed(3)}` })).toBeVisible();
  await expect(page.locator('.pairs tbody tr')).toHaveCount(20);
  const download = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Export CSV' }).click();
  const rows = (await readFile(await (await download).path(), 'utf8')).trimEnd().split('\r\n');
  expect(rows[0]).toBe('\uFEFFtext A,text B,people’s score,cosine,place by people,place by model');
  expect(rows).toHaveLength(41);
  expect(rows[1]).toMatch(/^The train leaves at eight\.,At eight o’clock the train departs\.,5,0\.\d+,\d+,\d+$/);
});

test('own files in three parts: what is missing is said, then what fails is shown and exported', async ({
  page,
  open,
}) => {
  await open('evaluation/');
  const { 'test.tsv': qrels, ...texts } = BEIR;
  await drop(page, texts);
  await expect(page.locator('#parts li')).toHaveText([
    'corpus.jsonl – 4 texts to be found',
    'queries.jsonl – 4 queries',
  ]);
  await expect(page.locator('#missing')).toHaveText('Still missing: the judgements (qrels).');
  await expect(evaluate(page)).toBeDisabled();

  await drop(page, { 'test.tsv': `${qrels}sea\ttides\t1\n` });
  await evaluate(page).click();
  await expect(page.getByRole('alert')).toHaveText('test.tsv, line 6: there is no text “tides” in the corpus.');
  await drop(page, { 'corpus.jsonl': `${BEIR['corpus.jsonl']}\n{"_id": "x", "text"` });
  await expect(page.getByRole('alert')).toHaveText(/^corpus\.jsonl, line 6: this is no JSON object/);

  await drop(page, { 'test.tsv': qrels });
  await evaluate(page).click();
  await done(page);
  await expect(page.locator('.headline')).toHaveText(/^67% of the queries have a right answer in first place/);
  const failure = page.locator('.failure');
  await expect(failure).toHaveCount(1);
  await expect(failure.getByRole('heading', { level: 4 })).toHaveText('what is baked from dough?');
  await expect(failure.locator('.sides > div').first()).toContainText('Wasps make paper, and never honey.');
  await expect(failure.locator('.sides > div').last().locator('.entry').first()).toHaveText(
    /^place 1, score \d\.\d{3}Bread is baked from dough\.$/,
  );
  const download = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Export CSV' }).click();
  const rows = (await readFile(await (await download).path(), 'utf8')).trimEnd().split('\r\n');
  expect(rows).toHaveLength(1 + 3 * 3);
  expect(rows).toContain('sea,why does the sea rise and fall?,By meaning,1,1,1,1,1,1,1,tide');
});

test('by the keyboard alone: a pasted table; cancel ends the work', async ({ page, open, faults }) => {
  // The model comes slowly enough to be cancelled.
  faults.delay(/model_quantized\.onnx$/, 2000);
  await open('evaluation/');
  await page.getByLabel('Text of a file').focus();
  await page.keyboard.insertText(
    'one,two,score\nA cat sleeps.,The cat is asleep.,5\nA train is late.,Bread is baked.,much\n',
  );
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('alert')).toHaveText(
    'pasted text, line 3: the last column must be a number, and is “much”.',
  );
  await page
    .getByLabel('Text of a file')
    .fill('A cat sleeps.,The cat is asleep.,5\nA train is late.,Bread is baked.,0\n');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await expect(evaluate(page)).toBeFocused();
  await page.keyboard.press('Enter');
  await page.keyboard.press('Tab');
  await expect(page.getByRole('button', { name: 'Cancel' })).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(status(page)).toHaveText('Cancelled.');
  await expect(evaluate(page)).toBeFocused();
  await page.keyboard.press('Enter');
  await done(page);
  await expect(page.locator('.headline')).toHaveText('The model and people agree well.');
});

test('in Chinese: interface, model and sample', async ({ page, open }) => {
  await open('evaluation/');
  await page.getByRole('button', { name: '中文' }).click();
  await page.getByRole('button', { name: '试用相似度示例' }).click();
  await expect(status(page)).toHaveText('完成：40 对文本。', { timeout: 90_000 });
  await expect(page.getByLabel('文本语言')).toHaveValue('zh');
  expect(Number(await page.locator('.measures strong').first().textContent())).toBeGreaterThan(0.4);
  await page.getByRole('button', { name: 'English' }).click();
  await expect(status(page)).toHaveText('Done: 40 pairs.');
  await expect(page.locator('#parts')).toHaveText('sample – 40 pairs with scores');
  await expect(page.locator('.headline')).toHaveText(/^The model and people /);
});

forEachScreen('evaluation', async (page, name, open) => {
  await open('evaluation/');
  await screenshot(page, `evaluation-${name}-before`);
  await page.getByRole('button', { name: 'Try a search sample' }).click();
  await done(page);
  await inspect(page, `evaluation-${name}-search`);
  await page.getByRole('button', { name: 'Try a similarity sample' }).click();
  await done(page);
  await inspect(page, `evaluation-${name}-pairs`);
});
