import type { SearchMode } from 'bge-web/search';
import type { RetrievalResult } from './measure';
import type { Document } from './test-set';

/** A document, and where a search has found it; null for not at all. */
export interface Placed {
  readonly document: Document;
  readonly place: number | null;
  readonly score: number | null;
}

/** A query whose answers do not all stand in front. */
export interface Failure {
  readonly query: string;
  /** nDCG@10. */
  readonly ndcg: number;
  /** Its answers, in the order in which they were found. */
  readonly wanted: readonly Placed[];
  /** What is no answer, and was found before the last of them. */
  readonly instead: readonly Placed[];
}

const MOST_INSTEAD = 3;

/** The failing queries of one way of searching: the worst first, of equal ones that whose first answer was found last. */
export function failuresOf({ set, rankings, evaluations }: RetrievalResult, mode: SearchMode): Failure[] {
  const documents = new Map(set.documents.map((document) => [document.id, document]));
  const failures: Failure[] = [];
  for (const [id, query] of Object.entries(set.queries)) {
    const ndcg = evaluations[mode].queries[id]!['ndcg@10']!;
    if (ndcg > 1 - 1e-9) continue;
    const grades = set.qrels[id]!;
    const isAnswer = (document: string) => (grades[document] ?? 0) >= 1;
    const found = new Map(
      rankings[mode][id]!.map(({ id, score }, i) => [id, { document: documents.get(id)!, place: i + 1, score }]),
    );
    const wanted = Object.keys(grades)
      .filter(isAnswer)
      .map((id) => found.get(id) ?? { document: documents.get(id)!, place: null, score: null })
      .sort((a, b) => placeOf(a) - placeOf(b));
    const last = placeOf(wanted.at(-1)!);
    const instead = [...found.values()]
      .filter(({ document, place }) => place < last && !isAnswer(document.id))
      .slice(0, MOST_INSTEAD);
    failures.push({ query, ndcg, wanted, instead });
  }
  return failures.sort((a, b) => a.ndcg - b.ndcg || placeOf(b.wanted[0]!) - placeOf(a.wanted[0]!));
}

/** How many queries have their first answer at this place or before. */
export function answeredWithin({ set, rankings }: RetrievalResult, mode: SearchMode, place: number): number {
  return Object.entries(set.qrels).filter(([id, grades]) =>
    rankings[mode][id]!.slice(0, place).some((hit) => (grades[hit.id] ?? 0) >= 1),
  ).length;
}

// Behind the last place that was looked at, so that two of them can be compared.
const placeOf = ({ place }: Placed) => place ?? 1e9;
