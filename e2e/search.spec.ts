import { expect, openSearch, test } from './fixtures';

// The whole path with the real model: documents → passages → vectors → IndexedDB → ranked hits.

const SUBJECTS = ['bees', 'the tide', 'bread', 'trains', 'clouds', 'glass', 'salt', 'owls', 'bridges', 'paper'];
const PLACES = ['in spring', 'at night', 'by the sea', 'in the city', 'on the hill'];

/** Short texts, no two alike, and one that a question is about. */
const notes = Array.from({ length: 2000 }, (_, i) => ({
  id: `note-${i}`,
  text: `${SUBJECTS[i % 10]} ${PLACES[Math.floor(i / 10) % 5]}, ${i}`,
  tags: [SUBJECTS[i % 10]!],
  date: i,
}));
const NEEDLES = [
  {
    id: 'router',
    text: 'Hold the button on the back of the box for ten seconds; it then forgets its password.',
    tags: ['home'],
  },
  { id: 'honey', text: 'Honigbienen sammeln Nektar. The error code is E-4711.', tags: ['home'] },
];

test('2,000 passages are indexed, found after a reload without a network, and survive the death of a worker in mid-add', async ({
  page,
  context,
}) => {
  test.setTimeout(300_000);
  // Stands for the app's own offline copy of its page and the package's files.
  await page.evaluate(async () => {
    await navigator.serviceWorker.register('/app-files.js');
    await navigator.serviceWorker.ready;
  });
  await page.reload();
  await openSearch(page);
  await page.waitForFunction(() => navigator.serviceWorker.controller);

  const first = await page.evaluate(
    async ([notes, needles]) => {
      const workers: Worker[] = [];
      const worker = () => {
        workers.push(new Worker('/dist/search-worker.js', { type: 'module' }));
        return workers.at(-1)!;
      };
      const embedder = await bge.create();
      const index = await search.createIndex({ embedder, name: 'notes', worker });
      await index.add(needles);
      const started = performance.now();
      let kept = 0;
      const killed = await bge.outcome(
        index.add(notes, {
          onProgress: (event) => {
            if (event.phase !== 'add' || event.documents < 1000) return;
            kept = event.documents;
            workers[0]!.terminate();
          },
        }),
      );
      const { documents } = await index.stats();
      const report = await index.add(notes);
      const seconds = (performance.now() - started) / 1000;
      return { error: killed.error, kept, documents, report, stats: await index.stats(), seconds };
    },
    [notes, NEEDLES] as const,
  );
  console.log(`2,000 passages in ${first.seconds.toFixed(0)} s`);
  expect(first.error).toMatchObject({ name: 'WorkerDiedError' });
  expect(first.kept).toBeGreaterThanOrEqual(1000);
  expect(first.documents).toBeGreaterThanOrEqual(first.kept + NEEDLES.length);
  expect(first.report).toMatchObject({ added: 2002 - first.documents, unchanged: first.documents - 2 });
  expect(first.stats).toMatchObject({ documents: 2002, passages: 2002, removed: 0 });

  await context.setOffline(true);
  await page.reload();
  await openSearch(page);
  const second = await page.evaluate(async (notes) => {
    const embedder = await bge.create();
    const opened = performance.now();
    const index = await search.createIndex({ embedder, name: 'notes' });
    const opening = performance.now() - opened;
    const ids = async (query: string, options?: import('../src/search/index').SearchOptions) =>
      (await index.search(query, { k: 5, ...options })).map(({ id }) => id);
    const [hit] = await index.search('how do I reset my wifi router?', { k: 1, explain: true });
    const started = performance.now();
    await ids('which birds hunt in the dark?');
    return {
      hit,
      milliseconds: { opening, search: performance.now() - started },
      dense: await ids('how do I reset my wifi router?', { mode: 'dense' }),
      words: await ids('E-4711', { mode: 'lexical' }),
      hybrid: await ids('E-4711'),
      filtered: await index.search('birds', { k: 3, filter: { tags: 'owls', date: { gte: 1000, lt: 1100 } } }),
      again: await index.add(notes),
    };
  }, notes);
  console.log(second.milliseconds);
  expect(second.hit).toMatchObject({
    id: 'router',
    passage: { text: NEEDLES[0]!.text, start: 0, end: NEEDLES[0]!.text.length },
    document: { id: 'router', tags: ['home'] },
    explanation: { denseRank: 1 },
  });
  expect(second.dense[0]).toBe('router');
  expect(second.words).toEqual(['honey']);
  expect(second.hybrid[0]).toBe('honey');
  expect(second.filtered.length).toBe(3);
  for (const { document } of second.filtered) {
    expect(document.tags).toEqual(['owls']);
    expect(document.date).toBeGreaterThanOrEqual(1000);
    expect(document.date).toBeLessThan(1100);
  }
  expect(second.again).toMatchObject({ added: 0, unchanged: 2000, embedded: 0 });
});

test('a long Markdown document is cut by its headings; the reranker orders what was found', async ({ page }) => {
  await openSearch(page);
  const result = await page.evaluate(async () => {
    const embedder = await bge.create();
    const reranker = await bge.createReranker();
    const index = await search.createIndex({ embedder, reranker, passageTokens: 64 });
    const filler = 'It was a quiet day and little happened that anyone would have written down. '.repeat(4);
    const text = `# Handbook\n\n## Travel\n\n${filler}\n\n## Bees\n\nKeep the hive dry. ${filler}\n\n## Tides\n\n${filler}`;
    await index.add([
      { id: 'handbook', text, format: 'markdown' },
      { id: 'page', text: '<h1>Baking</h1><p>Knead the <b>dough</b> &amp; wait.</p>', format: 'html' },
    ]);
    const [bees] = await index.search('how to keep a hive', { k: 1, mode: 'dense' });
    const [dough] = await index.search('kneading dough', { k: 1 });
    const ranked = await index.search('how to keep a hive', { rerank: true, explain: true });
    const logits = await reranker.score([['how to keep a hive', ranked[0]!.passage.text]]);
    return { text, bees, dough, ranked, logit: logits[0], stats: await index.stats() };
  });
  expect(result.stats.passages).toBeGreaterThan(4);
  expect(result.bees).toMatchObject({ id: 'handbook' });
  expect(result.bees!.passage.text).toContain('Keep the hive dry.');
  expect(result.text.slice(result.bees!.passage.start, result.bees!.passage.end)).toBe(result.bees!.passage.text);
  expect(result.dough).toMatchObject({
    id: 'page',
    passage: { text: expect.stringContaining('Knead the dough & wait.') },
  });
  expect(result.ranked.length).toBe(2);
  expect(result.ranked[0]!.score).toBeGreaterThanOrEqual(result.ranked[1]!.score);
  expect(result.ranked[0]!.relevance).toBeCloseTo(1 / (1 + Math.exp(-result.ranked[0]!.score)), 6);
  expect(result.ranked[0]!.explanation!.rerank).toBe(result.ranked[0]!.score);
});
