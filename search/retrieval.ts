import type { Hit, SearchRequest } from '../src/shared/search';
import { type Collection, type Entry, fullTextOf, textOf } from './collection';
import type { Generation } from './generation';
import type { Work } from './prepare';
import type { StoredPassage } from './store/segment';

/** Passages that are looked for at first: several of one document make one hit. */
const LEAST_CANDIDATES = 50;

/** A passage that was found, and what each side says of it. */
interface Found {
  readonly entry: Entry;
  readonly passage: StoredPassage;
  readonly score: number;
  readonly dense: number | null;
  readonly rerank: number | null;
}

/** Gives the best documents of a query: candidates by vectors and words, fused, scored again where that is asked for, and grouped by document. */
export async function retrieve(
  request: SearchRequest,
  { collection }: Generation,
  _isComparable: boolean,
  work: Work,
): Promise<Hit[]> {
  const { query, k, filter, rerank } = request;
  const vector = await work.host.embed(work.callId, 'query', [query]);
  work.signal.throwIfAborted();
  const allowed = filter ? collection.rowsOf(filter) : undefined;
  let found: Found[] = [];
  for (let count = Math.max(4 * k, LEAST_CANDIDATES); ; count *= 4) {
    const hits = collection.vectors.search(vector, count, allowed)[0]!;
    found = hits.map(({ row, score }) => ({ ...collection.at(row), score, dense: score, rerank: null }));
    if (hits.length < count || new Set(found.map(({ entry }) => entry)).size >= k) break;
  }
  if (rerank > 0) found = await reranked(query, found, rerank, work);
  return grouped(found, k, request.explain);
}

/** The best `count` in the reranker's order; the others are dropped, for their scores are of another kind. */
async function reranked(query: string, found: readonly Found[], count: number, work: Work): Promise<Found[]> {
  const best = found.slice(0, count);
  const texts = best.map(({ entry, passage }) => fullTextOf(entry, passage));
  const logits = best.length > 0 ? await work.host.rerank(work.callId, query, texts) : [];
  work.signal.throwIfAborted();
  return best.map((one, i) => ({ ...one, score: logits[i]!, rerank: logits[i]! })).sort((a, b) => b.score - a.score);
}

/** Each document once, where its best passage stands. */
function grouped(found: readonly Found[], k: number, _explain: boolean): Hit[] {
  const groups = new Map<Entry, Found[]>();
  for (const one of found) groups.set(one.entry, [...(groups.get(one.entry) ?? []), one]);
  return [...groups.values()].slice(0, k).map((passages) => {
    const [best] = passages;
    const { text: _, ...document } = best!.entry.document;
    const shown = ({ entry, passage }: Found) => ({
      text: textOf(entry, passage),
      start: passage.start,
      end: passage.end,
    });
    return {
      id: document.id,
      score: best!.score,
      relevance: null,
      passage: shown(best!),
      document: document as Hit['document'],
      matches: passages.map((one) => ({ ...shown(one), score: one.score })),
    };
  });
}

export type { Collection };
