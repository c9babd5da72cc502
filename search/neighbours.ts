import type { Cluster, Filter, Hit, MapPoint, OwnedPassage } from '../src/shared/search';
import { cluster } from './clusters/k-means';
import { clusterTerms } from './clusters/labels';
import { type Collection, type Entry, textOf } from './collection';
import { Groups } from './duplicates';
import { hitsOf } from './hits';
import { mapOf } from './map/map';
import { Pauses } from './pauses';
import { closePairs } from './vectors/pairs';
import type { Call } from './writer';

// What an index says of its documents without a query and without the model.

/** Passages of a document that stand for all of it where there are more. */
const MOST_QUERIES = 64;

/** The documents that have the passages most like one of this document's; itself not. */
export function similar(
  collection: Collection,
  entry: Entry,
  { k, filter }: { readonly k: number; readonly filter: Filter | null },
): Hit[] {
  if (entry.passages.length === 0) return [];
  const { vectors } = collection;
  const allowed = filter ? collection.rowsOf(filter) : undefined;
  const step = Math.ceil(entry.passages.length / MOST_QUERIES);
  const queries = collection.floatsOf(rowsOf([entry]).filter((_, i) => i % step === 0));
  for (let count = 4 * k + entry.passages.length; ; count *= 4) {
    const best = new Map<number, number>();
    for (const { row, score } of vectors.search(queries, count, allowed).flat())
      best.set(row, Math.max(score, best.get(row) ?? Number.NEGATIVE_INFINITY));
    const found = Array.from(best, ([row, score]) => ({ ...collection.at(row), score, relevance: null }))
      .filter((one) => one.entry !== entry)
      .sort((a, b) => b.score - a.score);
    const hits = hitsOf(found, k);
    if (hits.length === k || count >= vectors.size) return hits;
  }
}

/** Groups of passages of which each is as like another of its group as `threshold` says. */
export async function duplicates(
  collection: Collection,
  threshold: number,
  { signal, onEvent }: Pick<Call, 'signal' | 'onEvent'>,
): Promise<OwnedPassage[][]> {
  signal.throwIfAborted();
  const { vectors } = collection;
  const rows = rowsOf([...collection.documents.values()]).sort((a, b) => a - b);
  const groups = new Groups(rows.length);
  let query = { of: -1, vector: new Float32Array() };
  const onPair = (a: number, b: number) => {
    if (groups.areOne(a, b)) return;
    if (query.of !== a) query = { of: a, vector: collection.floatsOf([rows[a]!]) };
    if (vectors.score(query.vector, rows[b]!) >= threshold) groups.join(a, b);
  };
  const floats = (from: number, to: number) => collection.floatsOf(rows.slice(from, to));
  const onPart = (part: number) => onEvent({ phase: 'duplicates', part });
  await closePairs({ count: rows.length, dim: vectors.dim, floats }, threshold, onPair, new Pauses(signal), onPart);
  onPart(1);
  return groups.list().map((group) =>
    group.map((i) => {
      const { entry, passage } = collection.at(rows[i]!);
      return { id: entry.document.id, text: textOf(entry, passage), start: passage.start, end: passage.end };
    }),
  );
}

/** Divides the documents into `k` by the means of their passages' vectors; those without passages are in none. */
export async function clusters(
  collection: Collection,
  { k, seed }: { readonly k: number; readonly seed: number },
  signal: AbortSignal,
): Promise<Cluster[]> {
  const { entries, means } = await meansOf(collection, new Pauses(signal));
  const { labels } = await cluster(means, collection.vectors.dim, { k, seed, signal });
  const texts = entries.map((entry) => entry.passages.map((passage) => textOf(entry, passage)).join('\n'));
  const terms = clusterTerms(texts, labels, { k });
  return terms.map((words, c) => ({
    terms: words,
    ids: entries.filter((_, i) => labels[i] === c).map(({ document }) => document.id),
  }));
}

/** Gives each document a place in the plane, by the mean of its passages' vectors; those without passages have none. */
export async function map(
  collection: Collection,
  options: { readonly neighbours: number; readonly seed: number },
  { signal, onEvent }: Pick<Call, 'signal' | 'onEvent'>,
): Promise<MapPoint[]> {
  const onPart = (part: number) => onEvent({ phase: 'map', part });
  onPart(0);
  const { entries, means } = await meansOf(collection, new Pauses(signal));
  const places = await mapOf(means, collection.vectors.dim, { ...options, onPart, signal });
  return entries.map(({ document }, i) => ({ id: document.id, x: places[2 * i]!, y: places[2 * i + 1]! }));
}

/** The documents that have passages, and the mean of the vectors of each, of length 1. */
async function meansOf(collection: Collection, pauses: Pauses) {
  const { dim } = collection.vectors;
  const entries = [...collection.documents.values()].filter(({ passages }) => passages.length > 0);
  const means = new Float32Array(entries.length * dim);
  for (const [i, entry] of entries.entries()) {
    if (pauses.isDue) await pauses.pause();
    const mean = means.subarray(i * dim, (i + 1) * dim);
    for (const [at, value] of collection.floatsOf(rowsOf([entry])).entries()) mean[at % dim]! += value;
    const norm = Math.sqrt(mean.reduce((sum, value) => sum + value * value, 0)) || 1;
    for (let d = 0; d < dim; d++) mean[d]! /= norm;
  }
  return { entries, means };
}

const rowsOf = (entries: readonly Entry[]) =>
  entries.flatMap(({ first, passages }) => passages.map((_, i) => first + i));
