import { defineConfig } from '@playwright/test';
import { findChromium } from '../scripts/find-chromium.mjs';

export default defineConfig({
  testDir: '.',
  outputDir: '../test-results',
  // One at a time: the models fill the cores of a small machine, and deadlines would mean nothing.
  workers: 1,
  timeout: 120_000,
  retries: process.env.CI ? 1 : 0,
  reporter: [['list'], ['json', { outputFile: '../test-results/e2e.json' }]],
  use: {
    browserName: 'chromium',
    launchOptions: {
      executablePath: findChromium(),
      args: ['--no-sandbox', '--disable-background-networking', '--disable-component-update'],
    },
    trace: 'off',
  },
});
