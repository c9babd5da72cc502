import type { Page } from '@playwright/test';
import type { Device } from '../src/index';
import { expect, openTool, test } from './fixtures';
import { cosine, type GoldenCase, goldensOf, mean } from './goldens';

// Means and worst cases over the goldens, which are odder than ordinary text: on STS-B the means are 0.9993 on the CPU and
// 0.9998 on the GPU, see public/models.
const MODELS = [
  { model: 'BAAI/bge-small-en-v1.5', cpu: { mean: 0.998, worst: 0.996 }, gpu: { mean: 0.9995, worst: 0.998 } },
  { model: 'BAAI/bge-small-zh-v1.5', cpu: { mean: 0.998, worst: 0.995 }, gpu: { mean: 0.9995, worst: 0.998 } },
];

for (const { model, cpu, gpu } of MODELS) {
  const goldens = goldensOf(model.split('/')[1]!);

  test(`${model} on the CPU gives the reference's ids and vectors`, async ({ page }) => {
    const result = await page.evaluate(
      async ([model, cases]) => {
        const embedder = await bge.create({ model });
        const kinds = { encode: 'plain', encodeQueries: 'query', encodeCorpus: 'passage' } as const;
        const found = [];
        for (const { kind, text } of cases) {
          const [tokens] = await embedder.tokenize(text, { kind: kinds[kind] });
          const embeddings = await embedder[kind](text);
          found.push({
            ids: [...tokens!.ids],
            truncated: embeddings.truncated[0] === 1,
            tokenCount: embeddings.tokenCounts[0],
            row: [...embeddings.row(0)],
          });
        }
        const { info } = embedder;
        embedder.dispose();
        return { info, found };
      },
      [model, goldens.cases.map(({ kind, text }) => ({ kind, text }))] as const,
    );
    expect(result.info.device).toBe('wasm');
    expect(result.info.selfCheck).toBeGreaterThan(0.98);
    for (const [i, { input_ids, truncated, token_count }] of goldens.cases.entries()) {
      expect(result.found[i], goldens.cases[i]!.text).toMatchObject({
        ids: input_ids,
        truncated,
        tokenCount: token_count,
      });
    }
    const cosines = goldens.cases.map(({ embedding }, i) => cosine(embedding, result.found[i]!.row));
    console.log(`${model} cpu: cosine mean ${mean(cosines).toFixed(5)}, worst ${Math.min(...cosines).toFixed(5)}`);
    expect(mean(cosines)).toBeGreaterThanOrEqual(cpu.mean);
    expect(Math.min(...cosines)).toBeGreaterThanOrEqual(cpu.worst);
  });

  test(`${model} follows normalize, truncateDim and maxLength as the reference does`, async ({ page }) => {
    const rows = await page.evaluate(
      async ([model, cases]) => {
        const rows = [];
        for (const { kind, text, options } of cases) {
          const embedder = await bge.create({ model, selfCheck: false, ...options });
          rows.push([...(await embedder[kind](text)).data]);
          embedder.dispose();
        }
        return rows;
      },
      [model, goldens.optionCases.map(({ kind, text, options }) => ({ kind, text, options }))] as const,
    );
    for (const [i, { embedding, options }] of goldens.optionCases.entries()) {
      const length = (row: readonly number[]) => Math.hypot(...row);
      expect(cosine(embedding, rows[i]!), JSON.stringify(options)).toBeGreaterThan(cpu.worst);
      expect(Math.abs(length(rows[i]!) / length(embedding) - 1)).toBeLessThan(options.normalize ? 1e-5 : 0.05);
    }
  });

  test(`${model} on WebGPU gives the reference's vectors`, async ({ gpuBrowser, server }) => {
    test.setTimeout(300_000);
    const page = await gpuBrowser.newPage();
    await openTool(page, server);
    const cases: GoldenCase[] = goldens.cases.filter(({ token_count }) => token_count < 30).slice(0, 6);
    const result = await page.evaluate(
      async ([model, cases]) => {
        // The self-check takes half a minute on a software GPU: once is enough.
        const embedder = await bge.create({ model, device: 'webgpu', selfCheck: model.endsWith('zh-v1.5') });
        const rows = [];
        for (const { kind, text } of cases) rows.push([...(await embedder[kind](text)).data]);
        const { info } = embedder;
        embedder.dispose();
        return { rows, info };
      },
      [model, cases.map(({ kind, text }) => ({ kind, text }))] as const,
    );
    await page.close();
    expect(result.info).toMatchObject({ device: 'webgpu', fallbackReason: null });
    const cosines = cases.map(({ embedding }, i) => cosine(embedding, result.rows[i]!));
    console.log(`${model} webgpu: cosine mean ${mean(cosines).toFixed(6)}, worst ${Math.min(...cosines).toFixed(6)}`);
    expect(mean(cosines)).toBeGreaterThanOrEqual(gpu.mean);
    expect(Math.min(...cosines)).toBeGreaterThanOrEqual(gpu.worst);
  });
}

test('similarity gives the matrix of the reference', async ({ page }) => {
  const { queries, passages, scores } = goldensOf('bge-small-en-v1.5').similarity;
  const found = await page.evaluate(
    async ([queries, passages]) => {
      const embedder = await bge.create();
      const matrix = bge.similarity(await embedder.encodeQueries(queries), await embedder.encode(passages));
      return matrix.map((row) => [...row]);
    },
    [queries, passages] as const,
  );
  expect(found.length).toBe(queries.length);
  for (const [q, row] of scores.entries())
    for (const [p, score] of row.entries()) expect(Math.abs(found[q]![p]! - score)).toBeLessThan(0.02);
});

/** The largest difference between the vectors of texts encoded together and each alone. */
async function batchEffect(page: Page, device: Device, model: string, texts: string[]): Promise<number> {
  return page.evaluate(
    async ([device, model, texts]) => {
      const embedder = await bge.create({ device, model, selfCheck: false });
      if (embedder.info.device !== device) throw new Error(embedder.info.fallbackReason ?? '');
      const together = await embedder.encode(texts);
      let largest = 0;
      for (const [i, text] of texts.entries()) {
        const alone = (await embedder.encode(text)).row(0);
        for (const [d, value] of together.row(i).entries()) largest = Math.max(largest, Math.abs(value - alone[d]!));
      }
      return largest;
    },
    [device, model, texts] as const,
  );
}

test('a vector does not depend on the texts beside it', async ({ page }) => {
  const texts = [
    'one',
    'two',
    'A bee makes honey.',
    'A much longer text about the tides of the sea and of the moon.',
    'one',
  ];
  expect(await batchEffect(page, 'wasm', 'BAAI/bge-small-en-v1.5', texts)).toBeLessThanOrEqual(1e-6);
});

test('a vector does not depend on the texts beside it, on WebGPU', async ({ gpuBrowser, server }) => {
  test.setTimeout(300_000);
  const page = await gpuBrowser.newPage();
  await openTool(page, server);
  const texts = ['蜜蜂酿蜜。', '潮水涨落。', '面包师傅。'];
  expect(await batchEffect(page, 'webgpu', 'BAAI/bge-small-zh-v1.5', texts)).toBeLessThanOrEqual(1e-6);
  await page.close();
});

test('a cross-origin isolated page has the same vectors, to the last bit', async ({ page, server }) => {
  const encode = () => page.evaluate(async () => [...(await (await bge.create()).encode('Bees make honey.')).row(0)]);
  const plain = await encode();
  await openTool(page, server, '/isolated.html');
  expect(await encode()).toEqual(plain);
});
