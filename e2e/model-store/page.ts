import * as cache from '../../src/model-cache';
import type { ReadOutcome, ReadRequest } from './worker';

/** Each read has a worker of its own, as after a reload. */
function read(request: ReadRequest): Promise<ReadOutcome> {
  const worker = new Worker('/worker.js', { type: 'module' });
  return new Promise<ReadOutcome>((resolve, reject) => {
    worker.onmessage = ({ data }) => resolve(data);
    worker.onerror = (event) => reject(new Error(event.message));
    worker.postMessage(request);
  }).finally(() => worker.terminate());
}

function settled<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

async function inStore<T>(step: (store: IDBObjectStore) => Promise<T>): Promise<T> {
  const opening = indexedDB.open('bge-web');
  opening.onupgradeneeded = () => opening.result.createObjectStore('models');
  const db = await settled(opening);
  try {
    return await step(db.transaction('models', 'readwrite').objectStore('models'));
  } finally {
    db.close();
  }
}

const chunks = async (store: IDBObjectStore) =>
  (await settled(store.getAllKeys())).filter((key) => (key as IDBValidKey[])[0] === 'chunk');

const harness = {
  ...cache,
  read,
  databases: async () => (await indexedDB.databases()).map(({ name }) => name),
  chunks: () => inStore(async (store) => (await chunks(store)).map((key) => (key as IDBValidKey[]).at(-1))),
  /** What happens to a chunk of the only stored file. */
  damage: (n: number, how: 'flip' | 'halve' | 'delete') =>
    inStore(async (store) => {
      const key = (await chunks(store))[n]!;
      const bytes = new Uint8Array(await settled(store.get(key)));
      bytes[1000]! ^= 1;
      if (how === 'delete') await settled(store.delete(key));
      else await settled(store.put(how === 'halve' ? bytes.buffer.slice(0, bytes.length / 2) : bytes.buffer, key));
    }),
  deleteDatabase: () => settled(indexedDB.deleteDatabase('bge-web')).then(() => true),
};

export type Harness = typeof harness;
Object.assign(globalThis, harness);
