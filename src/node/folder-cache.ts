import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { FileCache } from '../../worker/model-store';
import { type FileId, FORMAT, type StoredFile } from '../shared/storage.js';
import { UNFINISHED, writeWhole } from './whole-file.js';

const RECORD = 'record.json';

/** Nobody writes a chunk for so long: its process has died. */
const ABANDONED_MS = 60 * 60 * 1000;

/**
 * Downloads in a folder: `<org>/<name>/<revision>/<path>/<contents>/` with a record and the chunks `0`, `1`, …. Each of them is
 * written whole under another name first, so that neither a crash nor another process that does the same leaves a half one.
 */
export class FolderCache implements FileCache {
  readonly #root: string;

  private constructor(root: string) {
    this.#root = root;
  }

  /** Rejects where the folder cannot be made. */
  static async open(root: string): Promise<FolderCache> {
    await mkdir(root, { recursive: true });
    return new FolderCache(root);
  }

  async file(id: FileId): Promise<StoredFile | null> {
    const record = await ifThere(readFile(join(this.#folderOf(id), RECORD), 'utf8'));
    try {
      const parsed: StoredFile | null = JSON.parse(record ?? 'null');
      return parsed?.format === FORMAT ? parsed : null;
    } catch {
      return null; // not by us
    }
  }

  async chunk(id: FileId, n: number): Promise<ArrayBuffer | undefined> {
    const bytes = await ifThere(readFile(join(this.#folderOf(id), `${n}`)));
    return bytes && new Uint8Array(bytes).buffer;
  }

  async put(record: StoredFile, { n, data }: { readonly n: number; readonly data: ArrayBuffer }): Promise<void> {
    await writeWhole(join(this.#folderOf(record), `${n}`), new Uint8Array(data));
    await this.#putRecord(record);
  }

  async finish(record: StoredFile): Promise<void> {
    const folder = this.#folderOf(record);
    await this.#putRecord(record);
    for (const other of await readdir(dirname(folder)))
      if (join(dirname(folder), other) !== folder) await remove(join(dirname(folder), other));
    for (const name of await readdir(folder)) {
      const isBehind = Number(name) >= record.digests.length; // of a file that shrank
      if (isBehind || (await isAbandoned(join(folder, name)))) await remove(join(folder, name));
    }
  }

  /** The file system knows when a file was read. */
  async used(): Promise<void> {}

  remove(id: FileId): Promise<void> {
    return remove(this.#folderOf(id));
  }

  close(): void {}

  #putRecord(record: StoredFile): Promise<void> {
    return writeWhole(join(this.#folderOf(record), RECORD), JSON.stringify(record));
  }

  #folderOf({ model, revision, path, identity }: FileId): string {
    const contents = createHash('sha256').update(identity).digest('hex').slice(0, 16);
    return join(this.#root, ...[...model.split('/'), revision, ...path.split('/'), contents].map(asName));
  }
}

/** One name in a folder, whatever is in it: a branch may have slashes, and `..` is a name that others have. */
function asName(part: string): string {
  return encodeURIComponent(part).replace(/^\.+$/, (dots) => '%2E'.repeat(dots.length));
}

async function isAbandoned(file: string): Promise<boolean> {
  if (!file.endsWith(UNFINISHED)) return false;
  const written = await ifThere(stat(file));
  return written !== undefined && Date.now() - written.mtimeMs > ABANDONED_MS;
}

function remove(path: string): Promise<void> {
  return rm(path, { recursive: true, force: true });
}

async function ifThere<T>(reading: Promise<T>): Promise<T | undefined> {
  try {
    return await reading;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
