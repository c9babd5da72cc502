// Chromium, its pages, and what they may be asked (bench/page/harness.js).
import { existsSync, readFileSync } from 'node:fs';
import { chromium } from '@playwright/test';
import { ensureChromium } from '../scripts/find-chromium.mjs';

const options = {
  executablePath: ensureChromium(),
  args: [
    ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
    '--disable-background-networking',
    '--disable-component-update',
  ],
};

/** @typedef {Awaited<ReturnType<typeof openPage>>} ContenderPage */

export const launch = () => chromium.launch(options);

/** A browser that keeps what it stores in the folder `profile`. @param {string} profile */
export const launchWithProfile = (profile) => chromium.launchPersistentContext(profile, options);

/**
 * @param {import('@playwright/test').BrowserContext} context
 * @param {string} url
 */
export async function openPage(context, url) {
  const page = await context.newPage();
  page.on('pageerror', (error) => console.error(`${url}: ${error.message}`));
  await page.goto(url, { waitUntil: 'commit' });
  await page.waitForFunction(() => 'bench' in window);
  /**
   * @template T @param {'ready' | 'time' | 'each' | 'rows'} what @param {unknown[]} args
   * @returns {Promise<T>}
   */
  const ask = (what, ...args) =>
    page.evaluate((question) => /** @type {any} */ (window).bench[question.what](...question.args), { what, args });
  return {
    /** @returns {Promise<number>} milliseconds from the start of the navigation */
    ready: () => ask('ready'),
    /** @param {string[]} texts @param {number} batch @returns {Promise<number>} milliseconds */
    time: (texts, batch) => ask('time', texts, batch),
    /** @param {string[]} texts @returns {Promise<number[]>} milliseconds of each */
    each: (texts) => ask('each', texts),
    /** @param {string[]} texts @param {number} batch @returns {Promise<number[][]>} */
    rows: (texts, batch) => ask('rows', texts, batch),
  };
}

/** How often memory is looked at, in milliseconds: Chromium sets VmHWM back now and then. */
const LOOK_EVERY = 500;

/**
 * Watches the memory of the page's process, workers included, until the browser is closed.
 * @param {import('@playwright/test').Browser} browser with its page open
 * @returns {Promise<() => number | null>} tells the most that it has had in RAM since then (VmHWM, the peak of the resident set), in
 * bytes; null where the system does not tell
 */
export async function watchMemory(browser) {
  if (process.platform !== 'linux') return () => null;
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send('SystemInfo.getProcessInfo');
  const pages = processInfo.filter(({ type }) => type === 'renderer');
  let peak = 0;
  const look = () => {
    peak = Math.max(peak, ...pages.map(({ id }) => peakOf(id)));
    return peak;
  };
  const timer = setInterval(look, LOOK_EVERY);
  browser.on('disconnected', () => clearInterval(timer));
  return look;
}

/** @param {number} pid */
function peakOf(pid) {
  const file = `/proc/${pid}/status`;
  const [, kilobytes] = (existsSync(file) && /VmHWM:\s+(\d+) kB/.exec(readFileSync(file, 'utf8'))) || [];
  return Number(kilobytes ?? 0) * 1024;
}
