import { promisifyRequest } from 'idb-keyval';
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
import { Connection } from './connection';

/** `usedAt` is for choosing what to delete: a day is exact enough, and most loads then write nothing. */
const USED_MS = 24 * 60 * 60 * 1000;

/** The models in IndexedDB, for one reading: opened for it, closed after it. */
export class Database implements FileCache {
  readonly #connection: Connection;

  private constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** Rejects where IndexedDB is missing, refuses (private mode) or does not answer. */
  static async open(): Promise<Database> {
    return new Database(await Connection.open(DATABASE, STORE));
  }

  async file(id: FileId): Promise<StoredFile | null> {
    const record = await this.#connection.run<StoredFile | undefined>('readonly', (store) =>
      promisifyRequest(store.get(fileKey(id))),
    );
    return record?.format === FORMAT ? record : null;
  }

  chunk(id: FileId, n: number): Promise<ArrayBuffer | undefined> {
    return this.#connection.run('readonly', (store) => promisifyRequest(store.get(chunkKey(id, n))));
  }

  /** The record and a chunk of it, both or none. */
  put(record: StoredFile, chunk?: { readonly n: number; readonly data: ArrayBuffer }): Promise<void> {
    return this.#connection.run('readwrite', (store) => {
      if (chunk) store.put(chunk.data, chunkKey(record, chunk.n));
      store.put(record, fileKey(record));
      return promisifyRequest(store.transaction);
    });
  }

  /** The finished record; other contents that were stored for the same path go. */
  finish(record: StoredFile): Promise<void> {
    return this.#connection.run('readwrite', async (store) => {
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
    return this.#connection.run('readwrite', async (store) => {
      const record = (await promisifyRequest(store.get(fileKey(id)))) as StoredFile | undefined;
      if (record && Date.now() - record.usedAt > USED_MS) store.put({ ...record, usedAt: Date.now() }, fileKey(id));
      return promisifyRequest(store.transaction);
    });
  }

  remove(id: FileId): Promise<void> {
    return this.#connection.run('readwrite', (store) => {
      remove(store, id);
      return promisifyRequest(store.transaction);
    });
  }

  close(): void {
    this.#connection.close();
  }
}

function remove(store: IDBObjectStore, id: FileId): void {
  store.delete(fileKey(id));
  store.delete(IDBKeyRange.bound(...keysUnder('chunk', id.model, id.revision, id.path, id.identity)));
}
