import { Collection } from './collection';
import { Pauses } from './pauses';
import type { IndexFile } from './store/file';
import { History } from './store/history';
import { decodeSegment, type Segment } from './store/segment';
import type { Identity, Slot, Store } from './store/store';
import type { VectorMode } from './vectors/formats';

const MANY_ROWS = 1000;
const MANY_SEGMENTS = 100;
/** On average. An `add` writes 128, so that after one of very many documents they are written anew once. */
const ROWS_OF_A_SEGMENT = 256;

/** A stored history, and in memory what it has come to: the documents, their vectors and their words. */
export class Generation {
  readonly #mode: VectorMode;
  #history: History;
  #collection: Collection;

  private constructor(history: History, mode: VectorMode, collection: Collection) {
    this.#history = history;
    this.#mode = mode;
    this.#collection = collection;
  }

  /** Reads what is stored. Throws CorruptIndexError. */
  static async open(store: Store, slot: Slot, identity: Identity, mode: VectorMode): Promise<Generation> {
    const collection = await Collection.open(identity.dim, mode, identity.lexical);
    const generation = new Generation(new History(store, slot, identity), mode, collection);
    await generation.refresh();
    return generation;
  }

  get history(): History {
    return this.#history;
  }

  get collection(): Collection {
    return this.#collection;
  }

  /** What the vectors and words that are there can be compared with. */
  get identity(): Identity {
    return this.#history.manifest;
  }

  /** Names the embedding space of the vectors that are there. */
  get space(): string {
    return this.#history.manifest.space;
  }

  /** Reads what others have written since. Where that is all of it anew, what was there answers until it is read. */
  async refresh(): Promise<void> {
    let collection = this.#collection;
    await this.#history.refresh({
      restart: async (identity) => {
        collection = await this.#emptyFor(identity);
      },
      apply: (segment) => collection.apply(segment),
    });
    this.#collection = collection;
  }

  /** Writes a change, then makes it. */
  async write(segment: Segment): Promise<void> {
    await this.#history.append(segment);
    this.#collection.apply(segment);
  }

  /**
   * True where most rows are those of removed documents, or many small segments make it slow to open. Writing all anew then takes some
   * milliseconds for each change since the last time.
   */
  get isWorthCompacting(): boolean {
    const { rows, size } = this.#collection.vectors;
    const isSparse = rows > MANY_ROWS && rows > 2 * size;
    return isSparse || this.#history.manifest.segments.length > MANY_SEGMENTS + rows / ROWS_OF_A_SEGMENT;
  }

  /** Writes all that there is anew, and forgets what was removed. */
  async compact(): Promise<void> {
    const compacted = await this.#emptyFor(this.identity);
    await this.#history.replace(applied(this.#collection.segments(), compacted));
    this.#collection = compacted;
    await this.#history.sweep();
  }

  /** Begins anew in another space. */
  async restart(identity: Identity): Promise<void> {
    const collection = await this.#emptyFor(identity);
    await this.#history.restart(identity);
    this.#collection = collection;
    await this.#history.sweep();
  }

  /** Takes what a file has, in place of all that there is: what cannot be read is not written. */
  async adopt({ manifest, segments }: IndexFile): Promise<void> {
    const collection = await this.#emptyFor(manifest);
    const pauses = new Pauses();
    for (const bytes of segments) {
      collection.apply(decodeSegment(bytes, manifest.dim));
      if (pauses.isDue) await pauses.pause();
    }
    await this.#history.adopt(manifest, (i) => segments[i]!);
    this.#collection = collection;
    await this.#history.sweep();
  }

  /** Takes the place of the current one. */
  async promote(): Promise<void> {
    this.#history = await this.#history.promote();
    await this.#history.sweep();
  }

  #emptyFor({ dim, lexical }: Identity): Promise<Collection> {
    return Collection.open(dim, this.#mode, lexical);
  }
}

/** The same segments, each of which the collection has when it is given. */
function* applied(segments: Iterable<Segment>, collection: Collection): Generator<Segment> {
  for (const segment of segments) {
    collection.apply(segment);
    yield segment;
  }
}
