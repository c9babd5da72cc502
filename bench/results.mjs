// What was measured, and what several tables make of it. Parts that were not run are left out.
import { median } from './statistics.mjs';
import { speedups } from './throughput.mjs';

/**
 * @typedef {import('./starts.mjs').Visits} Visits
 * @typedef {import('./starts.mjs').Start} Start
 * @typedef {import('./throughput.mjs').Throughput} Throughput
 * @typedef {import('./contenders.mjs').Contender} Contender
 * @typedef {object} Results
 * @property {string[]} machine
 * @property {Record<string, string>} versions
 * @property {number} workerBytes compressed
 * @property {Partial<Record<import('./kernels.mjs').Precision, import('./kernels.mjs').ProductSpeeds>>} products
 * @property {import('./kernels.mjs').Split[]} [split]
 * @property {{ ours: Visits[], theirs: Visits[] }} [visits] by round
 * @property {Throughput[]} [throughputs]
 * @property {import('./scaling.mjs').Scaling} [scaling]
 * @property {{ starts: number, corpus: number, scaling: number }} rounds
 * @property {number[]} tokens of each slice of the corpus
 * @property {number} textsPerSlice
 * @property {{ label: string }[]} skipped
 * @property {string[]} failures
 */

/**
 * How many times as fast the first is, the median over the slices that both did.
 * @param {Results} results @param {Contender} first @param {Contender} second
 */
export function speedupOver(results, first, second) {
  const [a, b] = [throughputOf(results, first), throughputOf(results, second)];
  return a && b ? median(speedups(a, b)) : Number.NaN;
}

/** @param {Results} results @param {Contender} wanted */
export const throughputOf = ({ throughputs = [] }, wanted) =>
  throughputs.find(({ contender }) => contender.id === wanted.id);

/**
 * Ours to theirs, the median of all rounds.
 * @param {Results['visits']} visits @param {(visits: Visits) => number} of @param {(visits: Visits) => number} [ofTheirs]
 */
export function startRatio(visits, of, ofTheirs = of) {
  const { ours = [], theirs = [] } = visits ?? {};
  return median(
    ours.map((visit, round) => {
      const other = theirs[round];
      return other ? of(visit) / ofTheirs(other) : Number.NaN;
    }),
  );
}

/** @param {Start} start */
export const toFirstQuery = ({ ready, queries }) => ready + (queries[0] ?? Number.NaN);

/** How many times as fast two threads are: the pool, and two pages at once. @param {Results} results */
export function scalingOf({ scaling }) {
  const over = (/** @type {'pool' | 'pages'} */ what) =>
    scaling ? median(scaling.rounds.map((round) => round.one / round[what])) : Number.NaN;
  return { pool: over('pool'), pages: over('pages') };
}
