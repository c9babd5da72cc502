// How fast the kernels of bge-web's engine are by themselves, and where the time of a text goes (bench/kernels/*.ts, in a page).
import { launch } from './browser.mjs';
import { MODEL } from './site.mjs';

/**
 * @typedef {import('../worker/engine/wasm/products').Precision} Precision
 * @typedef {import('./kernels/products').ProductSpeeds} ProductSpeeds
 * @typedef {import('./kernels/split').Split} Split
 * @typedef {'plain' | 'VNNI'} InstructionClass
 */

/** Attention heads of bge-small-en-v1.5. */
const HEADS = 12;

/** From how many times the speed of 16-bit products on the relaxed dot product is done by one instruction (VNNI, SDOT). */
const VNNI = 2;

/** @param {string} url of the site @param {number} ms @returns {Promise<Partial<Record<Precision, ProductSpeeds>>>} */
export const measureProducts = (url, ms) => ask(url, 'measureProducts', ms);

/** @param {string} url of the site @param {number} ms for each column @returns {Promise<Split[]>} */
export const measureSplit = (url, ms) => ask(url, 'measureSplit', MODEL, HEADS, ms);

/** @param {Partial<Record<Precision, ProductSpeeds>>} products @returns {InstructionClass} */
export function classOf({ i8, i16 }) {
  return i8 && i16 && i8.cached > VNNI * i16.cached ? 'VNNI' : 'plain';
}

/** @template T @param {string} url @param {string} what @param {unknown[]} args @returns {Promise<T>} */
async function ask(url, what, ...args) {
  const browser = await launch();
  try {
    const page = await browser.newPage();
    await page.goto(`${url}/kernels.html`);
    return await page.evaluate((question) => /** @type {any} */ (window).kernels[question.what](...question.args), {
      what,
      args,
    });
  } finally {
    await browser.close();
  }
}
