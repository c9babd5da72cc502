import { BgeError } from '../../src/shared/errors';
import type { FileRequest, ModelStore, StoreOptions } from '../model-store';
import { sha256 } from './digest';
import { Progress } from './progress';
import { LARGEST_FILE } from './stored-chunks';

/** Where files lie that need no download. */
export interface Place {
  /** What a message calls the file's place. */
  name(request: FileRequest): string;
  /** Null where there is none. */
  size(request: FileRequest): Promise<number | null>;
  contents(request: FileRequest): Promise<Uint8Array<ArrayBuffer>>;
}

/** Files that are read where they lie, and checked as downloads are. Nothing is stored. */
export function openPlace(place: Place, { onEvent, signal }: Omit<StoreOptions, 'openCache'>): ModelStore {
  const error = (
    name: 'ModelFileNotFoundError' | 'DownloadError',
    request: FileRequest,
    problem: string,
    cause?: unknown,
  ) =>
    new BgeError(name, `${request.file.path}: ${problem} (${place.name(request)})`, {
      cause,
      details: { url: request.url },
    });

  async function contentsOf(request: FileRequest): Promise<Uint8Array<ArrayBuffer>> {
    const { file, url } = request;
    try {
      const size = await place.size(request);
      if (size === null) throw error('ModelFileNotFoundError', request, 'there is no such file');
      if (size <= LARGEST_FILE) return await place.contents(request);
      const message = `${file.path} has ${(size / 1e9).toFixed(2)} GB, more than a file may have (${place.name(request)})`;
      throw new BgeError('ModelTooLargeError', message, { details: { url, bytes: size } });
    } catch (cause) {
      signal?.throwIfAborted();
      if (cause instanceof BgeError) throw cause;
      throw error('DownloadError', request, `it cannot be read: ${(cause as Error).message}`, cause);
    }
  }

  async function readOne(request: FileRequest, progress: Progress): Promise<Uint8Array<ArrayBuffer>> {
    const { file, url } = request;
    const bytes = await contentsOf(request);
    progress.set(request, file.path, bytes.length, bytes.length, true);
    const refuse = (problem: string, expected: string, actual: string) =>
      new BgeError('IntegrityError', `${file.path} is not the expected file: ${problem} (${place.name(request)})`, {
        details: { url, expected, actual },
      });
    if (file.bytes !== undefined && file.bytes !== bytes.length)
      throw refuse(`it has ${bytes.length} bytes instead of ${file.bytes}`, `${file.bytes}`, `${bytes.length}`);
    if (file.sha256) {
      onEvent({ phase: 'verify', file: file.path });
      const [expected, actual] = [file.sha256.toLowerCase(), await sha256(bytes)];
      if (actual && actual !== expected)
        throw refuse(`its SHA-256 is ${actual} instead of ${expected}`, expected, actual);
    }
    signal?.throwIfAborted();
    return bytes;
  }

  return {
    async holds(files) {
      const sizes = await Promise.all(files.map((request) => place.size(request).catch(() => null)));
      return sizes.every((size) => size !== null);
    },

    recall: async () => null,
    keep: async () => {},

    async read(files, onFile) {
      const progress = new Progress(onEvent);
      for (const request of files) progress.expect(request, request.file.bytes ?? 0);
      try {
        const all = await Promise.all(
          files.map(async (request, n) => {
            const bytes = await readOne(request, progress);
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
