import { join } from 'node:path';
import { expect, test } from '@playwright/test';
import { build } from 'esbuild';
import type { run } from './kernels/page';

// The kernels beside their twins in a real browser, in both builds: Node 20 cannot run the relaxed one.

declare const kernels: { readonly run: typeof run };

for (const isRelaxed of [false, true]) {
  test(`${isRelaxed ? 'relaxed' : 'plain'} kernels give what their twins give`, async ({ page }) => {
    const { outputFiles } = await build({
      entryPoints: [join(import.meta.dirname, 'kernels/page.ts')],
      bundle: true,
      write: false,
      format: 'iife',
      globalName: 'kernels',
      loader: { '.wasm': 'binary' },
    });
    await page.addScriptTag({ content: outputFiles[0]!.text });
    const results = await page.evaluate((which) => kernels.run(which), isRelaxed);
    expect(Object.keys(results).length).toBeGreaterThan(isRelaxed ? 10 : 7);
    expect(Object.entries(results).filter(([, result]) => result !== 'ok')).toEqual([]);
  });
}
