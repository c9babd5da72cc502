import { BgeError } from '../src/shared/errors';
import type { ModelFile } from '../src/shared/models';
import type { LoadEvent } from '../src/shared/protocol';
import { type FileId, lockName, type StoredFile } from '../src/shared/storage';
import { derivedFrom, keep, recall } from './model-store/derived';
import { canDigest, sha256 } from './model-store/digest';
import { download } from './model-store/download';
import { exclusively } from './model-store/lock';
import { Mismatch, type PartialFile, TooLarge } from './model-store/partial-file';
import { Progress } from './model-store/progress';
import {
  fromStore,
  type Job,
  keepChunks,
  LARGEST_FILE,
  newPart,
  reasonOf,
  type Shared,
} from './model-store/stored-chunks';

export interface StoreOptions {
  /** Opens what keeps files from one visit to the next; null keeps them in memory only. */
  readonly openCache: (() => Promise<FileCache>) | null;
  onEvent(event: LoadEvent): void;
  readonly signal?: AbortSignal;
}

export interface FileRequest {
  readonly url: string;
  readonly model: string;
  readonly revision: string;
  readonly file: ModelFile;
}

/** Keeps the records of files and their chunks, for one reading: opened for it, closed after it. What it has stored, it gives back whole or not at all. */
export interface FileCache {
  file(id: FileId): Promise<StoredFile | null>;
  chunk(id: FileId, n: number): Promise<ArrayBuffer | undefined>;
  /** Stores the record and a chunk of it. */
  put(record: StoredFile, chunk: { readonly n: number; readonly data: ArrayBuffer }): Promise<void>;
  /** Stores the finished record; other contents that were stored for the same path go. */
  finish(record: StoredFile): Promise<void>;
  /** Notes that the file was wanted. */
  used(id: FileId): Promise<void>;
  remove(id: FileId): Promise<void>;
  close(): void;
}

export interface ModelStore {
  /**
   * The whole, verified bytes of each file, from the cache or the server; one progress total over all of them.
   * Rejects with the signal's reason, or with `ModelFileNotFoundError`, `DownloadError` or `IntegrityError` of the first
   * file that fails; the others then stop, and what they stored is kept. `ModelTooLargeError` as soon as a file is known
   * to have more than 2 GB (it is then not downloaded), or if there is no memory for it. `onFile` gets each as soon as it is there.
   */
  read(
    files: readonly FileRequest[],
    onFile?: (n: number, bytes: Uint8Array<ArrayBuffer>) => void,
  ): Promise<Uint8Array<ArrayBuffer>[]>;
  /** True if all of them are whole in the store, so that `read` would need no server. */
  holds(files: readonly FileRequest[]): Promise<boolean>;
  /** What `keep` was given for the files, as they are stored now; null where that is nothing, or was damaged. Never rejects. */
  recall(files: readonly FileRequest[], name: string): Promise<Uint8Array<ArrayBuffer> | null>;
  /** Stores what was made of stored files, so that it need not be made again; not where there is no room for it. Never rejects. */
  keep(files: readonly FileRequest[], name: string, made: Uint8Array<ArrayBuffer>): Promise<void>;
}

export function openModelStore({ openCache, onEvent, signal }: StoreOptions): ModelStore {
  const warned = new Set<string>();
  return {
    async holds(files) {
      const cache = await openCache?.().catch(() => null);
      if (!cache) return false;
      try {
        const records = await Promise.all(files.map((request) => cache.file(identify(request))));
        return records.every((record) => record?.complete);
      } catch {
        return false;
      } finally {
        cache.close();
      }
    },

    async read(files, onFile) {
      signal?.throwIfAborted();
      const stop = new AbortController();
      const emit = (event: LoadEvent) => stop.signal.aborted || onEvent(event);
      const progress = new Progress(emit);
      const shared: Shared = {
        cache: null,
        signal: stop.signal,
        progress,
        emit,
        warn(warning, message) {
          if (!warned.has(warning)) emit({ phase: 'warning', warning, message });
          warned.add(warning);
        },
      };
      const abort = () => stop.abort(signal?.reason);
      signal?.addEventListener('abort', abort, { once: true });
      const aborted = new Promise<never>((_, reject) => {
        stop.signal.addEventListener('abort', () => reject(stop.signal.reason), { once: true });
      });
      const work = readAll(files, openCache, shared, stop, onFile);
      try {
        return await Promise.race([work, aborted]);
      } finally {
        signal?.removeEventListener('abort', abort);
        progress.stop();
      }
    },

    async recall(files, name) {
      const ended = signal ?? new AbortController().signal;
      const recalled = await withDerived(files, name, (derived) => recall(derived, files[0]!, onEvent, ended));
      return recalled ?? null;
    },

    async keep(files, name, made) {
      await withDerived(files, name, (derived) => keep(derived, made));
    },
  };

  async function withDerived<T>(
    files: readonly FileRequest[],
    name: string,
    use: (derived: NonNullable<Awaited<ReturnType<typeof derivedFrom>>>) => Promise<T>,
  ): Promise<T | undefined> {
    const cache = await openCache?.().catch(() => null);
    if (!cache) return undefined;
    try {
      const derived = await derivedFrom(cache, files.map(identify), name);
      return derived ? await use(derived) : undefined;
    } catch {
      return undefined;
    } finally {
      cache.close();
    }
  }
}

async function readAll(
  files: readonly FileRequest[],
  openCache: StoreOptions['openCache'],
  shared: Shared,
  stop: AbortController,
  onFile: Parameters<ModelStore['read']>[1],
) {
  const { progress } = shared;
  if (openCache) shared.cache = await orNone(openCache, shared);
  shared.signal.throwIfAborted();
  if (!canDigest()) {
    shared.warn('unverified', 'This page is not a secure context (https): the model is checked by its size only.');
  }
  const jobs = files.map((request): Job => ({ ...shared, ...request, id: identify(request) }));
  for (const job of jobs) progress.expect(job, job.file.bytes ?? 0);
  const results = new Map<Job, Promise<Uint8Array<ArrayBuffer>>>();
  for (const job of [...jobs].sort((a, b) => (a.file.bytes ?? 0) - (b.file.bytes ?? 0))) {
    const result = readOne(job).catch((error) => {
      throw error instanceof TooLarge ? tooLarge(job, error) : error;
    });
    // One file is of no use without the others.
    result.then(
      (bytes) => onFile?.(jobs.indexOf(job), bytes),
      (error) => stop.abort(error),
    );
    results.set(job, result);
  }
  try {
    const all = await Promise.all(jobs.map((job) => results.get(job)!));
    progress.end();
    return all;
  } finally {
    await Promise.allSettled(results.values());
    shared.cache?.close();
  }
}

async function orNone(openCache: () => Promise<FileCache>, { warn }: Shared): Promise<FileCache | null> {
  try {
    return await openCache();
  } catch (error) {
    warn('no-store', `The model is kept in memory only, because there is no storage here: ${reasonOf(error)}`);
    return null;
  }
}

function identify({ model, revision, file, url }: FileRequest): FileId {
  return { model, revision, path: file.path, identity: file.sha256?.toLowerCase() ?? url };
}

/** From the store without a lock if the file is whole there, else from the server, one worker at a time. */
async function readOne(job: Job): Promise<Uint8Array<ArrayBuffer>> {
  if (!job.cache) return fetchFile(job, newPart(job));
  const stored = await fromStore(job, 'complete');
  if (stored?.verified) return stored.bytes;
  const onWait = () => job.emit({ phase: 'wait', file: job.file.path });
  return exclusively(lockName(job.id), job.signal, onWait, async () => {
    // Another tab may have finished it meanwhile.
    const part = await fromStore(job, 'any');
    return part?.verified ? part.bytes : fetchFile(job, part ?? newPart(job));
  });
}

function tooLarge({ file, url }: Job, { size, cause }: TooLarge): BgeError {
  const problem = cause
    ? 'for which there is no memory'
    : `more than the ${gigabytes(LARGEST_FILE)} that a file may have`;
  const message = `${file.path} has ${gigabytes(size)}, ${problem}`;
  return new BgeError('ModelTooLargeError', message, { cause, details: { url, bytes: size } });
}

function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(2)} GB`;
}

/** Downloads what is missing and checks the whole; a resumed file that is wrong gets one fresh start. */
async function fetchFile(job: Job, part: PartialFile): Promise<Uint8Array<ArrayBuffer>> {
  const { file, id, url } = job;
  for (;;) {
    const { resumed } = part;
    const wrong = await completeFile(job, part);
    if (!wrong) return part.bytes;
    await job.cache?.remove(id).catch(() => {});
    job.signal.throwIfAborted();
    if (!resumed) {
      const { problem, expected, actual } = wrong;
      const message = `${file.path}: what the server sent is not the expected file: ${problem} (${url})`;
      throw new BgeError('IntegrityError', message, { details: { url, expected, actual } });
    }
    part = newPart(job);
  }
}

interface Wrong {
  readonly problem: string;
  readonly expected?: string;
  readonly actual?: string;
}

/** Null if the file is now whole, right and, where there is a store, stored. */
async function completeFile(job: Job, part: PartialFile): Promise<Wrong | null> {
  const { file, signal, progress, url } = job;
  const keeper = keepChunks(job, part);
  try {
    await download(
      {
        url,
        file,
        signal,
        onBytes: () => progress.set(job, file.path, part.loaded, part.size, false),
        onChunk: keeper.keep,
        settled: keeper.settled,
      },
      part,
    );
  } catch (error) {
    if (error instanceof Mismatch) return { problem: error.message };
    throw error;
  }
  job.emit({ phase: 'verify', file: file.path });
  const actual = await sha256(part.bytes);
  signal.throwIfAborted();
  const expected = file.sha256?.toLowerCase() ?? part.sha256 ?? actual;
  if (actual && actual !== expected) {
    return { problem: `its SHA-256 is ${actual} instead of ${expected}`, expected, actual };
  }
  await keeper.finish(actual);
  return null;
}
