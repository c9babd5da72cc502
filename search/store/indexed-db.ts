import { promisifyRequest } from 'idb-keyval';
import { INDEX_DATABASE, INDEX_STORE, indexKeys, manifestKey, segmentKey } from '../../src/shared/search-storage';
import { Connection } from '../../worker/model-store/connection';
import type { Manifest, Slot, Store } from './store';

/** An index in IndexedDB. */
export class IndexedDbStore implements Store {
  readonly #connection: Connection;
  readonly #name: string;

  private constructor(connection: Connection, name: string) {
    this.#connection = connection;
    this.#name = name;
  }

  /** Rejects where IndexedDB is missing, refuses (private mode) or does not answer. */
  static async open(name: string): Promise<IndexedDbStore> {
    return new IndexedDbStore(await Connection.open(INDEX_DATABASE, INDEX_STORE), name);
  }

  async manifest(slot: Slot): Promise<Manifest | null> {
    return (await this.#get<Manifest>(manifestKey(this.#name, slot))) ?? null;
  }

  putManifest(slot: Slot, manifest: Manifest): Promise<void> {
    return this.#change((store) => store.put(manifest, manifestKey(this.#name, slot)));
  }

  promote(): Promise<void> {
    return this.#connection.run('readwrite', async (store) => {
      const next = manifestKey(this.#name, 'next');
      store.put(await promisifyRequest<Manifest>(store.get(next)), manifestKey(this.#name, 'current'));
      store.delete(next);
      return promisifyRequest(store.transaction);
    });
  }

  async segment(id: string): Promise<Uint8Array<ArrayBuffer> | null> {
    return (await this.#get<Uint8Array<ArrayBuffer>>(segmentKey(this.#name, id))) ?? null;
  }

  putSegment(id: string, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    return this.#change((store) => store.put(bytes, segmentKey(this.#name, id)));
  }

  async segmentIds(): Promise<string[]> {
    const keys = await this.#connection.run('readonly', (store) =>
      promisifyRequest(store.getAllKeys(IDBKeyRange.bound(...indexKeys('segment', this.#name)))),
    );
    return keys.map((key) => (key as string[])[2]!);
  }

  deleteSegments(ids: readonly string[]): Promise<void> {
    return this.#change((store) => {
      for (const id of ids) store.delete(segmentKey(this.#name, id));
    });
  }

  #get<T>(key: IDBValidKey): Promise<T | undefined> {
    return this.#connection.run('readonly', (store) => promisifyRequest(store.get(key)));
  }

  #change(step: (store: IDBObjectStore) => void): Promise<void> {
    return this.#connection.run('readwrite', (store) => {
      step(store);
      return promisifyRequest(store.transaction);
    });
  }
}
