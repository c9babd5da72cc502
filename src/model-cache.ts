import { promisifyRequest } from 'idb-keyval';
import { DATABASE, keysUnder, STORE, type StoredFile } from './shared/storage.js';
import { transact } from './transact.js';

const MODELS = [DATABASE, STORE] as const;

/** A model in this browser's storage. */
export interface StoredModel {
  readonly model: string;
  readonly revision: string;
  /** Bytes stored, also of unfinished files. */
  readonly bytes: number;
  readonly files: number;
  /** False if a download was cut; the next load goes on from what is there. */
  readonly complete: boolean;
  /** When its last file was stored, in milliseconds since 1970. */
  readonly savedAt: number;
}

/**
 * The models that this origin has stored, one entry per model and revision, in the order of their names.
 * Empty where the browser gives no storage. Rejects with the browser's error if the storage is there and fails.
 */
export async function listModels(): Promise<StoredModel[]> {
  const models = new Map<string, StoredModel>();
  for (const { model, revision, bytes, complete, savedAt } of await transact(MODELS, 'readonly', storedFiles, [])) {
    const key = JSON.stringify([model, revision]);
    const before = models.get(key);
    models.set(key, {
      model,
      revision,
      bytes: bytes + (before?.bytes ?? 0),
      files: 1 + (before?.files ?? 0),
      complete: complete && (before?.complete ?? true),
      savedAt: Math.max(savedAt, before?.savedAt ?? 0),
    });
  }
  return [...models.values()];
}

/**
 * Deletes a model from this browser's storage, all of its revisions unless one is given; gives the number of bytes freed,
 * 0 where nothing was stored. A model that is loaded goes on working.
 * Rejects with the browser's error if the storage is there and fails.
 */
export async function deleteModel(model: string, revision?: string): Promise<number> {
  const prefix = revision === undefined ? [model] : [model, revision];
  return transact(
    MODELS,
    'readwrite',
    async (store) => {
      const files = await storedFiles(store, ...prefix);
      for (const kind of ['file', 'chunk'] as const) store.delete(IDBKeyRange.bound(...keysUnder(kind, ...prefix)));
      await promisifyRequest(store.transaction);
      return files.reduce((sum, { bytes }) => sum + bytes, 0);
    },
    0,
  );
}

/**
 * The bytes that this origin uses and may use, as the browser estimates them, and whether it promises to keep them.
 * Zeros and false where the browser does not tell. Never rejects.
 */
export async function storageEstimate(): Promise<{ usage: number; quota: number; persisted: boolean }> {
  const storage = globalThis.navigator?.storage;
  const estimate = await storage?.estimate?.().catch(() => undefined);
  const persisted = await storage?.persisted?.().catch(() => false);
  return { usage: estimate?.usage ?? 0, quota: estimate?.quota ?? 0, persisted: persisted ?? false };
}

/**
 * Asks the browser not to delete this origin's storage when space runs short; true if it agrees. Some browsers ask the user.
 * False where the browser cannot promise it. Never rejects.
 */
export async function persist(): Promise<boolean> {
  return (await globalThis.navigator?.storage?.persist?.().catch(() => false)) ?? false;
}

function storedFiles(store: IDBObjectStore, ...prefix: string[]): Promise<StoredFile[]> {
  return promisifyRequest(store.getAll(IDBKeyRange.bound(...keysUnder('file', ...prefix))));
}
