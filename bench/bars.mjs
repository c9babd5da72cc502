// What bge-web is to reach, as ratios in one run; some depend on the instructions that the CPU has.
import { ours, oursAlone, runtime, theirBatches, theirs } from './contenders.mjs';
import { kilobytes, percent, times } from './format.mjs';
import { classOf } from './kernels.mjs';
import { scalingOf, speedupOver, startRatio, throughputOf, toFirstQuery } from './results.mjs';
import { median, sum } from './statistics.mjs';

const BY_CLASS = {
  plain: { alone: 1.6, pool: 2.8, poolToBatches: 16, query: 0.6 },
  VNNI: { alone: 2.5, pool: 4.5, poolToBatches: 25, query: 0.35 },
};

/** @typedef {{ what: string, measured: number, relation: '≥' | '≤', wanted: number, format: (value: number) => string }} Bar */

/** The cells of each bar that was measured. @param {import('./results.mjs').Results} results @returns {string[][]} */
export function barRows(results) {
  const { visits, throughputs } = results;
  const wanted = BY_CLASS[classOf(results.products)];
  const scaling = scalingOf(results);
  const bars = [
    ...Object.entries(results.products).map(([precision, { cached, model }]) => {
      const [name, slowest] = Object.entries(model).reduce((a, b) => (b[1] < a[1] ? b : a));
      return atLeast(`GEMM ${precision}, slowest shape (${name}), of its speed in L1`, slowest / cached, 0.9, percent);
    }),
    atLeast(
      'tokens/s, one thread, against transformers.js one at a time',
      speedupOver(results, oursAlone, theirs),
      wanted.alone,
    ),
    atLeast(
      'tokens/s, one thread, against onnxruntime-web int8 one at a time',
      speedupOver(results, oursAlone, runtime),
      wanted.alone,
    ),
    atLeast(
      'texts/s by default, against transformers.js one at a time',
      speedupOver(results, ours, theirs),
      wanted.pool,
    ),
    atLeast(
      'texts/s by default, against transformers.js in batches of 32',
      speedupOver(results, ours, theirBatches),
      wanted.poolToBatches,
    ),
    atLeast(
      `texts/s, two threads against one (two pages at once: ${times(scaling.pages)})`,
      scaling.pool,
      Math.min(1.8, scaling.pages),
    ),
    atMost('warm query of 32 tokens', queryRatio(results), wanted.query),
    atMost(
      'first visit: first five queries',
      startRatio(visits, ({ cold }) => sum(cold.queries)),
      1 / 8,
    ),
    atMost(
      'first visit: ready, against its load and first query',
      startRatio(
        visits,
        ({ cold }) => cold.ready,
        ({ cold }) => toFirstQuery(cold),
      ),
      1,
    ),
    atMost(
      'second visit: ready from the store, against its load',
      startRatio(visits, ({ warm }) => warm.ready),
      1 / 4,
    ),
    atMost('engine downloaded, compressed', engineBytes(results), 60_000, kilobytes),
    atMost('peak memory, one worker', throughputs ? memoryRatio(results) : Number.NaN, 1 / 2),
  ];
  return bars
    .filter(({ measured }) => !Number.isNaN(measured))
    .map(({ what, measured, relation, wanted, format }) => {
      const holds = relation === '≥' ? measured >= wanted : measured <= wanted;
      return [
        what,
        format(measured),
        `${relation} ${format === times ? short(wanted) : format(wanted)}`,
        holds ? '✓' : '✗',
      ];
    });
}

/** @param {string} what @param {number} measured @param {number} wanted @returns {Bar} */
const atLeast = (what, measured, wanted, format = times) => ({ what, measured, relation: '≥', wanted, format });

/** @param {string} what @param {number} measured @param {number} wanted @returns {Bar} */
const atMost = (what, measured, wanted, format = times) => ({ what, measured, relation: '≤', wanted, format });

/** @param {number} ratio */
const short = (ratio) => String(Number(ratio.toFixed(3)));

/** @param {import('./results.mjs').Results} results */
function queryRatio(results) {
  const [a, b] = [ours, theirs].map((contender) => median(throughputOf(results, contender)?.queries[32] ?? []));
  return (a ?? Number.NaN) / (b ?? Number.NaN);
}

/** @param {import('./results.mjs').Results} results */
function memoryRatio(results) {
  const [a, b] = [oursAlone, theirs].map((contender) => throughputOf(results, contender)?.memory ?? Number.NaN);
  return (a ?? Number.NaN) / (b ?? Number.NaN);
}

/** The worker, and whatever of the runtime a first visit fetched. @param {import('./results.mjs').Results} results */
function engineBytes({ visits, workerBytes }) {
  return visits ? workerBytes + median(visits.ours.map(({ cold }) => cold.bytes.runtime)) : Number.NaN;
}
