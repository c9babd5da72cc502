import { invalidInput, misfit } from '../src/shared/errors';

/** What scores mean in a corpus: how random pairs score, and how far above them relevant pairs do. Plain data, to be stored. */
export interface Calibration {
  /** Median of the scores of a query and a passage that have nothing to do with each other. */
  readonly middle: number;
  /** Standard deviation of those scores, of their upper half where that is the wider one. */
  readonly deviation: number;
  /** How many deviations above `middle` relevant pairs score in the mean. */
  readonly separation: number;
}

/** A calibration that was measured on public questions and answers, and how pairs of passages score beside it. */
export interface MeasuredCalibration extends Calibration {
  /** Median of random pairs of passages less that of random pairs of query and passage. */
  readonly passageShift: number;
}

/**
 * Measured by `npm run eval` on the FAQs of Perl and Python (en) and Debian (zh): one subject, technical, passages of up to 256
 * tokens. Other texts shift `middle` by 0.1 and more (shorter or more varied ones score lower), so calibrate on your own corpus.
 */
export const MEASURED: Readonly<Record<string, MeasuredCalibration>> = {
  'BAAI/bge-small-en-v1.5': { middle: 0.5465, deviation: 0.07, separation: 3.17, passageShift: 0.0565 },
  'BAAI/bge-small-zh-v1.5': { middle: 0.4392, deviation: 0.0829, separation: 1.96, passageShift: 0.1424 },
};

/** For models that were not measured: the less sure of the measured ones. */
const UNMEASURED = { separation: 1.96, passageShift: 0 };

const FEWEST_SCORES = 30;

/** What `calibrate` works from. */
export interface CalibrationSample {
  /** Scores of random pairs, 30 at least; 1000 are good. A few relevant pairs among them do no harm. */
  readonly noise: ArrayLike<number>;
  /** What the pairs of `noise` were: a query and a passage, or two passages, which score higher. */
  readonly pairs: 'query-passage' | 'passage-passage';
  /** Scores of pairs of a query and a passage that answers it, 30 at least; without them the measured separation is taken. */
  readonly relevant?: ArrayLike<number>;
  /** Whose measured values stand in for what is not given. */
  readonly model?: string;
}

/**
 * Fits two normal distributions of equal width, of random and of relevant pairs. Robust: median, and the wider of standard
 * deviation and upper half (95th percentile); real scores of random pairs are normal to within 0.01 up to the 99.9th
 * percentile. Throws InvalidInputError if there are fewer than 30 scores, if all are equal or one is not finite, or if
 * relevant pairs score no higher than random ones.
 */
export function calibrate({ noise, pairs, relevant, model = '' }: CalibrationSample): Calibration {
  if (pairs !== 'query-passage' && pairs !== 'passage-passage')
    throw invalidInput('pairs', "'query-passage' or 'passage-passage'", pairs);
  const known = Object.hasOwn(MEASURED, model) ? MEASURED[model]! : UNMEASURED;
  const scores = sorted('noise', noise);
  const middle = quantile(scores, 0.5);
  const deviation = Math.max(deviationOf(scores), (quantile(scores, 0.95) - middle) / 1.6449);
  if (!(deviation > 1e-6)) throw misfit('noise', 'scores that differ', `${scores.length} times ${scores[0]}`);
  const queryMiddle = pairs === 'query-passage' ? middle : middle - known.passageShift;
  if (!relevant) return { middle: queryMiddle, deviation, separation: known.separation };
  const separation = (mean(sorted('relevant', relevant)) - queryMiddle) / deviation;
  if (!(separation > 0))
    throw misfit('relevant', `scores that are higher than random ones (${queryMiddle.toFixed(3)})`, 'lower ones');
  return { middle: queryMiddle, deviation, separation };
}

/**
 * Gives the relevance of a score: how likely a pair with that score is a relevant one if it was as likely as a random one
 * before, 0 … 1, rising with the score; 0.5 where both kinds are equally frequent. It is no probability that the best of
 * many passages is right: among N random passages the best reaches 0.5 easily where N is large; `thresholdFor` takes N.
 * Source: the posterior of two normal distributions of equal width (Fisher 1936), a logistic curve.
 */
export function relevanceOf({ middle, deviation, separation }: Calibration, score: number): number {
  const z = (score - middle) / deviation;
  return 1 / (1 + Math.exp(-separation * (z - separation / 2)));
}

/** What is asked of a threshold. */
export type ThresholdGoal =
  /** The part of random pairs that may lie above it, above 0 and below 1. */
  | { readonly falsePositiveRate: number }
  /** The part of what lies above it that shall be relevant; `prevalence` is the part of all compared pairs that is: 1 ÷ passages where one passage answers. */
  | { readonly precision: number; readonly prevalence: number };

/**
 * Gives the lowest score that keeps what is asked, if the corpus is as the calibration says; the rarer the false positives
 * (below 1 in 10,000) the less it is known. Above 1 where no cosine keeps it. Throws InvalidInputError.
 */
export function thresholdFor({ middle, deviation, separation }: Calibration, goal: ThresholdGoal): number {
  const kept =
    'falsePositiveRate' in goal
      ? keepsRate(checked('falsePositiveRate', goal.falsePositiveRate))
      : keepsPrecision(checked('precision', goal.precision), checked('prevalence', goal.prevalence), separation);
  let [low, high] = [-40, 40];
  for (let step = 0; step < 60; step++) {
    const z = (low + high) / 2;
    if (kept(z)) high = z;
    else low = z;
  }
  return middle + high * deviation;
}

const keepsRate = (rate: number) => (z: number) => aboveNormal(z) <= rate;

/** Both tails shrink fast, that of random pairs faster: the higher the threshold, the higher the precision. */
const keepsPrecision = (precision: number, prevalence: number, separation: number) => (z: number) => {
  const right = prevalence * aboveNormal(z - separation);
  const wrong = (1 - prevalence) * aboveNormal(z);
  return wrong === 0 || right / (right + wrong) >= precision;
};

function checked(what: string, value: number): number {
  if (!(value > 0 && value < 1)) throw invalidInput(what, 'a number above 0 and below 1', value);
  return value;
}

function sorted(what: string, scores: ArrayLike<number>): Float64Array {
  const strange = Array.from(scores).findIndex((score) => !Number.isFinite(score));
  if (strange >= 0) throw invalidInput(`${what}[${strange}]`, 'a finite number', scores[strange]);
  if (scores.length < FEWEST_SCORES) throw misfit(what, `${FEWEST_SCORES} scores at least`, `${scores.length} scores`);
  return Float64Array.from(scores).sort();
}

function mean(scores: Float64Array): number {
  return scores.reduce((sum, score) => sum + score, 0) / scores.length;
}

function deviationOf(scores: Float64Array): number {
  const middle = mean(scores);
  return Math.sqrt(scores.reduce((sum, score) => sum + (score - middle) ** 2, 0) / scores.length);
}

/** Between the two nearest, as NumPy does it. */
function quantile(ascending: Float64Array, part: number): number {
  const at = part * (ascending.length - 1);
  const below = ascending[Math.floor(at)]!;
  return below + (ascending[Math.ceil(at)]! - below) * (at - Math.floor(at));
}

/** The part of a standard normal distribution above `z`, to 1.2e-7 of itself. Source: Press et al., Numerical Recipes, `erfcc`. */
function aboveNormal(z: number): number {
  const x = Math.abs(z) / Math.SQRT2;
  const t = 1 / (1 + x / 2);
  const coefficients = [
    -1.26551223, 1.00002368, 0.37409196, 0.09678418, -0.18628806, 0.27886807, -1.13520398, 1.48851587, -0.82215223,
    0.17087277,
  ];
  const erfc = t * Math.exp(-x * x + coefficients.reduceRight((sum, coefficient) => sum * t + coefficient, 0));
  return z >= 0 ? erfc / 2 : 1 - erfc / 2;
}
