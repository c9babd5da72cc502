import type { Hit, HitExplanation, Match, SearchRequest } from '../src/shared/search';
import { type Entry, fullTextOf, textOf } from './collection';
import { fuseHybrid, HYBRID_CANDIDATES, type Ranking, reciprocalRankFusion } from './fusion';
import type { Generation } from './generation';
import type { WordHit } from './lexical/word-index';
import type { Work } from './prepare';
import type { Scored } from './ranking';
import type { StoredPassage } from './store/segment';

/** A passage that was found, its score so far, and where that comes from. */
interface Found extends HitExplanation {
  readonly entry: Entry;
  readonly passage: StoredPassage;
  readonly score: number;
}

/** From an inner product of vectors to a relevance from 0 to 1; null where it is not known. */
export type Relevance = (dense: number) => number | null;

/** Gives the best documents of a query: candidates by vectors and words, fused, scored again by the reranker where that is asked for, grouped. */
export async function retrieve(
  request: SearchRequest,
  generation: Generation,
  { isComparable, relevanceOf }: { readonly isComparable: boolean; readonly relevanceOf: Relevance },
  work: Work,
): Promise<Hit[]> {
  const { query, k, rerank, mode } = request;
  const vector = mode !== 'lexical' && isComparable ? await work.host.embed(work.callId, 'query', [query]) : null;
  work.signal.throwIfAborted();
  const candidates = await candidatesOf(request, generation, vector);
  const found = rerank > 0 ? await reranked(query, candidates.slice(0, rerank), work) : candidates;
  const groups = new Map<Entry, Found[]>();
  for (const one of found) groups.set(one.entry, [...(groups.get(one.entry) ?? []), one]);
  return [...groups.values()].slice(0, k).map((passages) => hitOf(passages, relevanceOf, request.explain));
}

const fuse = {
  weighted: fuseHybrid,
  rrf: (dense: Ranking, lexical: Ranking) => reciprocalRankFusion([dense, lexical]),
};

/** The best passages, of `k` documents at least if there are so many. Without a vector the words alone are searched. */
async function candidatesOf(
  { query, k, filter, mode, fusion, rerank }: SearchRequest,
  { collection, words }: Generation,
  vector: Float32Array<ArrayBuffer> | null,
): Promise<Found[]> {
  for (let count = Math.max(4 * k, rerank, HYBRID_CANDIDATES); ; count *= 4) {
    const allowed = filter ? collection.rowsOf(filter) : undefined;
    const lexical = mode === 'dense' && vector ? null : await words.search(query, count, allowed);
    // Scanned last: from here on nothing waits, so that no row can change its meaning.
    const dense =
      vector && collection.vectors.search(vector, count, allowed)[0]!.map(({ row: id, score }) => ({ id, score }));
    const fused = dense && lexical ? fuse[fusion](dense, lexical) : (dense ?? lexical)!;
    const places = { dense: placesOf(dense), lexical: placesOf<WordHit>(lexical) };
    const found = fused.map(({ id, score }): Found => {
      const [byVector, byWords] = [places.dense.get(id), places.lexical.get(id)];
      return {
        ...collection.at(id),
        score,
        // Also of a passage that only the words have found: its relevance hangs on it.
        dense: byVector?.hit.score ?? (vector && collection.vectors.score(vector, id)),
        lexical: byWords?.hit.score ?? null,
        rerank: null,
        denseRank: byVector?.place ?? null,
        lexicalRank: byWords?.place ?? null,
        terms: byWords?.hit.terms ?? [],
      };
    });
    const isAll = [dense, lexical].every((ranking) => (ranking?.length ?? 0) < count);
    if (isAll || new Set(found.map(({ entry }) => entry)).size >= k) return found;
  }
}

function placesOf<T extends Scored>(
  ranking: readonly T[] | null,
): Map<number, { readonly hit: T; readonly place: number }> {
  return new Map(ranking?.map((hit, i) => [hit.id, { hit, place: i + 1 }]));
}

/** In the reranker's order. */
async function reranked(query: string, found: readonly Found[], { callId, host, signal }: Work): Promise<Found[]> {
  if (found.length === 0) return [];
  const texts = found.map(({ entry, passage }) => fullTextOf(entry, passage));
  const logits = await host.rerank(callId, query, texts);
  signal.throwIfAborted();
  return found.map((one, i) => ({ ...one, score: logits[i]!, rerank: logits[i]! })).sort((a, b) => b.score - a.score);
}

function hitOf(passages: readonly Found[], relevanceOf: Relevance, explain: boolean): Hit {
  const best = passages[0]!;
  const { text: _, ...document } = best.entry.document;
  const { dense, lexical, rerank, denseRank, lexicalRank, terms } = best;
  const matches = passages.map(matchOf);
  const { text, start, end } = matches[0]!;
  return {
    id: best.entry.document.id,
    score: best.score,
    relevance: rerank !== null ? 1 / (1 + Math.exp(-rerank)) : dense === null ? null : relevanceOf(dense),
    passage: { text, start, end },
    document: document as Hit['document'],
    matches,
    ...(explain && { explanation: { dense, lexical, rerank, denseRank, lexicalRank, terms } }),
  };
}

function matchOf({ entry, passage, score }: Found): Match {
  return { text: textOf(entry, passage), start: passage.start, end: passage.end, score };
}
