import type { Embedder } from 'bge-web';
import { createIndex, type SearchMode } from 'bge-web/search';
import {
  type Evaluation,
  evaluate,
  type FoundRankings,
  type Measure,
  type Measures,
  type Qrels,
  rank,
  type SimilarityReport,
  similarityReport,
} from 'bge-web/training';
import { turn } from '../shared/turns';
import { eachOf } from './lines';
import type { Pair, RetrievalSet } from './test-set';

export const MODES = ['dense', 'lexical', 'hybrid'] as const satisfies SearchMode[];

/** So many documents are looked for, and recall is measured at these places. */
export const DEPTH = 100;
export const CUTS = [1, 2, 3, 5, 10, 20, 50, DEPTH];

export interface RetrievalResult {
  readonly set: RetrievalSet;
  readonly rankings: Readonly<Record<SearchMode, FoundRankings>>;
  readonly evaluations: Readonly<Record<SearchMode, Pick<Evaluation, 'mean' | 'queries'>>>;
}

export interface SimilarityResult {
  readonly pairs: readonly Pair[];
  /** Cosine of each pair. */
  readonly scores: readonly number[];
  readonly report: SimilarityReport;
}

export type Step = 'embed' | SearchMode;
export interface Watched {
  readonly signal: AbortSignal;
  readonly onProgress: (step: Step, done: number, total: number) => void;
}

/** Puts the documents into an index in memory, and measures what it finds by meaning, by words and by both. Rejects with the signal's reason. */
export async function measureRetrieval(
  embedder: Embedder,
  set: RetrievalSet,
  { signal, onProgress }: Watched,
): Promise<RetrievalResult> {
  const index = await createIndex({ embedder, signal });
  try {
    onProgress('embed', 0, set.documents.length);
    await index.add(
      set.documents.map((document) => ({ ...document })),
      {
        signal,
        onProgress: (event) => event.phase === 'add' && onProgress('embed', event.documents, event.totalDocuments),
      },
    );
    const rankings = {} as Record<SearchMode, FoundRankings>;
    const evaluations = {} as Record<SearchMode, Pick<Evaluation, 'mean' | 'queries'>>;
    for (const mode of MODES) {
      rankings[mode] = await rank(index, set.queries, {
        ...{ mode, k: DEPTH, signal },
        onProgress: ({ done, total }) => onProgress(mode, done, total),
      });
      evaluations[mode] = await evaluateInTurns(rankings[mode], set.qrels);
    }
    return { set, rankings, evaluations };
  } finally {
    index.dispose();
  }
}

/** Queries that are measured before others get their turn. */
const GROUP = 100;

/** As `evaluate`: some queries at a time, since thousands at once would hold the page up. */
async function evaluateInTurns(rankings: FoundRankings, qrels: Qrels): Promise<Pick<Evaluation, 'mean' | 'queries'>> {
  const ids = Object.keys(qrels);
  const queries: Record<string, Measures> = {};
  for (let from = 0; from < ids.length; from += GROUP) {
    const group = ids.slice(from, from + GROUP);
    const some = <T>(all: Readonly<Record<string, T>>) => Object.fromEntries(group.map((id) => [id, all[id]!]));
    Object.assign(queries, evaluate(some(rankings), some(qrels), { k: CUTS }).queries);
    await turn();
  }
  const mean: Record<Measure, number> = {};
  for (const measures of Object.values(queries))
    for (const [name, value] of Object.entries(measures) as [Measure, number][])
      mean[name] = (mean[name] ?? 0) + value / ids.length;
  return { mean, queries };
}

/** Compares the two texts of each pair, and that with what people say. Rejects with the signal's reason, and for fewer than 2 pairs. */
export async function measureSimilarity(
  embedder: Embedder,
  pairs: readonly Pair[],
  { signal, onProgress }: Watched,
): Promise<SimilarityResult> {
  const texts = [...new Set(pairs.flatMap(({ a, b }) => [a, b]))];
  const vectors = await embedder.encode(texts, {
    signal,
    onProgress: (event) => onProgress('embed', event.texts, event.totalTexts),
  });
  const rows = new Map(texts.map((text, i) => [text, vectors.row(i)]));
  const cosine = (a: Float32Array, b: Float32Array) => a.reduce((sum, value, d) => sum + value * b[d]!, 0);
  const scores: number[] = [];
  await eachOf(pairs, ({ a, b }) => scores.push(cosine(rows.get(a)!, rows.get(b)!)));
  return {
    pairs,
    scores,
    report: similarityReport(
      scores,
      pairs.map(({ gold }) => gold),
    ),
  };
}
