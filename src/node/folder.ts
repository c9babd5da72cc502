import { access, readFile, stat } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { FileRequest, ModelStore, StoreOptions } from '../../worker/model-store';
import { sha256 } from '../../worker/model-store/digest';
import { Progress } from '../../worker/model-store/progress';
import { LARGEST_FILE } from '../../worker/model-store/stored-chunks';
import { BgeError } from '../shared/errors.js';

type Options = Pick<StoreOptions, 'onEvent'> & { readonly signal: AbortSignal };

/** Files of models in a folder of this machine: read where they lie, and checked as downloads are. */
export function openFolder({ onEvent, signal }: Options): ModelStore {
  return {
    async holds(files) {
      const there = files.map(({ url }) => access(fileURLToPath(url)));
      return (await Promise.allSettled(there)).every(({ status }) => status === 'fulfilled');
    },

    // Nothing is written to a folder that is read where it lies.
    recall: async () => null,
    keep: async () => {},

    async read(files, onFile) {
      const progress = new Progress(onEvent);
      for (const request of files) progress.expect(request, request.file.bytes ?? 0);
      try {
        const all = await Promise.all(
          files.map(async (request, n) => {
            const bytes = await readOne(request, progress, { onEvent, signal });
            onFile?.(n, bytes);
            return bytes;
          }),
        );
        progress.end();
        return all;
      } finally {
        progress.stop();
      }
    },
  };
}

async function readOne(
  request: FileRequest,
  progress: Progress,
  { onEvent, signal }: Options,
): Promise<Uint8Array<ArrayBuffer>> {
  const { file, url } = request;
  const path = fileURLToPath(url);
  const bytes = await contentsOf(path, request, signal);
  progress.set(request, file.path, bytes.length, bytes.length, true);
  const refuse = (problem: string, expected: string, actual: string) =>
    new BgeError('IntegrityError', `${file.path} is not the expected file: ${problem} (${path})`, {
      details: { url, expected, actual },
    });
  if (file.bytes !== undefined && file.bytes !== bytes.length)
    throw refuse(`it has ${bytes.length} bytes instead of ${file.bytes}`, `${file.bytes}`, `${bytes.length}`);
  if (file.sha256) {
    onEvent({ phase: 'verify', file: file.path });
    const [expected, actual] = [file.sha256.toLowerCase(), await sha256(bytes)];
    if (actual !== expected) throw refuse(`its SHA-256 is ${actual} instead of ${expected}`, expected, actual);
  }
  signal.throwIfAborted();
  return bytes;
}

async function contentsOf(
  path: string,
  { file, url }: FileRequest,
  signal: AbortSignal,
): Promise<Uint8Array<ArrayBuffer>> {
  try {
    const { size } = await stat(path);
    if (size > LARGEST_FILE) {
      const message = `${file.path} has ${(size / 1e9).toFixed(2)} GB, more than a file may have (${path})`;
      throw new BgeError('ModelTooLargeError', message, { details: { url, bytes: size } });
    }
    const { buffer, byteOffset, length } = await readFile(path, { signal });
    return new Uint8Array(buffer, byteOffset, length); // a Buffer's own `slice` does not copy
  } catch (cause) {
    signal.throwIfAborted();
    if (cause instanceof BgeError) throw cause;
    const { code, message } = cause as NodeJS.ErrnoException;
    const isMissing = code === 'ENOENT' || code === 'ENOTDIR';
    const [name, problem] = isMissing
      ? (['ModelFileNotFoundError', 'there is no such file'] as const)
      : (['DownloadError', `it cannot be read: ${message}`] as const);
    throw new BgeError(name, `${file.path}: ${problem} (${path})`, { cause, details: { url } });
  }
}
