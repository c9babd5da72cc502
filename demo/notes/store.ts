import { createStore, promisifyRequest } from 'idb-keyval';
import { freeId, type Note } from './note';

/** What stays of a deleted note until the index has forgotten it too. */
interface Deleted {
  readonly id: string;
  readonly text: null;
}

/** Where a change was made. */
export type Origin = 'here' | 'another tab';

const SLICE = 200;

/**
 * The notes, in IndexedDB and in memory: they are what must not be lost, the index can be made from them at any time.
 * Each tab hears of the changes that another makes.
 */
export class Notes {
  /** Hears which notes were changed or deleted. */
  onChange: (ids: readonly string[], origin: Origin) => void = () => {};
  readonly #notes = new Map<string, Note>();
  readonly #deleted = new Set<string>();
  readonly #database = createStore('bge-web-notes', 'notes');
  readonly #channel = new BroadcastChannel('bge-web-notes');

  /** Reads what is stored. What is written or taken in before that is done is stored as well. */
  async open(): Promise<void> {
    this.#channel.onmessage = ({ data }: MessageEvent<readonly string[]>) => this.#readAgain(data);
    const ids = await this.#database('readonly', (store) => promisifyRequest(store.getAllKeys()));
    await this.#read(ids as string[]);
  }

  get(id: string): Note | undefined {
    return this.#notes.get(id);
  }

  get size(): number {
    return this.#notes.size;
  }

  /** All ids, the note that was changed last first. */
  ids(): string[] {
    return [...this.#notes.values()].sort((a, b) => b.modified - a.modified).map(({ id }) => id);
  }

  /** Notes that the index may still have. */
  deletedIds(): string[] {
    return [...this.#deleted];
  }

  /** Stores what was written, and gives the note: one of another name if another tab has changed the one that it began as. */
  async write(id: string, text: string, before: string | undefined): Promise<Note> {
    let note: Note = { id, text, modified: Date.now(), edited: true };
    await this.#change(async (store) => {
      const stored = await recordOf(store, id);
      const isElsewhere = stored && stored.text !== null && stored.text !== before && stored.text !== text;
      if (isElsewhere) note = { ...note, id: await freeIn(store, id) };
      return [note];
    });
    return note;
  }

  /** Takes files in, and gives how many of them are new or newer than what was there. What was edited here is kept beside. */
  async take(files: readonly Note[]): Promise<number> {
    let taken = 0;
    await this.#change(async (store) => {
      const changed: Note[] = [];
      for (const file of files) {
        const record = await recordOf(store, file.id);
        const old = record?.text === null ? undefined : record;
        if (old && (old.text === file.text || old.modified >= file.modified)) continue;
        if (old?.edited) changed.push({ ...old, id: await freeIn(store, old.id) });
        changed.push(file);
        taken += 1;
      }
      return changed;
    });
    return taken;
  }

  async delete(ids: readonly string[]): Promise<void> {
    await this.#change(async () => ids.map((id) => ({ id, text: null })));
  }

  /** The index has forgotten these. */
  async forget(ids: readonly string[]): Promise<void> {
    await this.#database('readwrite', async (store) => {
      for (const id of ids) {
        if ((await recordOf(store, id))?.text === null) store.delete(id);
      }
      return promisifyRequest(store.transaction);
    });
    for (const id of ids) this.#deleted.delete(id);
  }

  async deleteAll(): Promise<void> {
    const ids = [...this.#notes.keys()];
    await this.#database('readwrite', (store) => {
      store.clear();
      return promisifyRequest(store.transaction);
    });
    this.#notes.clear();
    this.#deleted.clear();
    this.#tell(ids);
  }

  /** Stores what `step` gives; it is told when it is safely stored, and not before. */
  async #change(step: (store: IDBObjectStore) => Promise<readonly (Note | Deleted)[]>): Promise<void> {
    const records = await this.#database('readwrite', async (store) => {
      const changed = await step(store);
      for (const record of changed) store.put(record, record.id);
      if (changed.length > 0) await promisifyRequest(store.transaction);
      return changed;
    });
    for (const record of records) this.#keep(record.id, record);
    if (records.length > 0) this.#tell(records.map(({ id }) => id));
  }

  #tell(ids: readonly string[]): void {
    this.#channel.postMessage(ids);
    this.onChange(ids, 'here');
  }

  async #readAgain(ids: readonly string[]): Promise<void> {
    await this.#read(ids);
    this.onChange(ids, 'another tab');
  }

  /** In slices: the page must stay able to answer a key press. */
  async #read(ids: readonly string[]): Promise<void> {
    for (let from = 0; from < ids.length; from += SLICE) {
      const slice = ids.slice(from, from + SLICE);
      const records = await this.#database('readonly', (store) => Promise.all(slice.map((id) => recordOf(store, id))));
      for (const [i, id] of slice.entries()) this.#keep(id, records[i]);
    }
  }

  #keep(id: string, record: Note | Deleted | undefined): void {
    this.#notes.delete(id);
    this.#deleted.delete(id);
    if (record?.text === null) this.#deleted.add(id);
    else if (record) this.#notes.set(id, record);
  }
}

const recordOf = (store: IDBObjectStore, id: string) => promisifyRequest<Note | Deleted | undefined>(store.get(id));

const freeIn = (store: IDBObjectStore, id: string) =>
  freeId(id, async (next) => (await recordOf(store, next)) !== undefined);
