import { BgeError, isBgeError, misfit } from '../src/shared/errors';
import type { TextPair } from '../src/shared/protocol';
import type {
  AddReport,
  Cluster,
  ExportedVectors,
  Filter,
  Hit,
  IndexConfig,
  IndexDocument,
  IndexStats,
  Lexical,
  MapPoint,
  OwnedPassage,
  SearchRequest,
} from '../src/shared/search';
import { type Calibration, relevanceOf, type ThresholdGoal, thresholdFor } from './calibration';
import { exportedVectors } from './export';
import { Generation } from './generation';
import { clusters, duplicates, map, similar } from './neighbours';
import { calibrationOf, fitCalibration } from './relevance';
import { retrieve } from './retrieval';
import { indexFileParts, readIndexFile } from './store/file';
import { isOfOneKind, storedManifest } from './store/history';
import type { Identity } from './store/store';
import { type Call, type Surroundings, Writer } from './writer';

/** An index from documents to hits. What is searched is in memory; what changes it is written first. */
export class SemanticIndex {
  readonly #config: IndexConfig;
  /** What its vectors and words are to be. */
  readonly #wanted: Identity;
  readonly #around: Surroundings;
  readonly #writer: Writer;
  #now: Generation;
  /** False once the storage was too full for a second copy. */
  #hasRoom = true;
  /** Settles when the documents have vectors of the embedder's space; null where they have. */
  #rebuilding: Promise<void> | null = null;

  private constructor(config: IndexConfig, wanted: Identity, around: Surroundings, now: Generation) {
    this.#config = config;
    this.#wanted = wanted;
    this.#around = around;
    this.#now = now;
    this.#writer = new Writer(config, around, () => this.#now);
  }

  /** Reads what is stored. Throws SpaceMismatchError, where that is of another space and not to be rebuilt, or CorruptIndexError. */
  static async open(config: IndexConfig, around: Surroundings): Promise<SemanticIndex> {
    const stored = await storedManifest(around.store, 'current');
    const wanted = { ...config, lexical: lexicalOf(config, stored) };
    if (stored && !isOfOneKind(stored, wanted) && config.onSpaceChange === 'error') throw otherKind(stored, wanted);
    const now = await Generation.open(around.store, 'current', stored ?? wanted, config.vectors);
    const index = new SemanticIndex(config, wanted, around, now);
    if (!isOfOneKind(now.identity, wanted)) index.#startRebuild();
    return index;
  }

  /** Resolves when the index is in the embedder's space; rejects if that has failed. The next opening tries again. */
  async rebuilt(): Promise<void> {
    await this.#rebuilding;
    this.#checkSpace();
  }

  /** Puts the documents in, batch by batch: those that are stored when it fails, or is cancelled, stay. */
  async add(documents: readonly IndexDocument[], call: Call): Promise<AddReport> {
    await this.rebuilt();
    const report = { added: 0, replaced: 0, unchanged: 0, passages: 0, embedded: 0 };
    const tell = (done: number, passages: number) =>
      call.onEvent({ phase: 'add', documents: done, totalDocuments: documents.length, passages });
    for (let done = 0; done < documents.length; ) {
      done = await this.#change(call, async () => {
        const { batch, end } = await this.#writer.takeBatch(documents, done, this.#now, call);
        const onPassages = (embedded: number) => tell(done, report.embedded + embedded);
        const replaced = batch.filter(({ document }) => this.#now.collection.documents.has(document.id)).length;
        report.embedded += await this.#writer.write(batch, this.#now, call, onPassages);
        report.unchanged += end - done - batch.length;
        report.replaced += replaced;
        report.added += batch.length - replaced;
        report.passages += batch.reduce((sum, { passages }) => sum + passages.length, 0);
        tell(end, report.embedded);
        return end;
      });
    }
    await this.#compactIfDue(call);
    return report;
  }

  /** Takes the documents out, and gives how many of them there were. */
  async remove(ids: readonly string[], call: Call): Promise<number> {
    await this.rebuilt();
    const removed = await this.#change(call, () => this.#writer.remove(ids, this.#now, call));
    await this.#compactIfDue(call);
    return removed;
  }

  /** Writes the index anew, without what was removed. */
  async compact(call: Call): Promise<void> {
    await this.rebuilt();
    await this.#change(call, async () => {
      await this.#now.compact();
      this.#around.announce();
    });
  }

  async search(request: SearchRequest, call: Call): Promise<Hit[]> {
    // Vectors of one model can be compared, whatever else the names of their spaces tell; those of two models cannot.
    const isComparable = modelOf(this.#now.space) === modelOf(this.#config.space);
    // The words alone answer while vectors are those of another model; but its weights are not ours either.
    if (!isComparable && (!this.#rebuilding || this.#now.identity.lexical === 'weights')) this.#checkSpace();
    const calibration = this.#calibration();
    const relevance = (dense: number) => calibration && relevanceOf(calibration, dense);
    return retrieve(request, this.#now.collection, { isComparable, relevanceOf: relevance }, this.#writer.workOf(call));
  }

  /** Documents like one that is there; null where it is not. */
  similar({
    id,
    ...options
  }: {
    readonly id: string;
    readonly k: number;
    readonly filter: Filter | null;
  }): Hit[] | null {
    const { collection } = this.#now;
    const entry = collection.documents.get(id);
    return entry ? similar(collection, entry, options) : null;
  }

  duplicates(threshold: number, call: Call): Promise<OwnedPassage[][]> {
    return duplicates(this.#now.collection, threshold, call);
  }

  clusters(options: { readonly k: number; readonly seed: number }, call: Call): Promise<Cluster[]> {
    return clusters(this.#now.collection, options, call.signal);
  }

  map(options: { readonly neighbours: number; readonly seed: number }, call: Call): Promise<MapPoint[]> {
    return map(this.#now.collection, options, call);
  }

  /** Fits what scores mean in this index, and keeps it. */
  async calibrate(relevant: readonly TextPair[], call: Call): Promise<Calibration> {
    await this.rebuilt();
    return this.#change(call, async () => {
      const { collection, history, space } = this.#now;
      const calibration = await fitCalibration(collection, space, relevant, this.#writer.workOf(call));
      await history.setExtra({ calibration });
      this.#around.announce();
      return calibration;
    });
  }

  /** The lowest inner product of query and passage that keeps what is asked. */
  threshold(goal: ThresholdGoal): number {
    const calibration = this.#calibration();
    if (!calibration) throw misfit('threshold()', 'called after calibrate()', `it before, for ${this.#now.space}`);
    return thresholdFor(calibration, goal);
  }

  get(ids: readonly string[]): (IndexDocument | null)[] {
    return ids.map((id) => this.#now.collection.documents.get(id)?.document ?? null);
  }

  stats(): IndexStats {
    const { collection, history, space } = this.#now;
    const { vectors, documents } = collection;
    return {
      documents: documents.size,
      passages: vectors.size,
      removed: vectors.rows - vectors.size,
      memory: vectors.bytes,
      stored: history.bytes,
      segments: history.manifest.segments.length,
      ...{ space, dim: vectors.dim, lexical: history.manifest.lexical, rebuilding: this.#rebuilding !== null },
    };
  }

  /** All of it as one file, as it is stored. */
  exportFile(call: Call): Promise<Uint8Array<ArrayBuffer>[]> {
    return this.#change(call, async () => {
      const { history } = this.#now;
      const segments: Uint8Array<ArrayBuffer>[] = [];
      for await (const bytes of history.stored()) segments.push(bytes);
      return indexFileParts({ manifest: history.manifest, segments });
    });
  }

  /** Takes what the file has, in place of all that there is. Throws CorruptIndexError or SpaceMismatchError, and then has changed nothing. */
  async importFile(file: Uint8Array<ArrayBuffer>, call: Call): Promise<void> {
    const read = await readIndexFile(file);
    if (!isOfOneKind(read.manifest, this.#wanted)) throw otherKind(read.manifest, this.#wanted);
    await this.rebuilt();
    await this.#change(call, async () => {
      await this.#now.adopt(read);
      this.#around.announce();
    });
  }

  exportVectors(): ExportedVectors {
    return exportedVectors(this.#now.collection);
  }

  /** Reads what other tabs have written. */
  changed(): Promise<void> {
    return this.#writer.inTurn(() => this.#now.refresh());
  }

  #calibration(): Calibration | null {
    return calibrationOf(this.#now.history.manifest.extra.calibration, this.#now.space);
  }

  /** Runs what writes; not on what another tab has meanwhile built for another embedder. */
  #change<T>(call: Call, work: () => Promise<T>): Promise<T> {
    return this.#writer.alone(call, () => {
      this.#checkSpace();
      return work();
    });
  }

  /** What was asked for is stored by now: where storage is short, it stays as it lies. */
  async #compactIfDue(call: Call): Promise<void> {
    if (!this.#hasRoom || !this.#now.isWorthCompacting || call.signal.aborted) return;
    await this.compact(call).catch((error) => {
      if (!isBgeError(error, 'StorageFullError')) throw error;
      this.#hasRoom = false;
    });
  }

  #startRebuild(): void {
    const rebuilding = this.#rebuild().finally(() => {
      this.#rebuilding = null;
    });
    rebuilding.catch(() => {}); // told to whoever waits for it
    this.#rebuilding = rebuilding;
  }

  /** Gives every document vectors of the embedder's space, in a generation beside this one, which then takes its place. What is there after a crash is not done twice. */
  async #rebuild(): Promise<void> {
    const wanted = this.#wanted;
    const { store, onEvent } = this.#around;
    const call: Call = { id: 0, signal: new AbortController().signal, onEvent };
    const next = await Generation.open(store, 'next', wanted, this.#config.vectors);
    for (let isDone = false; !isDone; ) {
      isDone = await this.#writer.alone(call, async () => {
        if (isOfOneKind(this.#now.identity, wanted)) return true; // another tab was faster
        await next.refresh();
        if (!isOfOneKind(next.identity, wanted)) await next.restart(wanted);
        const all = this.#now.collection.documents;
        const documents = Array.from(all.values(), ({ document }) => document);
        const gone = [...next.collection.documents.keys()].filter((id) => !all.has(id));
        await this.#writer.remove(gone, next, call);
        const { batch } = await this.#writer.takeBatch(documents, 0, next, call);
        await this.#writer.write(batch, next, call);
        onEvent({ phase: 'rebuild', documents: next.collection.documents.size, totalDocuments: all.size });
        if (batch.length > 0) return false;
        await next.promote();
        this.#now = next;
        this.#around.announce();
        return true;
      });
    }
  }

  /** Throws where another tab has built the index anew for another embedder, or building it has failed. */
  #checkSpace(): void {
    if (!isOfOneKind(this.#now.identity, this.#wanted)) throw otherKind(this.#now.identity, this.#wanted);
  }
}

/** How words are ranked: as is asked for; else as they were, if that can go on; else as the embedder can do it best. */
function lexicalOf({ lexical, space, hasWeights }: IndexConfig, stored: Identity | null): Lexical {
  return lexical ?? (stored?.space === space ? stored.lexical : hasWeights ? 'weights' : 'bm25');
}

function otherKind(stored: Identity, expected: Identity): BgeError {
  const message =
    stored.space === expected.space
      ? `The index ranks words by ${stored.lexical}, and ${expected.lexical} was asked for; open it with lexical: '${stored.lexical}', or with onSpaceChange: 'rebuild'`
      : `The index is of the embedding space ${stored.space}, the embedder gives vectors of ${expected.space}; open it by the embedder that made it, or with onSpaceChange: 'rebuild'`;
  const details =
    stored.space === expected.space
      ? { stored: stored.lexical, expected: expected.lexical }
      : { stored: stored.space, expected: expected.space };
  return new BgeError('SpaceMismatchError', message, { details });
}

function modelOf(space: string): string {
  return `${space.split('@')[0]}/${space.split('/').at(-1)}`;
}
