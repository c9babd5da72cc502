/**
 * How the models lie in the cache, in a browser IndexedDB: one record per file, and the file's bytes in chunks beside it.
 * Keys are arrays, so that everything of one model is one range of keys.
 */
export const DATABASE = 'bge-web';
export const STORE = 'models';

/** Rises when older records cannot be read any more; those are then downloaded again. */
export const FORMAT = 1;

/** Small enough that a cut download loses little, far below Chromium's 127 MiB for one value. */
export const CHUNK_BYTES = 8 * 2 ** 20;

export interface FileId {
  readonly model: string;
  readonly revision: string;
  readonly path: string;
  /** What tells two contents of the same path apart: the SHA-256 where it is known beforehand, else the URL. */
  readonly identity: string;
}

export interface StoredFile extends FileId {
  readonly format: number;
  readonly url: string;
  /** Null until the server has told it. */
  readonly size: number | null;
  /** How many bytes are stored. */
  readonly bytes: number;
  /** Once complete: of the whole file. Empty where the browser cannot compute it (insecure origin), null while it is unknown. */
  readonly sha256: string | null;
  readonly etag: string | null;
  readonly lastModified: string | null;
  /** SHA-256 of each chunk; null where a chunk is not stored, empty where the browser cannot compute it. */
  readonly digests: readonly (string | null)[];
  /** Whole and verified. */
  readonly complete: boolean;
  /** Milliseconds since 1970. */
  readonly savedAt: number;
  readonly usedAt: number;
}

export const fileKey = (id: FileId) => ['file', id.model, id.revision, id.path, id.identity];

export const chunkKey = (id: FileId, chunk: number) => ['chunk', id.model, id.revision, id.path, id.identity, chunk];

/** The lowest and highest key of everything under a prefix; an array sorts after every string and number. */
export const keysUnder = (kind: 'file' | 'chunk', ...prefix: string[]) =>
  [
    [kind, ...prefix],
    [kind, ...prefix, []],
  ] as const;

/** The name of the Web Lock that a download holds. */
export const lockName = (id: FileId) => `bge-web:${id.model}@${id.revision}/${id.path}#${id.identity}`;
