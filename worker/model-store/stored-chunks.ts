import type { LoadEvent } from '../../src/shared/protocol';
import { CHUNK_BYTES, type FileId, FORMAT, type StoredFile } from '../../src/shared/storage';
import type { FileCache, FileRequest } from '../model-store';
import { canDigest, sha256 } from './digest';
import { PartialFile } from './partial-file';
import type { Progress } from './progress';

/** Chromium (156) computes no SHA-256 of more, and no ONNX file is larger: there protobuf ends. */
export const LARGEST_FILE = 2 ** 31 - 1;

export interface Shared {
  /** Null if the files are kept in memory only. */
  cache: FileCache | null;
  readonly signal: AbortSignal;
  readonly progress: Progress;
  emit(event: LoadEvent): void;
  /** Each warning is given once. */
  warn(warning: 'quota' | 'no-store' | 'unverified', message: string): void;
}

/** One file that is wanted. */
export interface Job extends Shared, FileRequest {
  readonly id: FileId;
}

export const newPart = ({ file }: Pick<Job, 'file'>) => new PartialFile(file.bytes ?? null, LARGEST_FILE);

/** The chunks that are stored and undamaged; null where there are none of a complete file, or of any. */
export async function fromStore(
  job: Omit<Job, 'emit' | 'warn'>,
  wanted: 'complete' | 'any',
): Promise<PartialFile | null> {
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

/** Writes chunks to the store, one behind the network; after a failed write the file goes on in memory. */
export function keepChunks({ cache, id, url, warn }: Pick<Job, 'cache' | 'id' | 'url' | 'warn'>, part: PartialFile) {
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

export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message || error.name : 'no reason given';
}
