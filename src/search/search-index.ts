import { checkInteger, checkPairs, checkPositive, checkString, checkStrings } from '../inputs.js';
import { toNpy } from '../npy.js';
import { BgeError, invalidInput, misfit } from '../shared/errors.js';
import type {
  AddReport,
  Calibration,
  Cluster,
  Hit,
  IndexDocument,
  IndexEvent,
  IndexStats,
  MapPoint,
  OwnedPassage,
  ThresholdGoal,
} from '../shared/search.js';
import type { IndexClient } from './index-client.js';
import { checkDocuments } from './inputs.js';
import { type SearchOptions, searchConfig } from './options.js';

export interface AddOptions {
  /** Hears how many documents are stored and how many passages are embedded, and of waiting for another tab. */
  onProgress?: (event: IndexEvent) => void;
  /** Ends the call: it rejects with the signal's reason at once; what is stored by then stays. */
  signal?: AbortSignal;
}

export interface DuplicatesOptions extends AddOptions {
  threshold?: number;
}

export interface MapOptions extends AddOptions {
  neighbours?: number;
  seed?: number;
}

/** Documents that can be searched by meaning and by words. Made by `createIndex`. Every call also rejects with WorkerDiedError, WorkerUnresponsiveError or DisposedError. */
export class SearchIndex {
  readonly #client: IndexClient;
  readonly #hasReranker: boolean;
  readonly #isReadOnly: boolean;

  /** @internal */
  constructor(client: IndexClient, { hasReranker, isReadOnly }: { hasReranker: boolean; isReadOnly: boolean }) {
    this.#client = client;
    this.#hasReranker = hasReranker;
    this.#isReadOnly = isReadOnly;
  }

  /**
   * Puts documents in; one with an id that is there takes its place, and of two with one id the last one counts. One that is
   * the same in every field costs nothing, and a passage that was there before keeps its vector. They are stored in batches of some seconds of
   * work: what is stored when the call fails or is aborted stays, and the rest can simply be added again.
   * Rejects with InvalidInputError (before anything is stored), StorageFullError, ReadOnlyIndexError, SpaceMismatchError, as the embedder does, or the reason of `signal`.
   */
  async add(documents: readonly IndexDocument[], { onProgress, signal }: AddOptions = {}): Promise<AddReport> {
    this.#checkWritable();
    const checked = checkDocuments(documents);
    return this.#client.call((api, callId) => api.add({ callId, documents: checked }), signal, onProgress);
  }

  /**
   * Gives the documents that match best, each once, by its best passage; fewer than `k` if there are no more.
   * Rejects with InvalidInputError (also for a filter's field that no document has), SpaceMismatchError, as the embedder and the reranker do, or the reason of `signal`.
   */
  async search(query: string, options: SearchOptions = {}): Promise<Hit[]> {
    if (checkString('query', query).trim() === '') throw invalidInput('query', 'a string that is not empty', query);
    const config = searchConfig(options, this.#hasReranker);
    return this.#client.call((api, callId) => api.search({ callId, query, ...config }), options.signal);
  }

  /** Takes documents out, and gives how many of them there were. Rejects with InvalidInputError, StorageFullError or ReadOnlyIndexError. */
  async remove(ids: readonly string[], options: { signal?: AbortSignal } = {}): Promise<number> {
    this.#checkWritable();
    const checked = [...new Set(checkStrings('ids', ids))];
    return this.#client.call((api, callId) => api.remove({ callId, ids: checked }), options.signal);
  }

  /** Gives the documents of these ids, as they were added; null for those that are not there. */
  async get(ids: readonly string[]): Promise<(IndexDocument | null)[]> {
    const checked = checkStrings('ids', ids);
    return this.#client.call((api, callId) => api.get({ callId, ids: checked }));
  }

  /**
   * Writes the index anew without what was removed and replaced, which gives its room back. `add` and `remove` do so when most of it is
   * such room, or when there are many small changes; by itself it is of use where the texts must be gone now. Rejects with StorageFullError or ReadOnlyIndexError.
   */
  async compact(options: { signal?: AbortSignal } = {}): Promise<void> {
    this.#checkWritable();
    return this.#client.call((api, callId) => api.compact({ callId }), options.signal);
  }

  /**
   * Gives the documents most like one that is in the index, itself not: `score` is the highest inner product of a passage of each. Needs no model.
   * Rejects with InvalidInputError, also for an id that is not there.
   */
  async similar(id: string, options: Pick<SearchOptions, 'k' | 'filter' | 'signal'> = {}): Promise<Hit[]> {
    const { k, filter } = searchConfig(options, false);
    const request = { id: checkString('id', id), k, filter };
    const hits = await this.#client.call((api, callId) => api.similar({ callId, ...request }), options.signal);
    if (!hits) throw misfit('id', 'of a document in the index', `\`${id}\``);
    return hits;
  }

  /**
   * Gives groups of near-duplicate passages: each has an inner product of `threshold` (−1 to 1, default 0.95) or more with another of its group.
   * Compares all passages with each other, most of them by a third of their dimensions: see docs/search.md for how long that takes. `onProgress` hears
   * how much is done. Rejects with InvalidInputError or the reason of `signal`.
   */
  async duplicates({ threshold = 0.95, onProgress, signal }: DuplicatesOptions = {}): Promise<OwnedPassage[][]> {
    if (!Number.isFinite(threshold)) throw invalidInput('threshold', 'a finite number', threshold);
    return this.#client.call((api, callId) => api.duplicates({ callId, threshold }), signal, onProgress);
  }

  /**
   * Divides the documents into `k` clusters by meaning (spherical k-means over the means of their passages), each with the words that
   * tell it from the others. The same `seed` (default 0) gives the same clusters. Documents without text are in none.
   * Costs documents × k × dim multiplications a round, some ten rounds. Rejects with InvalidInputError, also for a `k` above the number of documents, or the reason of `signal`.
   */
  async clusters({ k, seed = 0, signal }: { k: number; seed?: number; signal?: AbortSignal }): Promise<Cluster[]> {
    checkPositive('k', k);
    checkInteger('seed', seed, 0, 2 ** 32 - 1);
    return this.#client.call((api, callId) => api.clusters({ callId, k, seed }), signal);
  }

  /**
   * Gives each document a place in the plane, 0 to 1 on the longer side: what is near in meaning is near on the map, far distances say little.
   * UMAP (McInnes, Healy and Melville 2018) of the means of their passages. `neighbours` (2 to 200, default 15): how many documents each one is held near, itself
   * included; fewer show small groups, more the whole. The same `seed` (default 0) gives the same map in one browser. Documents without text are not on it.
   * Costs a scan for each document and up to 500 rounds: see docs/search.md. Rejects with InvalidInputError or the reason of `signal`.
   */
  async map(options: MapOptions = {}): Promise<MapPoint[]> {
    const { neighbours = 15, seed = 0, onProgress, signal } = options;
    checkInteger('neighbours', neighbours, 2, 200);
    checkInteger('seed', seed, 0, 2 ** 32 - 1);
    return this.#client.call((api, callId) => api.map({ callId, neighbours, seed }), signal, onProgress);
  }

  /**
   * Fits what scores mean in this index, and keeps that with it: `relevance` is by it from then on. Random pairs of its passages are the noise;
   * with pairs of a query and a passage that answers it (`relevant`, 30 at least) the distance of the two kinds is measured too, else that of the model is taken.
   * Without it, `relevance` is by what was measured for the model on technical questions and answers. Costs some 2000 inner products.
   * Rejects with InvalidInputError for fewer than 9 passages, or for relevant pairs that score no higher than noise; StorageFullError.
   */
  async calibrate({
    relevant = [],
    signal,
  }: {
    relevant?: readonly (readonly string[])[];
    signal?: AbortSignal;
  } = {}): Promise<Calibration> {
    const pairs = checkPairs(relevant);
    return this.#client.call((api, callId) => api.calibrate({ callId, relevant: pairs }), signal);
  }

  /**
   * Gives the lowest inner product of a query and a passage (`explanation.dense`, with `explain`) that keeps what is asked: at most this part of unrelated
   * passages above it, or this part of what lies above it relevant. By the calibration, so as exact as that. Rejects with InvalidInputError, also
   * before `calibrate` where the model was not measured.
   */
  async threshold(goal: ThresholdGoal): Promise<number> {
    if (typeof goal !== 'object' || goal === null)
      throw invalidInput('goal', 'an object of falsePositiveRate, or of precision and prevalence', goal);
    return this.#client.call((api, callId) => api.threshold({ callId, goal: { ...goal } }));
  }

  /** How much there is of what. */
  async stats(): Promise<IndexStats> {
    return this.#client.call((api, callId) => api.stats({ callId }));
  }

  /** Resolves when an index that `onSpaceChange: 'rebuild'` builds anew is done, at once otherwise; rejects if that has failed. The next opening goes on with it. */
  async rebuilt(options: { signal?: AbortSignal } = {}): Promise<void> {
    return this.#client.call((api, callId) => api.rebuilt({ callId }), options.signal);
  }

  /** Gives the whole index as one file, for `import`, or for a server from which `createIndex({ url })` opens it. */
  async export(options: { signal?: AbortSignal } = {}): Promise<Blob> {
    return new Blob(await this.#client.call((api, callId) => api.exportFile({ callId }), options.signal));
  }

  /** Takes what a file of `export` has, in place of all that there is. Rejects with InvalidInputError, CorruptIndexError, SpaceMismatchError, StorageFullError or ReadOnlyIndexError, and then has changed nothing. */
  async import(file: Blob, options: { signal?: AbortSignal } = {}): Promise<void> {
    this.#checkWritable();
    if (!(file instanceof Blob)) throw invalidInput('file', 'a Blob, as of export()', file);
    const bytes = new Uint8Array(await file.arrayBuffer());
    return this.#client.call((api, callId) => api.importFile({ callId, file: bytes }), options.signal);
  }

  /**
   * Gives the vectors for other tools (FAISS, Qdrant, Milvus, pgvector): a .npy file of passages × dim float16 values (float32
   * for `vectors: 'float32'`), and a line of JSON for each of its rows: `id`, `start`, `end`, `text`, and the document's fields.
   */
  async exportVectors(): Promise<{ npy: Uint8Array<ArrayBuffer>; jsonl: string }> {
    const { data, rows, dim, lines } = await this.#client.call((api, callId) => api.exportVectors({ callId }));
    return { npy: toNpy({ data, shape: [rows, dim] }), jsonl: lines };
  }

  /** Ends the worker and frees its memory; what is stored stays, see `deleteIndex`. Pending and later calls reject with DisposedError. */
  dispose(): void {
    this.#client.abandon(new BgeError('DisposedError', 'The index was disposed'));
  }

  #checkWritable(): void {
    if (!this.#isReadOnly) return;
    throw new BgeError('ReadOnlyIndexError', 'An index that was opened from a URL cannot be changed');
  }
}
