import { invalidInput, misfit } from '../shared/errors.js';

export interface SimilarityReport {
  /** Rank correlation, −1 to 1; equal values have the mean of their ranks. NaN where one side is constant. */
  readonly spearman: number;
  /** Linear correlation, −1 to 1. NaN where one side is constant. */
  readonly pearson: number;
  readonly pairs: number;
}

/**
 * Tells how well scores of pairs agree with people's, as STS benchmarks do: Spearman's and Pearson's correlation, computed in float64.
 * Equal to SciPy's `spearmanr` and `pearsonr`. Throws InvalidInputError for fewer than 2 pairs, lists of different lengths, or numbers that are not finite.
 */
export function similarityReport(scores: ArrayLike<number>, gold: ArrayLike<number>): SimilarityReport {
  const [a, b] = [checkNumbers('scores', scores), checkNumbers('gold', gold)];
  if (a.length !== b.length) throw misfit('gold', `as many numbers as scores, ${a.length}`, b.length);
  if (a.length < 2) throw misfit('scores', '2 numbers at least', a.length);
  return { spearman: correlation(ranksOf(a), ranksOf(b)), pearson: correlation(a, b), pairs: a.length };
}

function checkNumbers(what: string, values: ArrayLike<number>): Float64Array {
  if (typeof values !== 'object' || values === null || !Number.isInteger(values.length))
    throw invalidInput(what, 'an array of numbers', values);
  const list = Array.from(values);
  const wrong = list.findIndex((value) => !Number.isFinite(value));
  if (wrong >= 0) throw invalidInput(`${what}[${wrong}]`, 'a finite number', list[wrong]);
  return Float64Array.from(list);
}

function ranksOf(values: Float64Array): Float64Array {
  const order = Array.from(values.keys()).sort((a, b) => values[a]! - values[b]!);
  const ranks = new Float64Array(values.length);
  for (let from = 0; from < order.length; ) {
    let to = from;
    while (to < order.length && values[order[to]!] === values[order[from]!]) to++;
    for (let place = from; place < to; place++) ranks[order[place]!] = (from + 1 + to) / 2;
    from = to;
  }
  return ranks;
}

function correlation(a: Float64Array, b: Float64Array): number {
  const [x, y] = [centred(a), centred(b)];
  if (!x || !y) return Number.NaN;
  return Math.max(-1, Math.min(1, product(x, y)));
}

/** Less its mean, and of length 1; null for a constant. */
function centred(values: Float64Array): Float64Array | null {
  if (values.every((value) => value === values[0])) return null;
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const rest = values.map((value) => value - mean);
  // Scaled first, or squares of very small or large numbers would be lost.
  const peak = rest.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const scaled = rest.map((value) => value / peak);
  const length = Math.sqrt(product(scaled, scaled));
  return scaled.map((value) => value / length);
}

function product(a: Float64Array, b: Float64Array): number {
  return a.reduce((sum, value, i) => sum + value * b[i]!, 0);
}
