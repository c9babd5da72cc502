import { invalidInput, misfit } from '../src/shared/errors';
import { best, type Scored } from './ranking';

/** Passages, best first, each once. */
export type Ranking = readonly Scored[];

/** How many of the best of each ranking `fuseHybrid` is made for. */
export const HYBRID_CANDIDATES = 100;

/**
 * Joins the best passages by vectors and by words: 0.7 × dense + 0.3 × lexical, each scaled to 0 … 1. Chosen by measurement
 * (`npm run eval`): never below the better of the two, which reciprocal rank fusion is where one side is much better.
 */
export function fuseHybrid(dense: Ranking, lexical: Ranking): Scored[] {
  return weightedSum([dense, lexical], [0.7, 0.3]);
}

/** Weights of M3's scores in the order dense, lexical, ColBERT, to be summed as they are (`scale: 'none'`). Source: FlagEmbedding. */
export const M3_WEIGHTS = {
  /** What the model was trained with (`finetune/embedder/encoder_only/m3`), and the evaluation on MKQA. */
  ensemble: [1, 0.3, 1],
  /** The evaluation on MLDR: documents of thousands of tokens. */
  longDocuments: [0.15, 0.5, 0.35],
} as const;

/**
 * Joins rankings by places alone: score = Σ weight ÷ (k + place), places from 1; a ranking that has not found a passage adds
 * nothing. `k` from 0, default 60: the higher it is, the less the first places stand out. `weights`, from 0, default 1 each.
 * Source: Cormack, Clarke and Büttcher 2009. Throws InvalidInputError.
 */
export function reciprocalRankFusion(
  rankings: readonly Ranking[],
  { k = 60, weights = rankings.map(() => 1) }: { k?: number; weights?: readonly number[] } = {},
): Scored[] {
  if (!(k >= 0)) throw invalidInput('k', 'a number from 0', k);
  checkWeights(weights, rankings);
  return summed(rankings, (_, place, r) => weights[r]! / (k + place + 1));
}

/**
 * Joins rankings by weighted scores; a ranking that has not found a passage adds nothing. `scale`: `min-max` (default) brings
 * each ranking to 0 … 1 first, its best to 1 (all, if all are equal); `none` takes scores as they are, for those that mean the
 * same from query to query (M3's, or calibrated ones). Source: Fox and Shaw 1994. Throws InvalidInputError.
 */
export function weightedSum(
  rankings: readonly Ranking[],
  weights: readonly number[],
  { scale = 'min-max' }: { scale?: 'min-max' | 'none' } = {},
): Scored[] {
  checkWeights(weights, rankings);
  if (scale !== 'min-max' && scale !== 'none') throw invalidInput('scale', "'min-max' or 'none'", scale);
  const scales = rankings.map((ranking) => (scale === 'none' ? (score: number) => score : minMax(ranking)));
  return summed(rankings, ({ score }, _, r) => weights[r]! * scales[r]!(score));
}

/**
 * Takes `k` passages one after the other, each time the one with the highest λ × score − (1 − λ) × similarity to the most
 * similar one taken before; they keep their scores. `lambda` 0 … 1, default 0.7: 1 takes them by score alone. Scores and
 * similarities should be of one scale (cosines of the query, cosines of passages). Calls `similarity` k × candidates times.
 * Source: Carbonell and Goldstein 1998. Throws InvalidInputError.
 */
export function maximalMarginalRelevance<T extends Scored>(
  candidates: readonly T[],
  similarity: (a: number, b: number) => number,
  { k, lambda = 0.7 }: { k: number; lambda?: number },
): T[] {
  if (!Number.isInteger(k) || k < 0) throw invalidInput('k', 'an integer from 0', k);
  if (!(lambda >= 0 && lambda <= 1)) throw invalidInput('lambda', 'a number from 0 to 1', lambda);
  const left = candidates.map((candidate) => ({ candidate, closest: Number.NEGATIVE_INFINITY }));
  const taken: T[] = [];
  while (taken.length < k && left.length > 0) {
    const gain = ({ candidate, closest }: (typeof left)[number]) =>
      lambda * candidate.score - (1 - lambda) * (taken.length > 0 ? closest : 0);
    const at = left.reduce((first, item, i) => (gain(item) > gain(left[first]!) ? i : first), 0);
    const [{ candidate }] = left.splice(at, 1) as [(typeof left)[number]];
    taken.push(candidate);
    for (const item of left) item.closest = Math.max(item.closest, similarity(candidate.id, item.candidate.id));
  }
  return taken;
}

function checkWeights(weights: readonly number[], rankings: readonly Ranking[]): void {
  if (weights.length !== rankings.length) throw misfit('weights', `${rankings.length} numbers`, weights.length);
  const strange = weights.findIndex((weight) => !(weight >= 0 && weight < Number.POSITIVE_INFINITY));
  if (strange >= 0) throw invalidInput(`weights[${strange}]`, 'a number from 0', weights[strange]);
}

function summed(rankings: readonly Ranking[], part: (hit: Scored, place: number, ranking: number) => number): Scored[] {
  const scores = new Map<number, number>();
  for (const [r, ranking] of rankings.entries())
    for (const [place, hit] of ranking.entries()) scores.set(hit.id, (scores.get(hit.id) ?? 0) + part(hit, place, r));
  return best(
    Array.from(scores, ([id, score]) => ({ id, score })),
    Number.POSITIVE_INFINITY,
  );
}

/** Scales the scores of a ranking to 0 … 1; all to 1, if all are equal. */
export function minMax(ranking: Ranking): (score: number) => number {
  const scores = ranking.map(({ score }) => score);
  const [lowest, highest] = [Math.min(...scores), Math.max(...scores)];
  return (score) => (highest > lowest ? (score - lowest) / (highest - lowest) : 1);
}
