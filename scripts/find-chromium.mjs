// Finds a Chromium for the end-to-end tests and the benchmark, and installs one where there is none.
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { chromium } from '@playwright/test';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'];
const PLACES = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
];

/** The path of a Chromium: CHROMIUM_PATH, an installed one, or Playwright's own. @returns {string | undefined} */
export function findChromium() {
  const fromPath = (process.env.PATH ?? '').split(delimiter).flatMap((dir) => NAMES.map((name) => join(dir, name)));
  const candidates = [process.env.CHROMIUM_PATH, ...fromPath, ...PLACES, chromium.executablePath()];
  return candidates.find((path) => path && existsSync(path));
}

/** As `findChromium`, after an attempt to install one by Playwright or, when root on Debian, by apt. @returns {string} */
export function ensureChromium() {
  const found = findChromium();
  if (found) return found;
  console.log('No Chromium found: installing one.');
  const ways = [
    () => run(process.execPath, ['node_modules/@playwright/test/cli.js', 'install', 'chromium']),
    () => {
      run('apt-get', ['update', '-qq']);
      run('apt-get', ['install', '-y', '-qq', 'chromium', 'fonts-noto-cjk']);
    },
  ];
  for (const install of ways) {
    try {
      install();
    } catch {
      continue;
    }
    const installed = findChromium();
    if (installed) return installed;
  }
  throw new Error('No Chromium: install Chrome or Chromium, or set CHROMIUM_PATH to one.');
}

/** @param {string} command @param {string[]} args */
function run(command, args) {
  execFileSync(command, args, { stdio: 'inherit', env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } });
}
