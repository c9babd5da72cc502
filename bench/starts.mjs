// The first visit and the second one: how long until the model is ready, how long the first queries take, what was downloaded.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { launchWithProfile, openPage } from './browser.mjs';

/**
 * @typedef {{ ready: number, queries: number[], bytes: import('./site.mjs').Bytes }} Start
 * @typedef {{ cold: Start, warm: Start }} Visits
 */

/**
 * Visits the page twice in a new profile, each time in a new browser, and sends it the queries one after another.
 * @param {Awaited<ReturnType<typeof import('./site.mjs').openSite>>} site
 * @param {import('./contenders.mjs').Contender} contender
 * @param {string[]} queries
 * @returns {Promise<Visits>}
 */
export async function measureVisits(site, contender, queries) {
  const profile = mkdtempSync(join(tmpdir(), 'bench-'));
  const visit = async () => {
    const context = await launchWithProfile(profile);
    site.takeBytes();
    try {
      const page = await openPage(context, site.url + contender.page);
      const ready = await page.ready();
      const times = await page.each(queries);
      return { ready, queries: times, bytes: site.takeBytes() };
    } finally {
      await context.close();
    }
  };
  try {
    return { cold: await visit(), warm: await visit() };
  } finally {
    rmSync(profile, { recursive: true, force: true });
  }
}
