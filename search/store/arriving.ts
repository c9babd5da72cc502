import { BgeError, isBgeError } from '../../src/shared/errors';
import type { IndexEvent } from '../../src/shared/search';
import { download } from '../../worker/model-store/download';
import { Mismatch, PartialFile } from '../../worker/model-store/partial-file';
import { Progress } from '../../worker/model-store/progress';
import { corruptIndex } from './corrupt';
import { CUT, checkHead, endOfHead, HEADER, manifestOf } from './file';
import { type Manifest, MemoryStore, type Slot } from './store';

/** Another file was put in its place while it was downloaded. */
export class FileChanged extends Error {}

interface Head {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly manifest: Manifest;
  /** Bytes of the whole file. */
  readonly size: number;
  /** Resolves when it was compared with its SHA-256. */
  readonly checked: Promise<void>;
}

/**
 * A file of an index that comes from a server, as a store: what is asked for is given as soon as it has arrived, so that it is read while the rest
 * comes in. A transfer that breaks goes on where it stopped (Range, If-Range), three times.
 * Reading rejects with CorruptIndexError, DownloadError, FileChanged, or the reason of `signal`.
 */
export class ArrivingStore extends MemoryStore {
  readonly #part = new PartialFile(null);
  readonly #progress: Progress;
  #head: Head | null = null;
  /** The first segment that is not there yet, and where it begins. */
  #next = { segment: 0, at: 0 };
  #waiting: (() => void)[] = [];
  /** How it has ended: the error, or null. */
  #end: { readonly error: unknown } | undefined;

  constructor(url: string, signal: AbortSignal, onEvent: (event: IndexEvent) => void) {
    super();
    this.#progress = new Progress((event) => {
      if (event.phase === 'download') onEvent({ phase: 'download', loaded: event.loaded, total: event.total });
    });
    this.#download(url, signal).then(
      () => this.#finish(null),
      (error) => this.#finish(error),
    );
  }

  override async manifest(slot: Slot): Promise<Manifest | null> {
    if (slot === 'current') {
      await this.#until(() => this.#head !== null);
      await this.#head?.checked;
    }
    return super.manifest(slot);
  }

  override async segment(id: string): Promise<Uint8Array<ArrayBuffer> | null> {
    const place = this.#head?.manifest.segments.findIndex((reference) => reference.id === id) ?? -1;
    await this.#until(() => place < this.#next.segment);
    return super.segment(id);
  }

  /** Resolves when all of the file is there. */
  async whole(): Promise<void> {
    await this.#until(() => false);
  }

  async #download(url: string, signal: AbortSignal): Promise<void> {
    const nothing = async () => {};
    const job = { url, file: { path: 'The index' }, signal, cache: 'default' } as const;
    try {
      await download({ ...job, onBytes: () => this.#arrived(), onChunk: nothing, settled: nothing }, this.#part);
    } catch (error) {
      signal.throwIfAborted();
      throw toIndexError(error, url);
    }
    if (!this.#head) endOfHead(this.#part.bytes); // says what it is in place of an index
    if (!this.#head || this.#next.segment < this.#head.manifest.segments.length) throw corruptIndex(CUT);
  }

  /** Takes what is whole of what is there. */
  #arrived(): void {
    const header = this.#part.slice(0, Math.min(HEADER, this.#part.size ?? HEADER));
    if (!header) return;
    const start = endOfHead(header);
    if (this.#head && header.some((byte, i) => byte !== this.#head!.bytes[i])) throw new FileChanged();
    this.#head ??= this.#readHead(start);
    if (!this.#head) return;
    // From now on an end that comes too early is known to be one; a server that begins anew has it forgotten.
    if (this.#part.size === null) this.#part.setSize(this.#head.size);
    const { segments } = this.#head.manifest;
    for (let { segment, at } = this.#next; segment < segments.length; segment++) {
      const { id, bytes } = segments[segment]!;
      const data = this.#part.slice(at, at + bytes);
      if (!data) break;
      this.putSegment(id, data);
      at += bytes;
      this.#next = { segment: segment + 1, at };
    }
    this.#progress.set(this, '', this.#part.loaded, this.#part.size, false);
    this.#wake();
  }

  /** Null while it is not there. */
  #readHead(start: number): Head | null {
    const bytes = this.#part.slice(0, start);
    if (!bytes) return null;
    const manifest = manifestOf(bytes);
    this.putManifest('current', manifest);
    this.#next = { segment: 0, at: start };
    const size = manifest.segments.reduce((sum, segment) => sum + segment.bytes, start);
    const checked = checkHead(bytes);
    checked.catch(() => {}); // told to whoever reads the manifest
    return { bytes, manifest, size, checked };
  }

  #finish(error: unknown): void {
    this.#end = { error };
    if (error) this.#progress.stop();
    else this.#progress.end();
    this.#wake();
  }

  /** Resolves when it is so, or at the end; rejects where that is an error. */
  async #until(isSo: () => boolean): Promise<void> {
    while (!isSo() && !this.#end) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    if (this.#end?.error) throw this.#end.error;
  }

  #wake(): void {
    for (const wake of this.#waiting.splice(0)) wake();
  }
}

function toIndexError(error: unknown, url: string): unknown {
  if (error instanceof FileChanged || isBgeError(error, 'CorruptIndexError')) return error;
  if (error instanceof Mismatch) return corruptIndex(`${CUT} or too long: ${error.message}`);
  const { message, details } = error as BgeError;
  const said = isBgeError(error) ? message : `The index could not be downloaded: ${message} (${url})`;
  return new BgeError('DownloadError', said, { cause: error, details: { ...details, url } });
}
