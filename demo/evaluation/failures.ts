import type { SearchMode } from 'bge-web/search';
import type { RetrievalResult } from './measure';
import type { Document } from './test-set';

/** A query whose answers do not all stand in front. */
export interface Failure {
  readonly id: string;
  /** nDCG@10. */
  readonly ndcg: number;
  /** The place of its first answer; Infinity for none. */
  readonly first: number;
}

/** A document, and where a search has found it; null for not at all. */
export interface Placed {
  readonly document: Document;
  readonly place: number | null;
  readonly score: number | null;
}

const MOST_INSTEAD = 3;

/** The failing queries of one way of searching: the worst first, of equal ones that whose first answer was found last. */
export function failuresOf(result: RetrievalResult, mode: SearchMode): Failure[] {
  return Object.keys(result.set.queries)
    .map((id) => ({
      id,
      ndcg: result.evaluations[mode].queries[id]!['ndcg@10']!,
      first: firstPlace(result, mode, id),
    }))
    .filter(({ ndcg }) => ndcg < 1 - 1e-9)
    .sort((a, b) => a.ndcg - b.ndcg || (a.first === b.first ? 0 : b.first - a.first));
}

/** The place of a query's first answer, from 1; Infinity for none. */
export function firstPlace({ set, rankings }: RetrievalResult, mode: SearchMode, id: string): number {
  const place = rankings[mode][id]!.findIndex((hit) => (set.qrels[id]![hit.id] ?? 0) >= 1);
  return place < 0 ? Number.POSITIVE_INFINITY : place + 1;
}

/** Where the answers of a query came, in that order, and what is no answer and came before the last of them. */
export function whatCame(
  { set, rankings }: RetrievalResult,
  mode: SearchMode,
  id: string,
): { readonly wanted: readonly Placed[]; readonly instead: readonly Placed[] } {
  const ranking = rankings[mode][id]!;
  const isAnswer = (document: string) => (set.qrels[id]![document] ?? 0) >= 1;
  const documentOf = (id: string) => set.documents.find((document) => document.id === id)!;
  const placed = (place: number): Placed => {
    const { id, score } = ranking[place - 1]!;
    return { document: documentOf(id), place, score };
  };
  const places = ranking.map((_, i) => i + 1);
  const right = places.filter((place) => isAnswer(ranking[place - 1]!.id));
  const found = new Set(right.map((place) => ranking[place - 1]!.id));
  const lost = Object.keys(set.qrels[id]!).filter((document) => isAnswer(document) && !found.has(document));
  const last = lost.length > 0 ? Number.POSITIVE_INFINITY : right.at(-1)!;
  const wrong = places.filter((place) => place < last && !right.includes(place));
  return {
    wanted: [
      ...right.map(placed),
      ...lost.map((document) => ({ document: documentOf(document), place: null, score: null })),
    ],
    instead: wrong.slice(0, MOST_INSTEAD).map(placed),
  };
}
