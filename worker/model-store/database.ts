import { createStore, promisifyRequest, type UseStore } from 'idb-keyval';
import {
  chunkKey,
  DATABASE,
  type FileId,
  FORMAT,
  fileKey,
  keysUnder,
  STORE,
  type StoredFile,
} from '../../src/shared/storage';
import type { FileCache } from '../model-store';

/** An open can wait for ever behind another tab's unfinished deletion. */
const OPEN_MS = 5_000;

/** `usedAt` is for choosing what to delete: a day is exact enough, and most loads then write nothing. */
const USED_MS = 24 * 60 * 60 * 1000;

/** The models in IndexedDB, for one reading: opened for it, closed after it. */
export class Database implements FileCache {
  #use: UseStore = createStore(DATABASE, STORE);

  /** Rejects where IndexedDB is missing, refuses (private mode) or does not answer. */
  static async open(): Promise<Database> {
    const database = new Database();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error('IndexedDB does not answer')), OPEN_MS);
    });
    try {
      await Promise.race([database.#run('readonly', async () => {}), late]);
      return database;
    } finally {
      clearTimeout(timer);
    }
  }

  async file(id: FileId): Promise<StoredFile | null> {
    const record = await this.#run<StoredFile | undefined>('readonly', (store) =>
      promisifyRequest(store.get(fileKey(id))),
    );
    return record?.format === FORMAT ? record : null;
  }

  chunk(id: FileId, n: number): Promise<ArrayBuffer | undefined> {
    return this.#run('readonly', (store) => promisifyRequest(store.get(chunkKey(id, n))));
  }

  /** The record and a chunk of it, both or none. */
  put(record: StoredFile, chunk?: { readonly n: number; readonly data: ArrayBuffer }): Promise<void> {
    return this.#run('readwrite', (store) => {
      if (chunk) store.put(chunk.data, chunkKey(record, chunk.n));
      store.put(record, fileKey(record));
      return promisifyRequest(store.transaction);
    });
  }

  /** The finished record; other contents that were stored for the same path go. */
  finish(record: StoredFile): Promise<void> {
    return this.#run('readwrite', async (store) => {
      const { model, revision, path, identity } = record;
      store.put(record, fileKey(record));
      const files = IDBKeyRange.bound(...keysUnder('file', model, revision, path));
      for (const other of (await promisifyRequest(store.getAll(files))) as StoredFile[]) {
        if (other.identity !== identity) remove(store, other);
      }
      // A file that shrank leaves chunks behind.
      const [, last] = keysUnder('chunk', model, revision, path, identity);
      store.delete(IDBKeyRange.bound(chunkKey(record, record.digests.length), last));
      return promisifyRequest(store.transaction);
    });
  }

  used(id: FileId): Promise<void> {
    return this.#run('readwrite', async (store) => {
      const record = (await promisifyRequest(store.get(fileKey(id)))) as StoredFile | undefined;
      if (record && Date.now() - record.usedAt > USED_MS) store.put({ ...record, usedAt: Date.now() }, fileKey(id));
      return promisifyRequest(store.transaction);
    });
  }

  remove(id: FileId): Promise<void> {
    return this.#run('readwrite', (store) => {
      remove(store, id);
      return promisifyRequest(store.transaction);
    });
  }

  close(): void {
    this.#run('readonly', async (store) => store.transaction.db.close()).catch(() => {});
  }

  async #run<T>(mode: IDBTransactionMode, step: (store: IDBObjectStore) => Promise<T>): Promise<T> {
    const watched = (store: IDBObjectStore) => {
      const { db } = store.transaction;
      // idb-keyval (6.3) has no such handler: an open connection would block a deletion of the database for ever.
      db.onversionchange = () => db.close();
      return step(store);
    };
    try {
      return await this.#use(mode, watched);
    } catch (error) {
      // idb-keyval remembers a connection that was closed under it.
      if ((error as DOMException | null)?.name !== 'InvalidStateError') throw error;
      this.#use = createStore(DATABASE, STORE);
      return await this.#use(mode, watched);
    }
  }
}

function remove(store: IDBObjectStore, id: FileId): void {
  store.delete(fileKey(id));
  store.delete(IDBKeyRange.bound(...keysUnder('chunk', id.model, id.revision, id.path, id.identity)));
}
