import { promisifyRequest } from 'idb-keyval';
import { checkString } from '../inputs.js';
import { INDEX_DATABASE, INDEX_STORE, indexChannel, indexKeys } from '../shared/search-storage.js';
import { transact } from '../transact.js';

/** An index in this browser's storage. */
export interface StoredIndex {
  readonly name: string;
  /** Names the embedding space of its vectors. */
  readonly space: string;
  readonly dim: number;
  readonly bytes: number;
}

interface StoredManifest {
  readonly space: string;
  readonly dim: number;
  readonly segments: readonly { readonly bytes: number }[];
}

const INDEXES = [INDEX_DATABASE, INDEX_STORE] as const;

/**
 * The indexes that this origin has stored, in the order of their names. Empty where the browser gives no storage.
 * Rejects with the browser's error if the storage is there and fails.
 */
export async function listIndexes(): Promise<StoredIndex[]> {
  const range = () => IDBKeyRange.bound(...indexKeys('manifest'));
  const step = async (store: IDBObjectStore) => {
    const [keys, manifests] = await Promise.all([
      promisifyRequest(store.getAllKeys(range())) as Promise<string[][]>,
      promisifyRequest<StoredManifest[]>(store.getAll(range())),
    ]);
    return keys.flatMap(([, name, slot], i) => (slot === 'current' ? [toStored(name!, manifests[i]!)] : []));
  };
  return transact(INDEXES, 'readonly', step, []);
}

/**
 * Deletes an index from this browser's storage; gives the number of bytes freed, 0 where nothing was stored. It is empty
 * then wherever it is open; a batch that is being written is waited for. Rejects with InvalidInputError, or with the browser's error if the storage is there and fails.
 */
export async function deleteIndex(name: string): Promise<number> {
  checkString('name', name);
  const step = async (store: IDBObjectStore) => {
    const manifests = IDBKeyRange.bound(...indexKeys('manifest', name));
    const stored: StoredManifest[] = await promisifyRequest(store.getAll(manifests));
    store.delete(manifests);
    store.delete(IDBKeyRange.bound(...indexKeys('segment', name)));
    await promisifyRequest(store.transaction);
    return stored.reduce((sum, manifest) => sum + toStored(name, manifest).bytes, 0);
  };
  const freed = await withoutWriters(name, () => transact(INDEXES, 'readwrite', step, 0));
  const channel = new BroadcastChannel(indexChannel(name));
  channel.postMessage(null);
  channel.close();
  return freed;
}

/** A writer that had begun would name segments that are gone. */
function withoutWriters<T>(name: string, work: () => Promise<T>): Promise<T> {
  const canLock = globalThis.navigator?.locks && globalThis.origin !== 'null'; // an opaque origin may not
  return canLock ? navigator.locks.request(indexChannel(name), work) : work();
}

function toStored(name: string, { space, dim, segments }: StoredManifest): StoredIndex {
  return { name, space, dim, bytes: segments.reduce((sum, { bytes }) => sum + bytes, 0) };
}
