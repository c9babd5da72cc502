// All contenders loaded at once, each in a browser of its own, and given the same texts in turn: whatever else slows
// the machine down hits them alike.
import { launch, openPage, watchMemory } from './browser.mjs';
import { cosine, mean } from './statistics.mjs';

/**
 * @typedef {import('./contenders.mjs').Contender} Contender
 * @typedef {{ slice: string, ms: number }} Timing of one slice in one round
 * @typedef {object} Throughput
 * @property {Contender} contender
 * @property {Timing[]} timings
 * @property {Record<number, number[]>} queries milliseconds of each warm query, by its length in tokens
 * @property {number[]} cosines to the golden vectors
 * @property {number | null} memory
 */

/** Queries that a contender is asked before it is another one's turn. */
const QUERIES_PER_TURN = 5;

/**
 * @param {string} url of the site
 * @param {Contender[]} contenders
 * @param {{ rounds: number, slices: string[][], queries: Record<number, string[]>, warmUp: string[], goldens: { text: string, embedding: number[] }[] }} work
 * @param {(message: string) => void} tell
 * @returns {Promise<Throughput[]>}
 */
export async function measureThroughput(url, contenders, work, tell) {
  const runners = [];
  try {
    for (const contender of contenders) {
      tell(`${contender.label}: load and warm up`);
      runners.push(await start(url, contender, work.warmUp));
    }
    for (let round = 0; round < work.rounds; round++) {
      tell(`corpus, round ${round + 1} of ${work.rounds}`);
      await measureRound(runners, work.slices, round);
    }
    tell('warm queries, and comparison with the golden vectors');
    await measureQueries(runners, work.queries);
    for (const runner of runners) {
      runner.memory = runner.peakMemory();
      const rows = await runner.page.rows(
        work.goldens.map(({ text }) => text),
        runner.contender.batch,
      );
      runner.cosines = rows.map((row, index) => cosine(row, work.goldens[index]?.embedding ?? []));
    }
    return runners;
  } finally {
    await Promise.all(runners.map(({ browser }) => browser.close()));
  }
}

/** @param {string} url @param {Contender} contender @param {string[]} warmUp */
async function start(url, contender, warmUp) {
  const browser = await launch();
  const page = await openPage(await browser.newContext(), url + contender.page);
  const peakMemory = await watchMemory(browser);
  await page.each(warmUp);
  /** @type {Throughput} */
  const result = { contender, timings: [], queries: {}, cosines: [], memory: null };
  return Object.assign(result, { browser, page, peakMemory });
}

/** @typedef {Awaited<ReturnType<typeof start>>} Runner */

/** @param {Runner[]} runners @param {string[][]} slices @param {number} round */
async function measureRound(runners, slices, round) {
  for (const [index, slice] of slices.entries()) {
    // Who is given fewer slices gets other ones in each round.
    const given = runners.filter(({ contender }) => (index - round + slices.length) % slices.length < contender.slices);
    for (const runner of inTurn(given, round + index)) {
      if (runner.contender.hasPool) await runner.page.time(slice, runner.contender.batch); // starts the pool again
      const ms = await runner.page.time(slice, runner.contender.batch);
      runner.timings.push({ slice: `${round}/${index}`, ms });
    }
  }
}

/** @param {Runner[]} runners @param {Record<number, string[]>} queries */
async function measureQueries(runners, queries) {
  const single = runners.filter(({ contender }) => contender.batch === 1);
  for (const [tokens, texts] of Object.entries(queries)) {
    for (let from = 0; from < texts.length; from += QUERIES_PER_TURN) {
      for (const runner of inTurn(single, from)) {
        const times = await runner.page.each(texts.slice(from, from + QUERIES_PER_TURN));
        runner.queries[Number(tokens)] = [...(runner.queries[Number(tokens)] ?? []), ...times];
      }
    }
  }
}

/** One order and the other by turns. @template T @param {T[]} list @param {number} turn */
export const inTurn = (list, turn) => (turn % 2 ? list.toReversed() : list);

/**
 * How many times as fast the first is, on each of the slices that both were given.
 * @param {Throughput} a @param {Throughput} b @returns {number[]}
 */
export function speedups(a, b) {
  const times = new Map(a.timings.map(({ slice, ms }) => [slice, ms]));
  return b.timings.flatMap(({ slice, ms }) => {
    const time = times.get(slice);
    return time === undefined ? [] : [ms / time];
  });
}

/** @param {Throughput} throughput @param {(slice: string) => number} countOf what is in a slice */
export function perSecond({ timings }, countOf) {
  return mean(timings.map(({ slice }) => countOf(slice))) / (mean(timings.map(({ ms }) => ms)) / 1000);
}
