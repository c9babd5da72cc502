import type { Collection, Entry } from './collection';
import { maximalMarginalRelevance, minMax } from './fusion';
import type { StoredPassage } from './store/segment';

/** Documents to choose from, for each one that is wanted. */
export const VARIETY = 4;

interface Found {
  readonly row: number;
  readonly entry: Entry;
  readonly passage: StoredPassage;
  readonly score: number;
}

/**
 * Gives the passages of `k` documents that differ from each other, out of the best 4 × k, in the order in which maximal marginal relevance with
 * λ = 1 − diversity takes them. A document is its best passage: the score, scaled to 0 … 1, and the stored vector. `found` is in order, the best first.
 */
export function varied<T extends Found>(
  found: readonly T[],
  collection: Collection,
  { k, diversity }: { readonly k: number; readonly diversity: number },
): T[] {
  const best = new Map<Entry, T>();
  for (const one of found) if (!best.has(one.entry)) best.set(one.entry, one);
  const pool = [...best.values()].slice(0, VARIETY * k);
  const ranking = pool.map(({ score }, id) => ({ id, score }));
  const scaled = minMax(ranking);
  const similarity = cosines(collection.floatsOf(pool.map(({ row }) => row)), collection.vectors.dim);
  const candidates = ranking.map(({ id, score }) => ({ id, score: scaled(score) }));
  const taken = maximalMarginalRelevance(candidates, similarity, { k, lambda: 1 - diversity });
  const places = new Map(taken.map(({ id }, place) => [pool[id]!.entry, place]));
  return found.filter(({ entry }) => places.has(entry)).sort((a, b) => places.get(a.entry)! - places.get(b.entry)!);
}

/** Cosines of rows of the vectors; 0 where one is all zeros. */
function cosines(vectors: Float32Array, dim: number): (a: number, b: number) => number {
  const product = (a: number, b: number) => {
    let sum = 0;
    for (let d = 0; d < dim; d++) sum += vectors[a * dim + d]! * vectors[b * dim + d]!;
    return sum;
  };
  const norms = Array.from({ length: vectors.length / dim }, (_, row) => Math.sqrt(product(row, row)) || 1);
  return (a, b) => product(a, b) / (norms[a]! * norms[b]!);
}
