import { bestMatches, type Comparison, others } from './analysis';

/** Fewer pairs than that tell nothing about what is rare. */
const FEWEST = 28;
/** More would not be seen on the slider. */
const ENOUGH = 20_000;
/** What is rarer is not known well enough to be said. */
export const RAREST = 1 / 10_000;

/** How unrelated lines of these lists score. */
export interface Calibration {
  /** Scores of pairs of different lines of one list, ascending: most such pairs are unrelated. */
  readonly noise: Float32Array;
  readonly middle: number;
  readonly deviation: number;
  /** With how many lines each line is compared. */
  readonly rivals: number;
}

/**
 * Fits a normal distribution to the scores of unrelated pairs, as the calibration of `bge-web/search` does it for passages:
 * median, and the wider of standard deviation and upper half (95th percentile), so that a few related pairs among them do
 * no harm. Null for a list of fewer than 8 lines, or where all pairs score the same.
 */
export function calibrate(comparison: Comparison): Calibration | null {
  const noise = noiseOf(comparison);
  if (noise.length < FEWEST) return null;
  const at = (part: number) => noise[Math.round(part * (noise.length - 1))]!;
  const mean = noise.reduce((sum, score) => sum + score, 0) / noise.length;
  const variance = noise.reduce((sum, score) => sum + (score - mean) ** 2, 0) / noise.length;
  const deviation = Math.max(Math.sqrt(variance), (at(0.95) - at(0.5)) / 1.6449);
  const { from, to } = others(comparison);
  const rivals = to - from - (from === 0 ? 1 : 0);
  return deviation > 1e-6 ? { noise, middle: at(0.5), deviation, rivals } : null;
}

/** How often a pair of unrelated lines scores as high as `threshold`. */
export function chanceOf({ middle, deviation }: Calibration, threshold: number): number {
  return aboveNormal((threshold - middle) / deviation);
}

/** How likely a line that has no match finds one all the same, among all the lines that it is compared with. */
export function chanceOfMatch(calibration: Calibration, threshold: number): number {
  return 1 - (1 - chanceOf(calibration, threshold)) ** calibration.rivals;
}

/**
 * A threshold to begin with: 1 in 100 unrelated pairs reach it, or fewer, where a line has so many rivals that more than one
 * line in four would find a match by chance. Where nothing is known, half of the lines have a match.
 */
export function firstThreshold(comparison: Comparison, calibration: Calibration | null): number {
  if (!calibration) {
    const best = bestMatches(comparison).map(({ score }) => score);
    const half = best.sort((a, b) => a - b)[Math.floor(best.length / 2)] ?? 0.8;
    return Math.floor(half * 200) / 200;
  }
  const rate = Math.min(0.01, 0.25 / calibration.rivals);
  let threshold = Math.ceil(calibration.middle * 200) / 200;
  while (threshold < 1 && chanceOf(calibration, threshold) > rate) threshold += 0.005;
  return Math.min(1, threshold);
}

function noiseOf({ texts, first, scores }: Comparison): Float32Array {
  const [a, b] = [first, texts.length - first];
  const step = Math.max(1, Math.floor((a * (a - 1) + b * (b - 1)) / 2 / ENOUGH));
  const noise: number[] = [];
  for (let i = 0, pair = 0; i < texts.length; i++)
    for (let j = i + 1; j < (i < first ? first : texts.length); j++)
      if (pair++ % step === 0 && texts[i] !== texts[j]) noise.push(scores[i * texts.length + j]!);
  return Float32Array.from(noise).sort();
}

/** The part of a standard normal distribution above `z`, to 1.2e-7 of itself. Source: Press et al., Numerical Recipes, `erfcc`. */
export function aboveNormal(z: number): number {
  const x = Math.abs(z) / Math.SQRT2;
  const t = 1 / (1 + x / 2);
  const coefficients = [
    -1.26551223, 1.00002368, 0.37409196, 0.09678418, -0.18628806, 0.27886807, -1.13520398, 1.48851587, -0.82215223,
    0.17087277,
  ];
  const erfc = t * Math.exp(-x * x + coefficients.reduceRight((sum, coefficient) => sum * t + coefficient, 0));
  return z >= 0 ? erfc / 2 : 1 - erfc / 2;
}
