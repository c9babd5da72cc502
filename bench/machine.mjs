import { readFileSync } from 'node:fs';
import { cpus, loadavg, type } from 'node:os';
import { launch } from './browser.mjs';

/** From how many times the speed of floats on a CPU's relaxed integer dot product is done by one instruction (VNNI, SDOT). */
const DOT_INSTRUCTION = 3;

/** What the figures were measured on, for who compares them with others. @param {string} url of the site @returns {Promise<string[]>} */
export async function describeMachine(url) {
  const load = loadavg()[0]; // always 0 on Windows
  const browser = await launch();
  try {
    const page = await browser.newPage();
    await page.goto(`${url}/machine.html`);
    /** @type {{ floats: number, bytes: number | null }} */
    const { floats, bytes } = await page.evaluate(() => /** @type {any} */ (window).machine());
    return [
      `${cpus().length} × ${cpus()[0]?.model.trim()} (${vnniFlags()}), ${type()}`,
      `one core in WebAssembly: ${floats.toFixed(0)} Gop/s in float32, ${describeDot(floats, bytes)}`,
      `Chromium ${browser.version()}, headless`,
      ...(load ? [`load average before the start ${load.toFixed(1)}`] : []),
    ];
  } finally {
    await browser.close();
  }
}

/** @param {number} floats @param {number | null} bytes */
function describeDot(floats, bytes) {
  if (bytes === null) return 'no relaxed SIMD';
  const kind = bytes / floats >= DOT_INSTRUCTION ? 'VNNI-class' : 'not VNNI-class';
  return `${bytes.toFixed(0)} by the relaxed int8 dot product (${kind})`;
}

function vnniFlags() {
  if (process.platform !== 'linux') return 'VNNI unknown';
  const flags = readFileSync('/proc/cpuinfo', 'utf8').match(/\bavx(512)?_vnni\b/g) ?? [];
  return [...new Set(flags)].join(', ') || 'no VNNI';
}
