import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { expect, openTool, root, test } from './fixtures';
import { cosine } from './goldens';

interface M3Case {
  readonly id: string;
  readonly text: string;
  readonly max_length: number | null;
  readonly input_ids: number[];
  readonly dense: number[];
  readonly lexical_weights: [string, number][];
  readonly lexical_tokens: [string, number][];
  readonly colbert_shape: [number, number];
  readonly colbert_first: number[];
  readonly colbert_last: number[];
  readonly colbert_sum: number[];
  readonly colbert?: number[][];
}

/** Answers of FlagEmbedding 1.4.2 with the small checkpoint of BGE-M3's architecture; versions inside. */
const goldens = <T>(name: string): T[] =>
  JSON.parse(readFileSync(join(root, `e2e/goldens/m3/${name}.json`), 'utf8')).cases;
const encodeCases = goldens<M3Case>('m3_encode');

async function encodeAll(page: Page, options: import('../src/index').EmbedderOptions, cases: readonly M3Case[]) {
  return page.evaluate(
    async ([options, cases]) => {
      const embedder = await bge.create({ selfCheck: false, ...options });
      const found = [];
      for (const { text, max_length } of cases) {
        const maxLength = max_length ?? 512;
        const [tokens] = await embedder.tokenize(text, { maxLength });
        const out = await embedder.encode(text, { dense: true, sparse: true, colbert: true, maxLength });
        const rows = out.colbert.row(0);
        found.push({
          ids: [...tokens!.ids],
          tokenCount: out.tokenCounts[0],
          dense: [...out.dense.row(0)],
          sparse: out.sparse.row(0).toTokens(),
          colbert: Array.from({ length: rows.tokens }, (_, i) => [
            ...rows.data.subarray(i * rows.dim, (i + 1) * rows.dim),
          ]),
        });
      }
      const { info } = embedder;
      embedder.dispose();
      return { info, found };
    },
    [options, cases.map(({ text, max_length }) => ({ text, max_length }) as M3Case)] as const,
  );
}

function expectGoldens(found: Awaited<ReturnType<typeof encodeAll>>['found'], cases: readonly M3Case[]): void {
  expect(found.length).toBe(cases.length);
  for (const [i, golden] of cases.entries()) {
    const { ids, tokenCount, dense, sparse, colbert } = found[i]!;
    expect(ids, golden.id).toEqual(golden.input_ids);
    expect(tokenCount).toBe(golden.input_ids.length);
    expect(cosine(dense, golden.dense), golden.id).toBeGreaterThanOrEqual(0.99999);
    // The same keys in the same order, with the texts that the reference gives them.
    expect(
      sparse.map(({ id }) => String(id)),
      golden.id,
    ).toEqual(golden.lexical_weights.map(([id]) => id));
    for (const [k, [, weight]] of golden.lexical_weights.entries())
      expect(Math.abs(sparse[k]!.weight - weight), golden.id).toBeLessThan(1e-4);
    // In Python's dictionary a repeated text keeps its first place and its last weight.
    const byToken = new Map(sparse.map(({ token, weight }) => [token, weight]));
    expect([...byToken.keys()]).toEqual(golden.lexical_tokens.map(([token]) => token));
    expect([colbert.length, colbert[0]!.length]).toEqual(golden.colbert_shape);
    const rows = golden.colbert ?? [golden.colbert_first, golden.colbert_last];
    const ours = golden.colbert ? colbert : [colbert[0]!, colbert.at(-1)!];
    for (const [r, row] of rows.entries())
      expect(cosine(ours[r]!, row), `${golden.id} token ${r}`).toBeGreaterThanOrEqual(0.9999);
    const sum = golden.colbert_sum.map((_, d) => colbert.reduce((total, row) => total + row[d]!, 0));
    expect(cosine(sum, golden.colbert_sum), golden.id).toBeGreaterThanOrEqual(0.9999);
  }
}

test('the three heads give what the reference gives, from hidden states and heads of their own', async ({ page }) => {
  const { info, found } = await encodeAll(page, { model: 'tiny/bge-m3' }, encodeCases);
  expect(info).toMatchObject({ device: 'wasm', dtype: 'fp32', dim: 32, heads: ['sparse', 'colbert'] });
  expectGoldens(found, encodeCases);
  const worst = Math.min(...found.map(({ dense }, i) => cosine(dense, encodeCases[i]!.dense)));
  console.log(`tiny bge-m3: worst dense cosine ${worst.toFixed(8)}`);
});

for (const [variant, what] of [
  ['all-heads', 'all heads in the graph'],
  ['external', 'weights in files beside the graph'],
  ['torch', 'heads as PyTorch saves them'],
] as const) {
  test(`a model with ${what} gives the same`, async ({ page }) => {
    const model = `tiny/bge-m3-${variant}`;
    const cases = encodeCases.filter(({ input_ids }) => input_ids.length < 40);
    // The external files have no heads beside them.
    if (variant === 'external') {
      const row = await page.evaluate(
        async ([model, text]) => [...(await (await bge.create({ model })).encode(text)).row(0)],
        [model, cases[3]!.text] as const,
      );
      expect(cosine(row, cases[3]!.dense)).toBeGreaterThanOrEqual(0.99999);
    } else expectGoldens((await encodeAll(page, { model }, cases)).found, cases);
  });
}

test('on WebGPU too', async ({ gpuBrowser, server }) => {
  test.setTimeout(300_000);
  const page = await gpuBrowser.newPage();
  await openTool(page, server);
  const cases = encodeCases.filter(({ input_ids }) => input_ids.length < 16);
  const { info, found } = await encodeAll(page, { model: 'tiny/bge-m3', device: 'webgpu', dtype: 'fp32' }, cases);
  await page.close();
  expect(info).toMatchObject({ device: 'webgpu', fallbackReason: null });
  expectGoldens(found, cases);
});
