import { bestMatches, type Comparison, others } from './analysis';

/** Fewer pairs than that tell nothing about what is rare. */
const FEWEST = 28;
/** More would not be seen on the slider. */
const ENOUGH = 20_000;

/** How unrelated lines of these lists score. */
export interface Calibration {
  /** Scores of pairs of different lines of one list, ascending: most such pairs are unrelated. */
  readonly noise: Float32Array;
  /** With how many lines each line is compared. */
  readonly rivals: number;
}

/** Null for lists of fewer than 8 lines. */
export function calibrate(comparison: Comparison): Calibration | null {
  const { texts, first, scores } = comparison;
  const noise: number[] = [];
  const pairs = (first * (first - 1)) / 2 + ((texts.length - first) * (texts.length - first - 1)) / 2;
  const step = Math.max(1, Math.floor(pairs / ENOUGH));
  for (let a = 0, at = 0; a < texts.length; a++)
    for (let b = a + 1; b < (a < first ? first : texts.length); b++)
      if (at++ % step === 0 && texts[a] !== texts[b]) noise.push(scores[a * texts.length + b]!);
  if (noise.length < FEWEST) return null;
  const { from, to } = others(comparison);
  return { noise: Float32Array.from(noise).sort(), rivals: to - from - (from === 0 ? 1 : 0) };
}

/**
 * How often a pair of unrelated lines scores as high as `threshold`, 1 / (pairs + 1) at least: what no pair did may still happen.
 * It is an upper limit, since a list may hold lines that are alike. Source: the p-value of a permutation test, (b + 1) / (m + 1).
 */
export function chanceOf({ noise }: Calibration, threshold: number): number {
  return (noise.length - lowerBound(noise, threshold) + 1) / (noise.length + 1);
}

/** How likely a line that has no match finds one all the same, among all the lines that it is compared with. */
export function chanceOfMatch(calibration: Calibration, threshold: number): number {
  return 1 - (1 - chanceOf(calibration, threshold)) ** calibration.rivals;
}

/** A threshold to begin with: 1 in 100 unrelated pairs reach it, or fewer, where a line has so many rivals that more than 1 in 4 would match by chance. */
export function firstThreshold(comparison: Comparison, calibration: Calibration | null): number {
  const best = bestMatches(comparison).map(({ score }) => score);
  if (!calibration) return best.sort((a, b) => a - b)[Math.floor(best.length / 2)] ?? 0.8;
  const { noise, rivals } = calibration;
  const rate = Math.min(0.01, 0.25 / rivals);
  const above = Math.max(0, Math.floor(rate * (noise.length + 1)) - 1);
  return Math.ceil((noise[noise.length - 1 - above]! + 1e-6) * 200) / 200;
}

/** The place of the first score that is not below `value`. */
function lowerBound(ascending: Float32Array, value: number): number {
  let [low, high] = [0, ascending.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ascending[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
