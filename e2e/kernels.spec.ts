import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { expect, test } from './fixtures';
import type * as page from './kernels/page';

// What Node 20 cannot run, in a real browser: the relaxed kernels beside their twins, and the models by their product of bytes.

declare const kernels: typeof page;

test.beforeEach(async ({ page }) => {
  const { outputFiles } = await build({
    entryPoints: [join(import.meta.dirname, 'kernels/page.ts')],
    bundle: true,
    write: false,
    format: 'iife',
    globalName: 'kernels',
    loader: { '.wasm': 'binary', '.gz': 'binary' },
  });
  await page.addScriptTag({ content: outputFiles[0]!.text });
});

for (const isRelaxed of [false, true]) {
  test(`${isRelaxed ? 'relaxed' : 'plain'} kernels give what their twins give`, async ({ page }) => {
    const results = await page.evaluate((which) => kernels.run(which), isRelaxed);
    expect(Object.keys(results).length).toBeGreaterThan(isRelaxed ? 10 : 7);
    expect(Object.entries(results).filter(([, result]) => result !== 'ok')).toEqual([]);
  });
}

// 7-bit weights and 8-bit activations; texts chosen to be awkward. FlagEmbedding 1.4.2, float32.
for (const [name, heads, mean, lowest] of [
  ['bge-small-en-v1.5', 12, 0.9985, 0.996],
  ['bge-small-zh-v1.5', 8, 0.998, 0.996],
] as const) {
  test(`${name} by the product of bytes is near the reference`, async ({ page }) => {
    const { cases } = JSON.parse(readFileSync(join(import.meta.dirname, `goldens/${name}.json`), 'utf8'));
    const found = await page.evaluate(([name, heads, cases]) => kernels.quality(`BAAI/${name}`, heads, 'i8', cases), [
      name,
      heads,
      cases,
    ] as const);
    console.log(`${name} by bytes: cosine mean ${found.mean.toFixed(5)}, lowest ${found.lowest.toFixed(5)}`);
    expect(found.mean).toBeGreaterThan(mean);
    expect(found.lowest).toBeGreaterThan(lowest);
  });
}
