import { BgeError } from '../src/shared/errors';
import type { ModelFile } from '../src/shared/models';
import type { LoadEvent } from '../src/shared/protocol';
import { CHUNK_BYTES, type FileId, FORMAT, lockName, type StoredFile } from '../src/shared/storage';
import { canDigest, sha256 } from './model-store/digest';
import { download } from './model-store/download';
import { exclusively } from './model-store/lock';
import { Mismatch, PartialFile, TooLarge } from './model-store/partial-file';
import { Progress } from './model-store/progress';

/** Chromium (156) computes no SHA-256 of more, and no ONNX file is larger: there protobuf ends. */
export const LARGEST_FILE = 2 ** 31 - 1;

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
   * to have more than 2 GB (it is then not downloaded), or if there is no memory for it.
   */
  read(files: readonly FileRequest[]): Promise<Uint8Array<ArrayBuffer>[]>;
  /** True if all of them are whole in the store, so that `read` would need no server. */
  holds(files: readonly FileRequest[]): Promise<boolean>;
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

    async read(files) {
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
      const work = readAll(files, openCache, shared, stop);
      try {
        return await Promise.race([work, aborted]);
      } finally {
        signal?.removeEventListener('abort', abort);
        progress.stop();
      }
    },
  };
}

interface Shared {
  /** Null if the files are kept in memory only. */
  cache: FileCache | null;
  readonly signal: AbortSignal;
  readonly progress: Progress;
  emit(event: LoadEvent): void;
  /** Each warning is given once. */
  warn(warning: 'quota' | 'no-store' | 'unverified', message: string): void;
}

interface Job extends Shared, FileRequest {
  readonly id: FileId;
}

async function readAll(
  files: readonly FileRequest[],
  openCache: StoreOptions['openCache'],
  shared: Shared,
  stop: AbortController,
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
    result.catch((error) => stop.abort(error));
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

const newPart = ({ file }: Job) => new PartialFile(file.bytes ?? null, LARGEST_FILE);

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

/** Writes chunks to the store, one behind the network; after a failed write the file goes on in memory. */
function keepChunks({ cache, id, url, warn }: Job, part: PartialFile) {
  let last = Promise.resolve();
  let on = cache !== null;
  const record = (sha256: string | null): StoredFile => ({
    ...id,
    format: FORMAT,
    url,
    size: part.size,
    bytes: part.stored,
    sha256: sha256 ?? part.sha256,
    etag: part.etag,
    lastModified: part.lastModified,
    digests: Array.from(part.digests, (digest) => digest ?? null),
    complete: sha256 !== null,
    savedAt: Date.now(),
    usedAt: Date.now(),
  });
  const attempt = async (write: (cache: FileCache) => Promise<void>) => {
    if (!cache || !on) return;
    try {
      await write(cache);
    } catch (error) {
      on = false;
      part.digests = [];
      await cache.remove(id).catch(() => {});
      const full = (error as DOMException | null)?.name === 'QuotaExceededError';
      const reason = full ? 'the storage of this site is full' : `the storage failed: ${reasonOf(error)}`;
      warn('quota', `The model is kept in memory only, because ${reason}; the next visit downloads it again.`);
    }
  };
  return {
    async keep(n: number): Promise<void> {
      await last;
      if (!on) return;
      last = attempt(async (cache) => {
        const data = part.chunk(n);
        part.digests[n] = await sha256(data);
        await cache.put(record(null), { n, data });
      });
    },
    settled: () => last,
    finish: (sha256: string) => attempt((cache) => cache.finish(record(sha256))),
  };
}

/** The chunks that are stored and undamaged; null where there are none of a complete file, or of any. */
async function fromStore(job: Job, wanted: 'complete' | 'any'): Promise<PartialFile | null> {
  const { cache, id, file, progress, signal } = job;
  // A store that cannot be read is like an empty one: the download will find out whether it can be written.
  const record = await cache?.file(id).catch(() => null);
  if (!cache || !record || (wanted === 'complete' && !record.complete)) return null;
  if (file.bytes !== undefined && record.size !== null && record.size !== file.bytes) return null;
  const part = newPart(job);
  if (record.size !== null) part.setSize(record.size);
  part.etag = record.etag;
  part.lastModified = record.lastModified;
  part.sha256 = record.sha256 || null;
  const todo = record.digests.keys();
  const readChunks = async () => {
    for (const n of todo) {
      signal.throwIfAborted();
      const data = await cache.chunk(id, n).catch(() => undefined);
      const size = record.size === null ? CHUNK_BYTES : Math.min(CHUNK_BYTES, record.size - n * CHUNK_BYTES);
      const digest = record.digests[n] ?? null;
      if (data?.byteLength !== size || digest === null) continue;
      if (canDigest() && (await sha256(data)) !== digest) continue;
      part.write(n * CHUNK_BYTES, new Uint8Array(data));
      part.digests[n] = digest;
      part.resumed = true;
      progress.set(job, file.path, part.loaded, part.size, true);
    }
  };
  // Hashing is done by other threads; four chunks at a time keep them busy.
  await Promise.all([readChunks(), readChunks(), readChunks(), readChunks()]);
  part.verified = record.complete && !part.gap();
  if (part.verified) await cache.used(id).catch(() => {});
  return part;
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message || error.name : 'no reason given';
}
