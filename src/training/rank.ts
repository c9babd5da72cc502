import { type Embeddings, modelOf } from '../embeddings.js';
import { checkPositive, checkStrings } from '../inputs.js';
import type { SearchOptions } from '../search/index.js';
import { invalidInput, misfit } from '../shared/errors.js';
import type { ScoredId } from './evaluate.js';
import { ExactSearch } from './exact-search.js';

/** What ranking needs of an index; that of `createIndex` has it. */
export interface RankingIndex {
  search(query: string, options: SearchOptions): Promise<readonly ScoredId[]>;
}

/** Vectors, and whose they are: row `i` belongs to `ids[i]`. */
export interface IdentifiedEmbeddings {
  /** Each once. */
  readonly ids: readonly string[];
  readonly embeddings: Embeddings;
}

export interface RankOptions {
  /** How many documents for each query at most, an integer above 0: the largest `k` that is measured. Default 100. */
  k?: number;
  /** Hears after each query, or after some of them, how many are done. */
  onProgress?: (event: RankEvent) => void;
  /** Ends the ranking with the signal's reason. */
  signal?: AbortSignal;
}

/** How an index is searched, as for its `search`. Without `diversity`, which orders hits by more than their score. */
export type IndexRankOptions = RankOptions & Pick<SearchOptions, 'mode' | 'fusion' | 'filter' | 'rerank'>;

export interface RankEvent {
  /** Queries. */
  readonly done: number;
  readonly total: number;
}

/** For each query's id what was found, the best first: `Rankings` for `evaluate`. */
export type FoundRankings = Record<string, readonly ScoredId[]>;

/**
 * Searches an index for each query, and gives what was found. `queries` has the texts by their ids. One search after another: each takes a pass of the
 * model for its query, but where `mode` is 'lexical'. Rejects with InvalidInputError, as `search` of the index does, or the reason of `signal`.
 */
export function rank(
  index: RankingIndex,
  queries: Readonly<Record<string, string>>,
  options?: IndexRankOptions,
): Promise<FoundRankings>;
/**
 * Compares each query's vector with all of the corpus, and gives the best by inner product, exact in float32; of equal scores the earlier one. Costs queries × corpus × dim
 * multiplications on the calling thread, where other work gets its turn every 8 ms or so.
 * Rejects with InvalidInputError (an id twice, sizes that do not fit, vectors of two models, numbers that are not finite), or the reason of `signal`.
 */
export function rank(
  corpus: IdentifiedEmbeddings,
  queries: IdentifiedEmbeddings,
  options?: RankOptions,
): Promise<FoundRankings>;
export async function rank(
  source: RankingIndex | IdentifiedEmbeddings,
  queries: Readonly<Record<string, string>> | IdentifiedEmbeddings,
  options: IndexRankOptions = {},
): Promise<FoundRankings> {
  if (typeof options !== 'object' || options === null) throw invalidInput('options', 'an object', options);
  const { k = 100 } = options;
  checkPositive('k', k);
  options.signal?.throwIfAborted();
  if (isIndex(source)) return rankByIndex(source, checkQueries(queries), { ...options, k });
  const corpus = checkIdentified('corpus', source, 'an index, or an object of ids and embeddings');
  const asked = checkIdentified('queries', queries, 'as the corpus, an object of ids and embeddings');
  checkSameModel(corpus.embeddings, asked.embeddings);
  return rankByVectors(corpus, asked, { ...options, k });
}

async function rankByIndex(
  index: RankingIndex,
  queries: readonly (readonly [id: string, text: string])[],
  { onProgress, ...options }: IndexRankOptions,
): Promise<FoundRankings> {
  const found: [string, ScoredId[]][] = [];
  for (const [id, text] of queries) {
    options.signal?.throwIfAborted();
    const hits = await index.search(text, options);
    // No more of a hit than is measured: with their passages, hits of many queries would be megabytes.
    found.push([id, hits.map(({ id, score }) => ({ id, score }))]);
    onProgress?.({ done: found.length, total: queries.length });
  }
  return Object.fromEntries(found);
}

/** Queries of one step, so that progress is heard. */
const GROUP = 64;

async function rankByVectors(
  corpus: IdentifiedEmbeddings,
  queries: IdentifiedEmbeddings,
  { k, onProgress, signal }: RankOptions & { readonly k: number },
): Promise<FoundRankings> {
  const { data, dim } = corpus.embeddings;
  const search = await ExactSearch.over(data, dim, signal);
  const total = queries.ids.length;
  const found: [string, ScoredId[]][] = [];
  while (found.length < total) {
    const from = found.length;
    const group = queries.embeddings.data.subarray(from * dim, (from + GROUP) * dim);
    for (const rows of await search.search(group, k))
      found.push([queries.ids[found.length]!, rows.map(({ row, score }) => ({ id: corpus.ids[row]!, score }))]);
    onProgress?.({ done: found.length, total });
  }
  signal?.throwIfAborted();
  return Object.fromEntries(found);
}

function isIndex(source: RankingIndex | IdentifiedEmbeddings): source is RankingIndex {
  return typeof (source as RankingIndex)?.search === 'function';
}

function checkQueries(queries: Readonly<Record<string, string>> | IdentifiedEmbeddings): [string, string][] {
  if (typeof queries !== 'object' || queries === null || Array.isArray(queries))
    throw invalidInput('queries', 'an object of texts by the ids of queries', queries);
  const entries = Object.entries(queries as Readonly<Record<string, string>>);
  if (entries.length === 0) throw misfit('queries', 'one query at least', 'none');
  for (const [id, text] of entries)
    if (typeof text !== 'string' || text.trim() === '')
      throw invalidInput(`queries[${JSON.stringify(id)}]`, 'a string that is not empty', text);
  return entries;
}

function checkIdentified(
  what: string,
  value: IdentifiedEmbeddings | Readonly<Record<string, string>>,
  expected: string,
): IdentifiedEmbeddings {
  const { ids, embeddings } = (value ?? {}) as IdentifiedEmbeddings;
  if (!(embeddings?.data instanceof Float32Array)) throw invalidInput(what, expected, value);
  const copy = checkStrings(`${what}.ids`, ids);
  if (copy.length === 0) throw misfit(`${what}.ids`, 'one id at least', 'none');
  if (copy.length !== embeddings.rows) throw misfit(`${what}.ids`, `one id a row, ${embeddings.rows}`, copy.length);
  const seen = new Set<string>();
  for (const id of copy) {
    if (seen.has(id)) throw misfit(`${what}.ids`, 'without an id twice', `\`${id}\` twice`);
    seen.add(id);
  }
  const wrong = embeddings.data.findIndex((number) => !Number.isFinite(number));
  if (wrong >= 0) {
    const place = `[${Math.floor(wrong / embeddings.dim)}][${wrong % embeddings.dim}]`;
    throw invalidInput(`${what}.embeddings${place}`, 'a finite number', embeddings.data[wrong]);
  }
  return { ids: copy, embeddings };
}

function checkSameModel(corpus: Embeddings, queries: Embeddings): void {
  const [expected, found] = [corpus, queries].map((one) => `${modelOf(one)} with ${one.dim} dimensions`);
  if (found !== expected) throw misfit('queries', `embeddings of ${expected}`, found!);
}
