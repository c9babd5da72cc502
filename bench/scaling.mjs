// What a second thread gives: the same texts on one thread and on a pool of two, beside the most that the machine can give,
// which two pages that know nothing of each other reach at the same time.
import { launch, openPage } from './browser.mjs';
import { oursAlone, oursOnTwo } from './contenders.mjs';

/**
 * @typedef {object} Scaling milliseconds
 * @property {number} texts in each measurement
 * @property {number} starting the pool's first call, while which its workers start
 * @property {{ one: number, pages: number, pool: number }[]} rounds one thread, two pages with half of the texts each, the warm pool
 */

/**
 * @param {string} url of the site
 * @param {string[][]} slices one a round, which is given twice: two halves of equal work
 * @param {string[]} warmUp
 * @param {(message: string) => void} tell
 * @returns {Promise<Scaling>}
 */
export async function measureScaling(url, slices, warmUp, tell) {
  tell('one thread and two: load and warm up');
  const open = async (/** @type {string} */ path) => {
    const browser = await launch();
    const page = await openPage(await browser.newContext(), url + path);
    await page.each(warmUp);
    return { ...page, close: () => browser.close() };
  };
  const one = await open(oursAlone.page);
  const other = await open(oursAlone.page);
  const pool = await open(oursOnTwo.page);
  try {
    const twice = (/** @type {string[] | undefined} */ slice) => [...(slice ?? []), ...(slice ?? [])];
    const starting = await pool.time(twice(slices[0]), 1);
    const rounds = [];
    for (const [round, slice] of slices.entries()) {
      tell(`one thread and two, round ${round + 1} of ${slices.length}`);
      const texts = twice(slice);
      const alone = await one.time(texts, 1);
      const pages = Math.max(...(await Promise.all([one.time(slice, 1), other.time(slice, 1)])));
      await pool.time(slice, 1); // starts the workers again, which end when they are idle
      rounds.push({ one: alone, pages, pool: await pool.time(texts, 1) });
    }
    return { texts: twice(slices[0]).length, starting, rounds };
  } finally {
    await Promise.all([one, other, pool].map(({ close }) => close()));
  }
}
