import { expect, openSearch, test } from './fixtures';

// What is stored, in a real IndexedDB; the embedder is one that costs nothing.

test.beforeEach(async ({ page }) => openSearch(page));

/** The writes of two batches: a segment, its manifest, the next segment, the next manifest. */
for (const [write, kept] of [
  ['0', 0],
  ['0-after', 0],
  ['1', 0],
  ['1-after', 128],
  ['2', 128],
  ['2-after', 128],
  ['3', 128],
  ['3-after', 256],
] as const) {
  test(`a worker that dies at write ${write} leaves the batches before it`, async ({ page }) => {
    const result = await page.evaluate(async (write) => {
      const embedder = search.wordEmbedder();
      const worker = () => new Worker(`/crashing-search-worker.js#${write}`, { type: 'module' });
      const index = await search.createIndex({ embedder, name: 'crash', worker });
      const { error } = await bge.outcome(index.add(search.documents(300)));
      const again = await search.createIndex({ embedder, name: 'crash' });
      const { documents } = await again.stats();
      const report = await again.add(search.documents(300));
      const hits = await again.search('document number 299 of many', { k: 500, mode: 'dense' });
      const stats = await again.stats();
      const reopened = await (await search.createIndex({ embedder, name: 'crash' })).stats();
      const stored = await search.listIndexes();
      return { error, documents, report, hits: hits.length, stats, reopened, stored };
    }, write);
    expect(result.error).toMatchObject({ name: 'WorkerDiedError', isBgeError: true });
    expect(result.documents).toBe(kept);
    expect(result.report).toMatchObject({ added: 300 - kept, unchanged: kept });
    expect(result.hits).toBe(300);
    expect(result.reopened).toMatchObject({ documents: 300, stored: result.stats.stored });
    expect(result.stored).toMatchObject([{ name: 'crash', bytes: result.stats.stored, dim: 16 }]);
  });
}

test('an index goes on in a new worker when its own has died', async ({ page }) => {
  const result = await page.evaluate(async () => {
    const workers: Worker[] = [];
    const worker = () => {
      workers.push(new Worker('/dist/search-worker.js', { type: 'module' }));
      return workers.at(-1)!;
    };
    const embedder = search.wordEmbedder({ delay: 50 });
    const index = await search.createIndex({ embedder, name: 'again', worker });
    await index.add(search.documents(10));
    const killed = await bge.outcome(
      index.add(search.documents(500, 10), { onProgress: ({ phase }) => phase === 'add' && workers[0]!.terminate() }),
    );
    const after = await bge.outcome(index.stats());
    const inMemory = await search.createIndex({ embedder, worker });
    workers.at(-1)!.terminate();
    await bge.outcome(inMemory.stats());
    const lost = await bge.outcome(inMemory.stats());
    index.dispose();
    const disposed = await bge.outcome(index.stats());
    return {
      killed: killed.error,
      after: after.value,
      workers: workers.length,
      lost: lost.error,
      disposed: disposed.error,
    };
  });
  expect(result.killed).toMatchObject({ name: 'WorkerDiedError' });
  expect(result.after).toMatchObject({ documents: 10 });
  expect(result.workers).toBe(3);
  expect(result.lost).toMatchObject({ name: 'WorkerDiedError', message: expect.stringContaining('give it a `name`') });
  expect(result.disposed).toMatchObject({ name: 'DisposedError' });
});

test('an aborted add rejects at once with the reason, and keeps what is stored', async ({ page }) => {
  const result = await page.evaluate(async () => {
    const embedder = search.wordEmbedder({ delay: 50 });
    const index = await search.createIndex({ embedder, name: 'aborted' });
    const controller = new AbortController();
    const events: unknown[] = [];
    const added = await bge.outcome(
      index.add(search.documents(500), {
        signal: controller.signal,
        onProgress: (event) => {
          events.push(event);
          if (event.phase === 'add' && event.documents === 128) controller.abort(new Error('enough'));
        },
      }),
    );
    return { error: added.error, documents: (await index.stats()).documents, first: events[0] };
  });
  expect(result.error).toMatchObject({ message: 'enough' });
  expect(result.documents).toBe(128);
  expect(result.first).toEqual({ phase: 'add', documents: 0, totalDocuments: 500, passages: 128 });
});

test('two tabs on one index: one writes at a time, the other sees it, and nothing is embedded twice', async ({
  page,
  context,
  server,
}) => {
  const other = await context.newPage();
  await other.goto(server.url);
  await openSearch(other);
  const add = () => async () => {
    const embedder = search.wordEmbedder({ delay: 30 });
    const index = await search.createIndex({ embedder, name: 'shared' });
    const phases = new Set<string>();
    const report = await index.add(search.documents(700), { onProgress: ({ phase }) => phases.add(phase) });
    Object.assign(globalThis, { index });
    return { report, phases: [...phases], embedded: embedder.embedded.length };
  };
  const [first, second] = await Promise.all([page.evaluate(add()), other.evaluate(add())]);
  expect(first.report.added + second.report.added).toBe(700);
  expect(first.embedded + second.embedded).toBe(700);
  expect([...first.phases, ...second.phases]).toContain('wait');

  const seen = async (tab: typeof page) =>
    tab.evaluate(async () => {
      const { index } = globalThis as unknown as { index: import('../src/search/index').SearchIndex };
      const { documents, segments } = await index.stats();
      const [hit] = await index.search('777777', { k: 1, mode: 'lexical' });
      return { documents, segments, id: hit?.id };
    });
  await page.evaluate(async () => {
    const { index } = globalThis as unknown as { index: import('../src/search/index').SearchIndex };
    await index.add([{ id: 'new', text: 'document number 777777' }]);
    await index.remove(['d0', 'd1', 'none']);
  });
  await expect.poll(() => seen(other)).toMatchObject({ documents: 699, id: 'new' });
  await other.evaluate(() =>
    (globalThis as unknown as { index: import('../src/search/index').SearchIndex }).index.compact(),
  );
  await expect.poll(() => seen(page)).toEqual({ documents: 699, segments: 1, id: 'new' });
  await page.evaluate(() => search.deleteIndex('shared'));
  await expect.poll(() => seen(other)).toEqual({ documents: 0, segments: 0, id: undefined });
});

test('an index that is deleted while it is written is empty, and opens again', async ({ page }) => {
  const result = await page.evaluate(async () => {
    const embedder = search.wordEmbedder({ delay: 30 });
    const index = await search.createIndex({ embedder, name: 'deleted' });
    const batches: number[] = [];
    const adding = index.add(search.documents(600), {
      onProgress: (event) => event.phase === 'add' && batches.push(event.documents),
    });
    while (batches.length < 3) await new Promise((resolve) => setTimeout(resolve, 1));
    const freed = await search.deleteIndex('deleted');
    const done = batches.at(-1)!;
    const added = await bge.outcome(adding);
    const again = await search.createIndex({ embedder, name: 'deleted' });
    const { documents } = await again.stats();
    await again.add(search.documents(600));
    return { freed, done, error: added.error, documents, all: (await again.stats()).documents };
  });
  expect(result.freed).toBeGreaterThan(0);
  expect(result.error).toBeUndefined();
  expect(result.documents).toBeLessThanOrEqual(600 - 128);
  expect(result.all).toBe(600);
});

test('a full storage is told by name; what was stored is there, and the rest can be added later', async ({
  page,
  server,
}) => {
  const cdp = await page.context().newCDPSession(page);
  const origin = new URL(server.url).origin;
  await cdp.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: 3e6 });
  const result = await page.evaluate(async () => {
    const index = await search.createIndex({ embedder: search.wordEmbedder(), name: 'full' });
    await index.add(search.documents(5));
    // Random: what the database could compress would fit.
    const word = () => Math.random().toString(36).slice(2);
    const text = () => Array.from({ length: 100_000 }, word).join(' ');
    const large = Array.from({ length: 4 }, (_, i) => ({ id: `large ${i}`, text: text() }));
    const full = await bge.outcome(index.add(large));
    const found = await index.search('document number 3 of many', { k: 9, mode: 'dense' });
    const reopened = await search.createIndex({ embedder: search.wordEmbedder(), name: 'full' });
    const { documents } = await reopened.stats();
    Object.assign(globalThis, { later: () => index.add(large) });
    return { full: full.error, found: found.length, documents };
  });
  expect(result.full).toMatchObject({ name: 'StorageFullError', isBgeError: true });
  // Those that still found room are there too.
  expect([5, 6, 7]).toContain(result.found);
  expect(result.documents).toBe(result.found);
  await cdp.send('Storage.overrideQuotaForOrigin', { origin });
  const later = await page.evaluate(() => (globalThis as unknown as { later: () => Promise<unknown> }).later());
  expect(later).toMatchObject({ added: 9 - result.found, unchanged: result.found - 5 });
});

test('an index of another space is refused, or built anew in the background', async ({ page }) => {
  const result = await page.evaluate(async () => {
    const first = await search.createIndex({ embedder: search.wordEmbedder(), name: 'space' });
    await first.add(search.documents(200));
    first.dispose();
    const embedder = search.wordEmbedder({ space: 'test/other@1/16' });
    const refused = await bge.outcome(search.createIndex({ embedder, name: 'space' }));
    const events: unknown[] = [];
    const index = await search.createIndex({
      ...{ embedder, name: 'space', onSpaceChange: 'rebuild' },
      onProgress: (event) => events.push(event),
    });
    const during = await index.search('number 7', { k: 3 });
    await index.rebuilt();
    return { refused: refused.error, during: during.length, stats: await index.stats(), last: events.at(-1) };
  });
  expect(result.refused).toMatchObject({
    name: 'SpaceMismatchError',
    details: { stored: 'test/words@1/16', expected: 'test/other@1/16' },
  });
  expect(result.during).toBe(3);
  expect(result.stats).toMatchObject({ documents: 200, space: 'test/other@1/16', rebuilding: false });
  expect(result.last).toEqual({ phase: 'rebuild', documents: 200, totalDocuments: 200 });
});

test('a file goes out, into another index, and on a server; a cut one is refused', async ({ page }) => {
  const result = await page.evaluate(async () => {
    const embedder = search.wordEmbedder();
    const index = await search.createIndex({ embedder, name: 'out' });
    await index.add(search.documents(20));
    const file = await index.export();
    const copy = await search.createIndex({ embedder });
    await copy.import(file);
    const url = URL.createObjectURL(file);
    const served = await search.createIndex({ embedder, url });
    const find = async (one: import('../src/search/index').SearchIndex) =>
      JSON.stringify(await one.search('document number 7', { k: 5 }));
    const found = [await find(index), await find(copy), await find(served)];
    const readOnly = await bge.outcome(served.add(search.documents(1)));
    const cut = await bge.outcome(search.createIndex({ embedder, url: URL.createObjectURL(file.slice(0, 999)) }));
    const missing = await bge.outcome(search.createIndex({ embedder, url: '/no-such.bge' }));
    const imported = await bge.outcome(copy.import(file.slice(0, file.size - 1)));
    const { npy, jsonl } = await index.exportVectors();
    const array = bge.fromNpy(npy);
    return {
      same: new Set(found).size,
      errors: [readOnly, cut, missing, imported].map(({ error }) => error?.name),
      documents: (await copy.stats()).documents,
      shape: array.shape,
      lines: jsonl.trimEnd().split('\n').length,
    };
  });
  expect(result.same).toBe(1);
  expect(result.errors).toEqual(['ReadOnlyIndexError', 'CorruptIndexError', 'DownloadError', 'CorruptIndexError']);
  expect(result).toMatchObject({ documents: 20, shape: [20, 16], lines: 20 });
});

test('what does not fit is refused at the door, by place and value', async ({ page }) => {
  const messages = await page.evaluate(async () => {
    const embedder = search.wordEmbedder();
    const index = await search.createIndex({ embedder });
    await index.add(search.documents(2));
    const wrong = (value: unknown) => value as never;
    const calls = [
      search.createIndex(wrong({})),
      search.createIndex({ embedder, name: '' }),
      search.createIndex({ embedder, name: 'a', url: '/b' }),
      search.createIndex({ embedder, passageTokens: 513 }),
      search.createIndex({ embedder, vectors: wrong('int4') }),
      search.createIndex({ embedder, onSpaceChange: wrong('ignore') }),
      index.add(wrong('text')),
      index.add([{ id: 'a', text: 'b' }, wrong({ id: 7, text: 'c' })]),
      index.add([wrong({ id: 'a' })]),
      index.add([wrong({ id: 'a', text: 'b', tags: 'x' })]),
      index.add([{ id: 'a', text: 'b', date: NaN }]),
      index.add([wrong({ id: 'a', text: 'b', author: { name: 'c' } })]),
      index.search(wrong(7)),
      index.search(' '),
      index.search('a', { k: 0 }),
      index.search('a', { k: 2.5 }),
      index.search('a', { mode: wrong('sparse') }),
      index.search('a', { fusion: wrong('sum') }),
      index.search('a', { rerank: true }),
      index.search('a', { filter: { date: wrong({ above: 3 }) } }),
      index.search('a', { filter: { author: 'x' } }),
      index.remove(wrong('a')),
      index.get([wrong(1)]),
      index.import(wrong('file')),
      search.deleteIndex(wrong(1)),
    ];
    const errors = await Promise.all(calls.map(async (call) => (await bge.outcome<unknown>(call)).error));
    const above = await index.search('document', { k: 1000 });
    return [...errors.map((error) => `${error?.name} ${error?.message}`), `${above.length} found`];
  });
  expect(messages.pop()).toBe('2 found');
  expect(messages.map((message) => message.replace(/^InvalidInputError Expected /, ''))).toEqual([
    '`embedder` to be an embedder, as of createEmbedder(), got `undefined`',
    '`name` to be a string that is not empty, got `` (string)',
    '`url` to be absent where `name` is given, got /b',
    "`passageTokens` to be an integer from 8 to 512, the embedder's maxLength, got `513` (number)",
    "`vectors` to be 'int8' or 'float32' or 'binary', got `int4` (string)",
    "`onSpaceChange` to be 'error' or 'rebuild', got `ignore` (string)",
    '`documents` to be an array of documents, got `text` (string)',
    '`documents[1].id` to be a string that is not empty, got `7` (number)',
    '`documents[0].text` to be a string, got `undefined`',
    '`documents[0].tags` to be an array of strings, got `x` (string)',
    '`documents[0].date` to be a finite number, got `NaN` (number)',
    '`documents[0].author` to be a string, a finite number, a boolean, null, or an array of strings or numbers, got an object (Object)',
    '`query` to be a string, got `7` (number)',
    '`query` to be a string that is not empty, got ` ` (string)',
    '`k` to be an integer above 0, got `0` (number)',
    '`k` to be an integer above 0, got `2.5` (number)',
    "`mode` to be 'dense' or 'lexical' or 'hybrid', got `sparse` (string)",
    "`fusion` to be 'weighted' or 'rrf', got `sum` (string)",
    '`rerank` to be false where createIndex() was given no `reranker`, got true',
    '`filter.date` to be a value, an array of values, or an object of gt, gte, lt and lte, got above',
    '`filter` to be of fields that documents have (id), got author',
    '`ids` to be an array of strings, got `a` (string)',
    '`ids[0]` to be a string, got `1` (number)',
    '`file` to be a Blob, as of export(), got `file` (string)',
    '`name` to be a string, got `1` (number)',
  ]);
});
