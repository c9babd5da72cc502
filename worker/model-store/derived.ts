import { CHUNK_BYTES, type FileId } from '../../src/shared/storage';
import type { FileCache, FileRequest } from '../model-store';
import { sha256 } from './digest';
import { PartialFile } from './partial-file';
import { Progress } from './progress';
import { fromStore, keepChunks } from './stored-chunks';

// What was made of files is stored beside them as one more file of their model. It is theirs as long as their contents are the same.

interface Derived {
  readonly cache: FileCache;
  readonly id: FileId;
}

/** Null where one of the files is not whole in the store, or the browser could not compute its hash. */
export async function derivedFrom(cache: FileCache, sources: readonly FileId[], name: string): Promise<Derived | null> {
  const records = await Promise.all(sources.map((source) => cache.file(source)));
  if (!records.every((record) => record?.complete && record.sha256)) return null;
  const { model, revision, path } = sources[0]!;
  const identity = records.map((record) => record!.sha256).join();
  return { cache, id: { model, revision, path: `${path}:${name}`, identity } };
}

/** Null where it is not whole, or a chunk of it is damaged. */
export async function recall(
  { cache, id }: Derived,
  { url, file, model, revision }: FileRequest,
  onEvent: ConstructorParameters<typeof Progress>[0],
  signal: AbortSignal,
): Promise<Uint8Array<ArrayBuffer> | null> {
  const progress = new Progress(onEvent);
  const of = { url, model, revision, file: { path: file.path } };
  const part = await fromStore({ ...of, cache, id, progress, signal }, 'complete');
  progress.end();
  return part?.verified ? part.bytes : null;
}

export async function keep({ cache, id }: Derived, made: Uint8Array<ArrayBuffer>): Promise<void> {
  const part = PartialFile.of(made);
  const keeper = keepChunks({ cache, id, url: '', warn() {} }, part);
  for (let n = 0; n * CHUNK_BYTES < made.length; n++) await keeper.keep(n);
  await keeper.settled();
  await keeper.finish(await sha256(made));
}
