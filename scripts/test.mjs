// Everything that must hold, in one command: types, lint, unit tests, build, package checks, end-to-end tests in a real
// Chromium. Goes on after a failure, and ends with one line that counts all of it.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureChromium } from './find-chromium.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const results = join(root, 'test-results');
rmSync(results, { recursive: true, force: true });
mkdirSync(results);
let passed = 0;
let failed = 0;

/**
 * Runs a tool of node_modules, or a script.
 * @param {string} name @param {string[]} command @param {(ok: boolean) => { passed: number, failed: number }} [count]
 */
function stage(name, command, count = (ok) => ({ passed: ok ? 1 : 0, failed: ok ? 0 : 1 })) {
  console.log(`\n# ${name}`);
  const start = Date.now();
  const { status } = spawnSync(process.execPath, command, { cwd: root, stdio: 'inherit' });
  const counted = count(status === 0);
  passed += counted.passed;
  // A tool that fails without a failed test, as when it cannot start, is a failure all the same.
  failed += status === 0 ? counted.failed : Math.max(counted.failed, 1);
  console.log(`# ${name}: ${status === 0 ? 'ok' : 'FAILED'}, ${Math.round((Date.now() - start) / 1000)} s`);
}

/** @param {string} file @param {(report: any) => { passed: number, failed: number }} read */
const fromReport = (file, read) => () => {
  try {
    return read(JSON.parse(readFileSync(join(results, file), 'utf8')));
  } catch {
    return { passed: 0, failed: 1 };
  }
};

process.env.CHROMIUM_PATH = ensureChromium();
stage('types', ['node_modules/typescript/bin/tsc', '--build']);
stage('lint', ['node_modules/@biomejs/biome/bin/biome', 'check', '--error-on-warnings', '.']);
stage(
  'unit tests',
  [
    'node_modules/vitest/vitest.mjs',
    'run',
    '--reporter=default',
    '--reporter=json',
    '--outputFile.json=test-results/unit.json',
  ],
  fromReport('unit.json', (report) => ({ passed: report.numPassedTests, failed: report.numFailedTests })),
);
stage('build', ['scripts/build.mjs']);
stage('package', ['scripts/check-package.mjs']);
stage(
  'end-to-end tests',
  ['node_modules/@playwright/test/cli.js', 'test', '--config', 'e2e/playwright.config.ts'],
  fromReport('e2e.json', ({ stats }) => ({ passed: stats.expected + stats.flaky, failed: stats.unexpected })),
);

console.log(`\n${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
