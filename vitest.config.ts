import { readFileSync } from 'node:fs';
import { defineConfig } from 'vitest/config';

/** As esbuild's `binary` loader does in the build. */
const kernelsAsBytes = {
  name: 'kernels-as-bytes',
  enforce: 'pre' as const,
  load: (id: string) =>
    /\.(wasm|gz)$/.test(id) ? `export default new Uint8Array([${[...readFileSync(id)].join()}])` : undefined,
};

export default defineConfig({
  plugins: [kernelsAsBytes],
  test: {
    include: ['src/**/*.test.ts', 'worker/**/*.test.ts', 'search/**/*.test.ts', 'demo/**/*.test.ts'],
    globalSetup: 'scripts/build-kernels.mjs',
    testTimeout: 30_000,
    retry: process.env.CI ? 1 : 0, // as in e2e/playwright.config.ts
    maxWorkers: '100%', // by default a core is left idle, which of two is half
  },
});
