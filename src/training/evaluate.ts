import { checkPositive, checkStrings } from '../inputs.js';
import { invalidInput, misfit } from '../shared/errors.js';

/** For each query's id the ids of the documents that were judged, with a grade: 0 or less for irrelevant ones, above 0 for relevant ones. */
export type Qrels = Readonly<Record<string, Readonly<Record<string, number>>>>;

/**
 * For each query's id what was found: ids, the best first, which stay in that order; or `{ id, score }`, as the hits of a search, or
 * `{ id: score }`, which are ordered by score.
 */
export type Rankings = Readonly<Record<string, Ranking>>;
export type Ranking = readonly (string | ScoredId)[] | Readonly<Record<string, number>>;

export interface ScoredId {
  readonly id: string;
  readonly score: number;
}

const NAMES = ['ndcg', 'mrr', 'recall', 'map', 'precision'] as const;

/** A measure at a cut-off, named as in ranx: `ndcg@10`. */
export type Measure = `${(typeof NAMES)[number]}@${number}`;
export type Measures = Readonly<Record<Measure, number>>;

export interface EvaluateOptions {
  /** Cut-offs: integers above 0. Default 10. */
  k?: number | readonly number[];
  /** The ids of all documents, by which the judgements are checked. Default: not checked. */
  corpusIds?: readonly string[];
}

export interface Evaluation {
  /** Means over all queries of the qrels; those that are `missing` count as 0. */
  readonly mean: Measures;
  /** For each query's id its own measures: the lowest are where to look first. */
  readonly queries: Readonly<Record<string, Measures>>;
  /** Queries of the qrels that have no ranking. */
  readonly missing: readonly string[];
  /** Queries with a ranking that are not in the qrels: they count for nothing. */
  readonly unjudged: readonly string[];
}

/**
 * Gives nDCG, MRR, recall, MAP and precision at `k`, 0 to 1, for each query and as means. Equal to trec_eval's `ndcg_cut`, `recip_rank`
 * (of the first `k`), `recall`, `map_cut` and `P` with `-c`: the gain of a document is its grade, it is relevant from 1 on, and a query without relevant
 * documents has 0. Of equal scores the id that is higher by its bytes comes first, as there.
 * Throws InvalidInputError: for ids twice in a ranking, scores or grades that are not numbers, judgements of a document that is not in `corpusIds`,
 * or when no query has both a ranking and judgements.
 */
export function evaluate(rankings: Rankings, qrels: Qrels, { k = 10, corpusIds }: EvaluateOptions = {}): Evaluation {
  const cuts = cutsOf(k);
  checkObject('rankings', rankings, 'an object of rankings by the ids of queries');
  checkQrels(qrels, corpusIds);
  const ids = Object.keys(qrels);
  const missing = ids.filter((id) => !Object.hasOwn(rankings, id));
  if (missing.length === ids.length)
    throw misfit('rankings', `of the queries of \`qrels\`, such as \`${ids[0]}\``, named(Object.keys(rankings)));
  const queries = Object.fromEntries(
    ids.map((id) => {
      const ranking = Object.hasOwn(rankings, id) ? orderOf(rankings[id]!, `rankings[${JSON.stringify(id)}]`) : [];
      return [id, measuresOf(ranking, qrels[id]!, cuts)];
    }),
  );
  return {
    mean: meanOf(Object.values(queries)),
    queries,
    missing,
    unjudged: Object.keys(rankings).filter((id) => !Object.hasOwn(qrels, id)),
  };
}

function measuresOf(ranking: readonly string[], grades: Readonly<Record<string, number>>, cuts: readonly number[]) {
  const gains = ranking.map((id) => (Object.hasOwn(grades, id) ? Math.max(0, grades[id]!) : 0));
  const ideal = Object.values(grades)
    .filter((grade) => grade > 0)
    .sort((a, b) => b - a);
  const relevant = ideal.filter((grade) => grade >= 1).length;
  const share = (part: number, whole: number) => (whole > 0 ? part / whole : 0);
  const measures: Partial<Record<Measure, number>> = {};
  for (const k of cuts) {
    const first = gains.slice(0, k);
    let found = 0;
    let precisions = 0;
    for (const [place, gain] of first.entries()) if (gain >= 1) precisions += ++found / (place + 1);
    const best = first.findIndex((gain) => gain >= 1);
    measures[`ndcg@${k}`] = share(discounted(first), discounted(ideal.slice(0, k)));
    measures[`mrr@${k}`] = best < 0 ? 0 : 1 / (best + 1);
    measures[`recall@${k}`] = share(found, relevant);
    measures[`map@${k}`] = share(precisions, relevant);
    measures[`precision@${k}`] = found / k;
  }
  return measures as Measures;
}

/** Discounted cumulative gain. Source: Järvelin and Kekäläinen 2002, with trec_eval's discount from the second place on. */
function discounted(gains: readonly number[]): number {
  return gains.reduce((sum, gain, place) => sum + gain / Math.log2(place + 2), 0);
}

function meanOf(all: readonly Measures[]): Measures {
  const names = Object.keys(all[0]!) as Measure[];
  return Object.fromEntries(
    names.map((name) => [name, all.reduce((sum, one) => sum + one[name]!, 0) / all.length]),
  ) as Measures;
}

function orderOf(ranking: Ranking, what: string): string[] {
  const ids = Array.isArray(ranking) ? orderOfList(ranking, what) : byScore(entriesOf(ranking as object, what), what);
  const seen = new Set<string>();
  for (const id of ids) {
    if (seen.has(id)) throw misfit(what, 'without an id twice', `\`${id}\` twice`);
    seen.add(id);
  }
  return ids;
}

function orderOfList(ranking: readonly (string | ScoredId)[], what: string): string[] {
  if (ranking.every((entry) => typeof entry === 'string')) return [...ranking];
  for (const [i, entry] of ranking.entries())
    if (typeof entry !== 'object' || entry === null || typeof entry.id !== 'string')
      throw invalidInput(`${what}[${i}]`, 'as the others, an id or an object of id and score', entry);
  return byScore(ranking as readonly ScoredId[], what);
}

function entriesOf(scores: object, what: string): ScoredId[] {
  checkObject(what, scores, 'an array of ids or of { id, score }, or an object of scores');
  return Object.entries(scores).map(([id, score]) => ({ id, score: score as number }));
}

function byScore(entries: readonly ScoredId[], what: string): string[] {
  for (const { id, score } of entries)
    if (typeof score !== 'number' || Number.isNaN(score))
      throw invalidInput(`${what}, score of ${id}`, 'a number', score);
  return [...entries].sort((a, b) => b.score - a.score || byBytes(b.id, a.id)).map(({ id }) => id);
}

/** Order by code points, which is that of UTF-8 bytes; JavaScript's own is by UTF-16 units. */
function byBytes(a: string, b: string): number {
  const [left, right] = [Array.from(a), Array.from(b)];
  for (let i = 0; i < Math.min(left.length, right.length); i++) {
    const difference = left[i]!.codePointAt(0)! - right[i]!.codePointAt(0)!;
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}

function cutsOf(k: number | readonly number[]): readonly number[] {
  const cuts = Array.isArray(k) ? (k as readonly number[]) : [k as number];
  if (cuts.length === 0) throw misfit('k', 'an integer above 0, or some of them', 'none');
  for (const cut of cuts) checkPositive('k', cut);
  return cuts;
}

function checkQrels(qrels: Qrels, corpusIds: readonly string[] | undefined): void {
  checkObject('qrels', qrels, 'an object of judgements by the ids of queries');
  if (Object.keys(qrels).length === 0) throw misfit('qrels', 'of one query at least', 'none');
  const known = corpusIds && new Set(checkStrings('corpusIds', corpusIds));
  for (const [query, grades] of Object.entries(qrels)) {
    const what = `qrels[${JSON.stringify(query)}]`;
    checkObject(what, grades, 'an object of grades by the ids of documents');
    for (const [id, grade] of Object.entries(grades)) {
      if (!Number.isFinite(grade)) throw invalidInput(`${what}[${JSON.stringify(id)}]`, 'a finite number', grade);
      if (known && !known.has(id)) throw misfit(what, 'of documents in `corpusIds`', `\`${id}\`, which is not there`);
    }
  }
}

function checkObject(what: string, value: unknown, expected: string): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw invalidInput(what, expected, value);
}

function named(ids: readonly string[]): string {
  return ids.length === 0 ? 'none' : `\`${ids[0]}\`${ids.length > 1 ? ` and ${ids.length - 1} more` : ''}`;
}
