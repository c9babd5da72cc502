import type { Hit, HitExplanation, SearchRequest } from '../src/shared/search';
import { type Collection, type Entry, fullTextOf } from './collection';
import { fuseHybrid, HYBRID_CANDIDATES, type Ranking, reciprocalRankFusion } from './fusion';
import { hitsOf } from './hits';
import type { WordHit } from './lexical/word-index';
import type { Work } from './prepare';
import type { Scored } from './ranking';
import type { StoredPassage } from './store/segment';
import { VARIETY, varied } from './variety';

/** A passage that was found, its score so far, and where that comes from. */
interface Candidate extends HitExplanation {
  readonly row: number;
  readonly entry: Entry;
  readonly passage: StoredPassage;
  readonly score: number;
}

/** From an inner product of vectors to a relevance from 0 to 1; null where it is not known. */
export type Relevance = (dense: number) => number | null;

/** Gives the best documents of a query: candidates by vectors and words, fused, scored again by the reranker and varied where that is asked for, grouped. */
export async function retrieve(
  request: SearchRequest,
  collection: Collection,
  { isComparable, relevanceOf }: { readonly isComparable: boolean; readonly relevanceOf: Relevance },
  work: Work,
): Promise<Hit[]> {
  const { query, k, rerank, diversity, mode } = request;
  const vector = mode !== 'lexical' && isComparable ? await work.host.embed(work.callId, 'query', [query]) : null;
  work.signal.throwIfAborted();
  const candidates = candidatesOf(request, collection, vector);
  const scored = rerank > 0 ? await reranked(query, candidates.slice(0, rerank), work) : candidates;
  const found = diversity > 0 ? varied(scored, collection, { k, diversity }) : scored;
  const relevance = ({ dense, rerank }: HitExplanation) =>
    rerank !== null ? 1 / (1 + Math.exp(-rerank)) : dense === null ? null : relevanceOf(dense);
  return hitsOf(
    found.map(({ row: _, entry, passage, score, ...explanation }) => ({
      ...{ entry, passage, score },
      relevance: relevance(explanation),
      ...(request.explain && { explanation }),
    })),
    k,
  );
}

const fuse = {
  weighted: fuseHybrid,
  rrf: (dense: Ranking, lexical: Ranking) => reciprocalRankFusion([dense, lexical]),
};

/** The best passages, of as many documents as are wanted at least if there are so many. Without a vector the words alone are searched. */
function candidatesOf(
  { query, k, filter, mode, fusion, rerank, diversity }: SearchRequest,
  collection: Collection,
  vector: Float32Array<ArrayBuffer> | null,
): Candidate[] {
  const wanted = diversity > 0 ? VARIETY * k : k;
  for (let count = Math.max(4 * k, rerank, HYBRID_CANDIDATES); ; count *= 4) {
    const allowed = filter ? collection.rowsOf(filter) : undefined;
    const lexical = mode === 'dense' && vector ? null : collection.words.search(query, count, allowed);
    const dense =
      vector && collection.vectors.search(vector, count, allowed)[0]!.map(({ row: id, score }) => ({ id, score }));
    const fused = dense && lexical ? fuse[fusion](dense, lexical) : (dense ?? lexical)!;
    const places = { dense: placesOf(dense), lexical: placesOf<WordHit>(lexical) };
    const found = fused.map(({ id, score }): Candidate => {
      const [byVector, byWords] = [places.dense.get(id), places.lexical.get(id)];
      return {
        ...collection.at(id),
        ...{ row: id, score },
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
    if (isAll || new Set(found.map(({ entry }) => entry)).size >= wanted) return found;
  }
}

function placesOf<T extends Scored>(
  ranking: readonly T[] | null,
): Map<number, { readonly hit: T; readonly place: number }> {
  return new Map(ranking?.map((hit, i) => [hit.id, { hit, place: i + 1 }]));
}

/** In the reranker's order. */
async function reranked(
  query: string,
  found: readonly Candidate[],
  { callId, host, signal }: Work,
): Promise<Candidate[]> {
  if (found.length === 0) return [];
  const texts = found.map(({ entry, passage }) => fullTextOf(entry, passage));
  const logits = await host.rerank(callId, query, texts);
  signal.throwIfAborted();
  return found.map((one, i) => ({ ...one, score: logits[i]!, rerank: logits[i]! })).sort((a, b) => b.score - a.score);
}
