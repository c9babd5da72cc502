import { expect, test } from './fixtures';

const HEADS = { dense: true, sparse: true, colbert: true } as const;

test('one page encodes five scripts with all heads, reranks and explains', async ({ page }) => {
  const result = await page.evaluate(async (heads) => {
    const m3 = await bge.create({ model: 'tiny/bge-m3' });
    const reranker = await bge.createReranker();
    const texts = [
      'The capital of France is Paris.',
      '北京是中华人民共和国的首都。',
      'القاهرة هي عاصمة مصر.',
      'दिल्ली भारत की राजधानी है।',
      'กรุงเทพมหานครเป็นเมืองหลวงของประเทศไทย',
    ];
    const out = await m3.encode(texts, heads);
    const query = 'what is the capital of France?';
    const explanation = await m3.explain(query, texts[0]!);
    const [scores] = [await m3.score([[query, texts[0]!]])];
    return {
      rows: [out.dense.rows, out.sparse.rows, out.colbert.rows],
      norms: Array.from(out.dense, (row) => Math.hypot(...row)),
      tokens: Array.from(out.sparse, (row) => row.toTokens().map(({ token }) => token)),
      colbertTokens: Array.from(out.colbert, ({ tokens }) => tokens + 1),
      tokenCounts: [...out.tokenCounts],
      ranking: await reranker.rank(query, texts),
      explanation,
      highlighted: {
        lexical: explanation.lexical.map(({ token, query: places, passage }) => [
          token,
          places.map(({ start, end }) => query.slice(start, end)),
          passage.map(({ start, end }) => texts[0]!.slice(start, end)),
        ]),
        alignments: explanation.alignments.map(({ query: q, passage: p }) => [
          [q.token, query.slice(q.start, q.end)],
          [p.token, texts[0]!.slice(p.start, p.end)],
        ]),
      },
      scores,
    };
  }, HEADS);
  expect(result.rows).toEqual([5, 5, 5]);
  for (const norm of result.norms) expect(norm).toBeCloseTo(1, 5);
  // Random weights leave some texts without a positive lexical weight.
  expect(result.tokens[0]).toEqual(expect.arrayContaining(['The', 'France']));
  expect(result.colbertTokens).toEqual(result.tokenCounts);
  expect(result.ranking.map(({ index }) => index).sort()).toEqual([0, 1, 2, 3, 4]);

  const { explanation, highlighted, scores } = result;
  expect(explanation.scores.dense).toBeCloseTo(scores!.dense[0]!, 6);
  expect(explanation.scores.sparse).toBeCloseTo(scores!.sparse[0]!, 6);
  expect(explanation.scores.colbert).toBeCloseTo(scores!.colbert[0]!, 6);
  const total = explanation.lexical.reduce((sum, { score }) => sum + score, 0);
  expect(total).toBeCloseTo(explanation.scores.sparse, 6);
  expect(explanation.lexical.map(({ score }) => score)).toEqual(
    explanation.lexical.map(({ score }) => score).sort((a, b) => b - a),
  );
  for (const [token, query, passage] of highlighted.lexical as [string, string[], string[]][]) {
    expect(new Set([...query, ...passage])).toEqual(new Set([token]));
  }
  expect(highlighted.lexical.length).toBeGreaterThan(0);
  const mean = explanation.alignments.reduce((sum, { score }) => sum + score, 0) / explanation.alignments.length;
  expect(mean).toBeCloseTo(explanation.scores.colbert, 6);
  expect(highlighted.alignments.at(-1)![0]).toEqual(['</s>', '']);
  for (const side of highlighted.alignments.flat() as [string, string][])
    if (side[0] !== '</s>') expect(side[1]).toBe(side[0]);
});

test('3,000 and exactly 8,192 tokens work, one more is cut, and all can be aborted', async ({ page }) => {
  test.setTimeout(300_000);
  const result = await page.evaluate(async (heads) => {
    const m3 = await bge.create({ model: 'tiny/bge-m3', maxLength: 8192 });
    const word = 'a ';
    const long = await m3.encode([word.repeat(2999)], heads);
    const start = performance.now();
    const exact = await m3.encode([word.repeat(8189)], heads); // with a last "▁", <s> and </s>
    const took = performance.now() - start;
    const over = await m3.encode([word.repeat(8190)], { dense: true });
    const controller = new AbortController();
    const begun = performance.now();
    setTimeout(() => controller.abort(new Error('too long')), 200);
    const aborted = await bge.outcome(
      m3.encode(
        Array.from({ length: 20 }, () => word.repeat(8189)),
        { ...heads, signal: controller.signal },
      ),
    );
    const waited = performance.now() - begun;
    const after = (await m3.encode('after')).rows;
    return {
      // At most the text that was under way is finished first, not all twenty.
      untilAfter: performance.now() - begun,
      counts: [long, exact, over].map(({ tokenCounts }) => tokenCounts[0]),
      truncated: [long, exact, over].map(({ truncated }) => truncated[0]),
      rows: [long.colbert.row(0).tokens, exact.colbert.row(0).tokens],
      norm: Math.hypot(...exact.dense.row(0)),
      took,
      aborted: aborted.error?.message,
      waited,
      after,
    };
  }, HEADS);
  console.log(`8,192 tokens of the tiny model: ${Math.round(result.took)} ms`);
  expect(result).toMatchObject({
    counts: [3002, 8192, 8192],
    truncated: [0, 0, 1],
    rows: [3001, 8191],
    aborted: 'too long',
    after: 1,
  });
  expect(result.norm).toBeCloseTo(1, 5);
  expect(result.waited).toBeLessThan(2000);
  expect(result.untilAfter).toBeLessThan(5 * result.took);
});

test('exactly 512 tokens is the default, as in the reference', async ({ page }) => {
  const result = await page.evaluate(async () => {
    const m3 = await bge.create({ model: 'tiny/bge-m3' });
    const out = await m3.encode(['a '.repeat(509), 'a '.repeat(510)]);
    return [m3.info.maxLength, [...out.tokenCounts], [...out.truncated]];
  });
  expect(result).toEqual([512, [512, 512], [0, 1]]);
});

test('what is too long is cut, refused, or read in pieces', async ({ page }) => {
  const result = await page.evaluate(async (heads) => {
    const m3 = await bge.create({ model: 'tiny/bge-m3' });
    const text = Array.from({ length: 60 }, (_, i) => `number ${i} of the tide`).join(' ');
    const short = 'bees make honey';
    const options = { ...heads, maxLength: 64 };
    const cut = await m3.encode([short, text], options);
    const refused = await bge.outcome(m3.encode([short, text], { ...options, overflow: 'error' }));
    const fits = await m3.encode([short], { ...options, overflow: 'error' });
    const events: number[][] = [];
    const whole = await m3.encode([short, text, short], {
      ...options,
      overflow: 'chunk',
      onProgress: ({ texts, totalTexts }) => events.push([texts, totalTexts]),
    });
    const [tokens] = await m3.tokenize(text, { maxLength: 8192 });
    // The same by hand: pieces of equal length, their mean, the highest weights.
    const inner = tokens!.ids.length - 2;
    const count = Math.ceil(inner / 62);
    return {
      cut: [[...cut.tokenCounts], [...cut.truncated]],
      refused: refused.error,
      fits: fits.dense.rows,
      chunk: [[...whole.tokenCounts], [...whole.truncated]],
      expectedTokens: inner + 2 * count,
      colbertTokens: whole.colbert.row(1).tokens,
      expectedColbert: inner + count,
      norms: Array.from(whole.dense, (row) => Math.hypot(...row)),
      shortIsSame: [0, 2].every((i) => whole.dense.row(i).every((value, d) => value === cut.dense.row(0)[d])),
      moreWords: whole.sparse.row(1).ids.length > cut.sparse.row(1).ids.length,
      distinct: new Set(whole.sparse.row(1).ids).size === whole.sparse.row(1).ids.length,
      events: events.at(-1),
      pieces: count + 2,
    };
  }, HEADS);
  expect(result.cut).toEqual([
    [6, 64],
    [0, 1],
  ]);
  expect(result.refused).toMatchObject({
    name: 'TextTooLongError',
    message: expect.stringMatching(/^texts\[1\] has \d+ tokens, more than maxLength 64$/),
    details: { index: 1, maxLength: 64 },
  });
  expect(result.fits).toBe(1);
  expect(result.chunk).toEqual([
    [6, result.expectedTokens, 6],
    [0, 0, 0],
  ]);
  expect(result.colbertTokens).toBe(result.expectedColbert);
  for (const norm of result.norms) expect(norm).toBeCloseTo(1, 5);
  expect(result).toMatchObject({ shortIsSame: true, moreWords: true, distinct: true });
  expect(result.events).toEqual([result.pieces, result.pieces]);
});

test('heads are fetched when they are first asked for, once, and then come from the store', async ({
  page,
  faults,
}) => {
  const requests = () => faults.log.filter(({ url }) => url.includes('_linear')).map(({ url }) => url.split('/').pop());
  const encode = (heads: object[]) =>
    page.evaluate(async (heads) => {
      const m3 = await bge.create({ model: 'tiny/bge-m3' });
      await m3.encode('dense only');
      await Promise.all(heads.map((head) => m3.encode('text', { dense: true, ...head })));
      m3.dispose();
    }, heads);
  await encode([]);
  expect(requests()).toEqual([]);
  await encode([{ sparse: true }, { sparse: true }]);
  expect(requests()).toEqual(['sparse_linear.safetensors']);
  await encode([{ sparse: true, colbert: true }]);
  expect(requests()).toEqual(['sparse_linear.safetensors', 'colbert_linear.safetensors']);
});

test('what is stored is found without a server: heads of another repository, formats that the server lacks', async ({
  page,
  faults,
}) => {
  const use = () =>
    page.evaluate(async () => {
      // As BAAI/bge-m3 on the hub: the graph in one repository, in float32 only, the heads in another, as PyTorch's files.
      const spec = bge.registerModel({ id: 'tiny/bge-m3-headless', dim: 32, heads: ['sparse', 'colbert'] });
      Object.assign(spec.hub, { headRepo: 'tiny/bge-m3-torch' });
      const modelBase = '/{model}/resolve/{revision}/{file}';
      const m3 = await bge.create({ model: 'tiny/bge-m3-headless', modelBase, dtype: 'auto' });
      const { sparse } = await m3.encode('What is BGE M3?', { dense: false, sparse: true });
      return sparse.row(0).toTokens().length;
    });
  const tokens = await use();
  const asked = faults.log.filter(({ url }) => url.includes('/resolve/')).map(({ url, status }) => `${status} ${url}`);
  expect(asked).toEqual(
    expect.arrayContaining([
      '404 /tiny/bge-m3-headless/resolve/main/onnx/model_quantized.onnx',
      '200 /tiny/bge-m3-headless/resolve/main/onnx/model.onnx',
      '404 /tiny/bge-m3-torch/resolve/main/sparse_linear.safetensors',
      '200 /tiny/bge-m3-torch/resolve/main/sparse_linear.pt',
    ]),
  );
  faults.log.length = 0;
  expect(await use()).toBe(tokens);
  expect(faults.log.filter(({ url }) => url.includes('/resolve/'))).toEqual([]);
});

test('a missing or broken head is an error that names its file, never a random one', async ({ page, faults }) => {
  faults.answer(/bge-m3-torch\/sparse_linear\.pt/, { body: 'not a head', times: 1 });
  const result = await page.evaluate(async () => {
    const headless = await bge.create({ model: 'tiny/bge-m3-headless' });
    const missing = await bge.outcome(headless.encode('text', { sparse: true }));
    const score = await bge.outcome(headless.score([['a', 'b']]));
    const dense = await headless.encode('text');
    const broken = await bge.create({ model: 'tiny/bge-m3-torch', cache: false });
    const first = await bge.outcome(broken.encode('text', { sparse: true }));
    const second = await broken.encode('text', { sparse: true });
    const small = await bge.create();
    const none = await bge.outcome(small.encode('text', { colbert: 'int8' }));
    const explain = await bge.outcome(small.explain('a', 'b'));
    return {
      missing: missing.error,
      score: score.error,
      dense: dense.rows,
      first: first.error,
      second: second.sparse.rows,
      none: none.error,
      explain: explain.error,
    };
  });
  expect(result.missing).toMatchObject({
    name: 'ModelFileNotFoundError',
    message: expect.stringContaining('sparse_linear.safetensors: the server has no such file'),
  });
  expect(result.score).toMatchObject({ name: 'ModelFileNotFoundError' });
  expect(result.dense).toBe(1);
  expect(result.first).toMatchObject({
    name: 'CorruptModelError',
    message: expect.stringContaining("sparse_linear.pt is not a head's linear layer"),
  });
  expect(result.second).toBe(1);
  for (const error of [result.none, result.explain])
    expect(error).toMatchObject({
      name: 'WrongModelError',
      message: expect.stringMatching(/^BAAI\/bge-small-en-v1\.5 has no (colbert|sparse) head/),
    });
});

test('wrong heads, weights and pairs are refused at the door', async ({ page }) => {
  const errors = await page.evaluate(async () => {
    const m3 = await bge.create({ model: 'tiny/bge-m3' });
    // biome-ignore lint/suspicious/noExplicitAny: wrong on purpose
    const wrong = async (call: (m3: any) => Promise<unknown>) => {
      const { error } = await bge.outcome(Promise.resolve().then(() => call(m3)));
      return `${error?.name}: ${error?.message}`;
    };
    return [
      await wrong((it) => it.encode('a', { sparse: 'yes' })),
      await wrong((it) => it.encode('a', { colbert: 'int4' })),
      await wrong((it) => it.encode('a', { dense: false })),
      await wrong((it) => it.encode('a', { overflow: 'split' })),
      await wrong((it) => it.score([['a', 'b']], { weights: [1, 1] })),
      await wrong((it) => it.score([['a', 'b']], { weights: [0, 0, 0] })),
      await wrong((it) => it.score([['a', 'b']], { weights: [1, -1, 1] })),
      await wrong((it) => it.score([['a', 'b']], { weights: [1, Number.NaN, 1] })),
      await wrong((it) => it.score([['a', 'b'], ['c']])),
      await wrong((it) => it.score([['a', 'b']], { maxQueryLength: 8193 })),
      await wrong((it) => it.explain('a')),
      await wrong(() => bge.create({ model: 'tiny/bge-m3-all-heads', normalize: false })),
    ];
  });
  expect(errors.slice(0, 11)).toEqual([
    'InvalidInputError: Expected `sparse` to be a boolean, got `yes` (string)',
    "InvalidInputError: Expected `colbert` to be a boolean, 'float32', 'float16' or 'int8', got `int4` (string)",
    'InvalidInputError: Expected `dense` to be true where no other head is asked for, got `false` (boolean)',
    "InvalidInputError: Expected `overflow` to be 'truncate' or 'error' or 'chunk', got `split` (string)",
    'InvalidInputError: Expected `weights` to be three numbers of 0 or more, [dense, sparse, colbert], got 2',
    'InvalidInputError: Expected `weights` to be not all 0, got 0, 0, 0',
    'InvalidInputError: Expected `weights[1]` to be a number of 0 or more, got `-1` (number)',
    'InvalidInputError: Expected `weights[1]` to be a number of 0 or more, got `NaN` (number)',
    'InvalidInputError: Expected `pairs[1]` to be two strings, [query, passage], got 1',
    "InvalidInputError: Expected `maxQueryLength` to be an integer from 2 to 8192, the model's maximum, got `8193` (number)",
    'InvalidInputError: Expected `passage` to be a string, got `undefined`',
  ]);
  expect(errors[11]).toMatch(/^WrongModelError: The model file gives dense_vecs, which is normalised/);
});

test('a stream gives all heads', async ({ page }) => {
  const result = await page.evaluate(async () => {
    const m3 = await bge.create({ model: 'tiny/bge-m3' });
    const pieces = [];
    for await (const { sparse, colbert, dense } of m3.encodeStream(['a', 'b', 'c'], {
      chunkSize: 2,
      sparse: true,
      colbert: 'int8',
    }))
      pieces.push([dense.rows, sparse.rows, colbert.rows]);
    return pieces;
  });
  expect(result).toEqual([
    [2, 2, 2],
    [1, 1, 1],
  ]);
});

test('a file that is too large is refused before it is downloaded, with what to take instead', async ({
  page,
  faults,
}) => {
  faults.headers(/onnx\/model\.onnx/, { 'X-Linked-Size': '2270000000' });
  const error = await page.evaluate(
    async () => (await bge.outcome(bge.create({ model: 'tiny/bge-m3', dtype: 'fp32', cache: false }))).error,
  );
  expect(error).toMatchObject({ name: 'ModelTooLargeError', details: { device: 'wasm', bytes: 2_270_000_000 } });
  expect(error?.message).toBe(
    "onnx/model.onnx has 2.27 GB, more than the 2.15 GB that a file may have; take dtype 'q8'",
  );
});
