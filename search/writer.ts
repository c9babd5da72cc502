import type { IndexConfig, IndexDocument, IndexEvent, SearchHost } from '../src/shared/search';
import type { Generation } from './generation';
import { passagesOf } from './passages';
import { isSame, prepare, type Work } from './prepare';
import type { StoredDocument } from './store/segment';
import type { Store } from './store/store';
import { wordsOf } from './words';

/** Passages of one change: some seconds of work, which is all that a crash can lose. */
const BATCH = 128;

/** Characters of documents that are cut into passages at a time. */
const GROUP = 2 ** 17;

/** What an index stands on. */
export interface Surroundings {
  readonly store: Store;
  readonly host: SearchHost;
  /** Runs the work when nobody else writes to the index, in any tab. */
  exclusively<T>(signal: AbortSignal, onWait: () => void, work: () => Promise<T>): Promise<T>;
  /** Tells the other tabs that there is something new. */
  announce(): void;
  /** Hears what happens outside of any call. */
  onEvent(event: IndexEvent): void;
}

/** A running call. */
export interface Call {
  readonly id: number;
  readonly signal: AbortSignal;
  onEvent(event: IndexEvent): void;
}

/** Changes a generation, a batch at a time, and never while someone else does. */
export class Writer {
  readonly #config: IndexConfig;
  readonly #around: Surroundings;
  readonly #current: () => Generation;
  #isSwept = false;
  /** Readings and writings, one after the other. */
  #turn: Promise<unknown> = Promise.resolve();

  /** @param current gives the generation that answers now */
  constructor(config: IndexConfig, around: Surroundings, current: () => Generation) {
    this.#config = config;
    this.#around = around;
    this.#current = current;
  }

  /** Runs what writes, alone in all tabs, and after reading what they have written. */
  alone<T>(call: Call, work: () => Promise<T>): Promise<T> {
    const onWait = () => call.onEvent({ phase: 'wait' });
    return this.inTurn(() =>
      this.#around.exclusively(call.signal, onWait, async () => {
        call.signal.throwIfAborted();
        await this.#current().refresh();
        await this.#sweepOnce();
        return work();
      }),
    );
  }

  inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(work);
    this.#turn = turn.catch(() => {});
    return turn;
  }

  /** Documents from `from` on that are not there as they are, with their passages: as many as make a batch. `end` is the place of the first one that is left. */
  async takeBatch(documents: readonly IndexDocument[], from: number, { collection }: Generation, call: Call) {
    const batch: StoredDocument[] = [];
    let end = from;
    for (let passages = 0; end < documents.length && passages < BATCH; ) {
      const group: IndexDocument[] = [];
      for (let characters = 0; end < documents.length && group.length < BATCH && characters < GROUP; end++) {
        const document = documents[end]!;
        const before = collection.documents.get(document.id);
        if (before && isSame(before.document, document)) continue;
        group.push(document);
        characters += document.text.length;
      }
      const cut = await passagesOf(group, this.#config, this.workOf(call));
      batch.push(...cut);
      passages += cut.reduce((sum, { passages }) => sum + passages.length, group.length);
    }
    return { batch, end };
  }

  /** Embeds what is new of a batch, and writes it. Gives how many passages went through the model; `onPassages` hears of them. */
  async write(
    batch: readonly StoredDocument[],
    to: Generation,
    call: Call,
    onPassages: (embedded: number) => void = () => {},
  ): Promise<number> {
    if (batch.length === 0) return 0;
    const { segment, embedded } = await prepare(batch, to.collection, this.workOf(call), onPassages);
    await to.write(segment);
    this.#around.announce();
    return embedded;
  }

  /** Gives how many of the documents there were. */
  async remove(ids: readonly string[], from: Generation, call: Call): Promise<number> {
    const removed = ids.filter((id) => from.collection.documents.has(id));
    if (removed.length === 0) return 0;
    const words = await wordsOf([], 0, call.signal);
    await from.write({ removed, documents: [], vectors: from.collection.vectorsOf([]), words });
    this.#around.announce();
    return removed.length;
  }

  workOf({ id, signal }: Call): Work {
    return { callId: id, host: this.#around.host, signal };
  }

  /** A tab that died while it wrote may have left segments that no manifest names. */
  async #sweepOnce(): Promise<void> {
    if (this.#isSwept) return;
    await this.#current().history.sweep();
    this.#isSwept = true;
  }
}
