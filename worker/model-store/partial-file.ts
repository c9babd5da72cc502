import { CHUNK_BYTES } from '../../src/shared/storage';

/** The bytes do not belong to the expected file: a longer wait or another attempt would not help. */
export class Mismatch extends Error {}

/** The file is larger than may be, or than memory holds: nothing of it needs to be read. */
export class TooLarge extends Error {
  constructor(
    readonly size: number,
    options?: ErrorOptions,
  ) {
    super(`it has ${size} bytes`, options);
  }
}

/** Bytes that are missing; `end` is exclusive, and null while the file's size is unknown. */
export interface Gap {
  readonly start: number;
  readonly end: number | null;
}

/** One file in memory while it becomes whole: chunks from the store and bytes from the server, in any order of gaps. */
export class PartialFile {
  etag: string | null = null;
  lastModified: string | null = null;
  /** Of the whole file, from the server or from the first time that it was whole. */
  sha256: string | null = null;
  /** Of each stored chunk, as in `StoredFile.digests`. */
  digests: (string | null)[] = [];
  /** True if some of the bytes come from an earlier load. */
  resumed = false;
  /** True if all of it comes from an earlier load, which verified it. */
  verified = false;
  readonly #knownSize: number | null;
  readonly #limit: number;
  #size: number | null;
  #bytes: Uint8Array<ArrayBuffer>;
  /** How many bytes of each chunk are there, counted from its start. */
  #filled: number[] = [];

  /** @param limit the most bytes that it may have, more throw TooLarge */
  constructor(knownSize: number | null, limit = Number.POSITIVE_INFINITY) {
    this.#knownSize = knownSize;
    this.#limit = limit;
    this.#size = knownSize;
    this.#bytes = new Uint8Array();
    this.#reserve(knownSize ?? 0);
  }

  /** A file that is whole; its bytes are not copied. */
  static of(bytes: Uint8Array<ArrayBuffer>): PartialFile {
    const part = new PartialFile(null);
    part.#bytes = bytes;
    part.setSize(bytes.length);
    for (let n = 0; n * CHUNK_BYTES < bytes.length; n++) part.#filled[n] = part.#chunkSize(n);
    return part;
  }

  /** Null while unknown. */
  get size(): number | null {
    return this.#size;
  }

  get loaded(): number {
    return this.#filled.reduce((sum, filled) => sum + filled, 0);
  }

  /** The bytes that a later load finds in the store. */
  get stored(): number {
    return this.digests.reduce((sum, digest, n) => sum + (digest == null ? 0 : this.#chunkSize(n)), 0);
  }

  /** The whole file; only once there is no gap. */
  get bytes(): Uint8Array<ArrayBuffer> {
    if (this.#bytes.length !== this.#size) this.#bytes = this.#bytes.slice(0, this.#size ?? 0);
    return this.#bytes;
  }

  /** A copy of a stretch; null while it is not all there. */
  slice(start: number, end: number): Uint8Array<ArrayBuffer> | null {
    for (let n = Math.floor(start / CHUNK_BYTES); n * CHUNK_BYTES < end; n++)
      if ((this.#filled[n] ?? 0) < Math.min(end - n * CHUNK_BYTES, CHUNK_BYTES)) return null;
    return this.#bytes.slice(start, end);
  }

  /** Forgets every byte, and everything that the server said about them. */
  reset(): void {
    this.#filled = [];
    this.#size = this.#knownSize;
    this.digests = [];
    this.etag = this.lastModified = this.sha256 = null;
    this.resumed = this.verified = false;
  }

  setSize(size: number): void {
    if (this.#size !== null && this.#size !== size) throw new Mismatch(`it has ${size} bytes instead of ${this.#size}`);
    this.#size = size;
    this.#reserve(size);
  }

  /** Saves copying while the bytes arrive; `size` may be wrong. */
  expect(size: number): void {
    if (this.#size === null) this.#reserve(size);
  }

  gap(): Gap | null {
    const chunks = this.#size === null ? this.#filled.length + 1 : Math.ceil(this.#size / CHUNK_BYTES);
    for (let n = 0; n < chunks; n++) {
      const filled = this.#filled[n] ?? 0;
      if (filled === this.#chunkSize(n)) continue;
      let next = n + 1;
      while (next < chunks && !this.#filled[next]) next++;
      return { start: n * CHUNK_BYTES + filled, end: next < chunks ? next * CHUNK_BYTES : this.#size };
    }
    return null;
  }

  /** Puts bytes at a place and gives the numbers of the chunks that became whole. */
  write(at: number, data: Uint8Array): number[] {
    const end = at + data.length;
    if (this.#size !== null && end > this.#size) throw new Mismatch(`it is longer than ${this.#size} bytes`);
    if (end > this.#bytes.length) this.#reserve(Math.max(end, Math.min(2 * this.#bytes.length, this.#limit)));
    this.#bytes.set(data, at);
    const whole: number[] = [];
    for (let n = Math.floor(at / CHUNK_BYTES); n * CHUNK_BYTES < end; n++) {
      this.#filled[n] = Math.min(end - n * CHUNK_BYTES, CHUNK_BYTES);
      if (this.#filled[n] === this.#chunkSize(n)) whole.push(n);
    }
    return whole;
  }

  /** The file ends here; gives the number of its last chunk if that is now whole. */
  end(at: number): number[] {
    const known = this.#size !== null;
    this.setSize(at);
    return known || at % CHUNK_BYTES === 0 ? [] : [Math.floor(at / CHUNK_BYTES)];
  }

  /** A copy with a buffer of its own: IndexedDB would store the whole buffer under a view. */
  chunk(n: number): ArrayBuffer {
    const start = n * CHUNK_BYTES;
    return this.#bytes.slice(start, start + this.#chunkSize(n)).buffer;
  }

  #chunkSize(n: number): number {
    return this.#size === null ? CHUNK_BYTES : Math.min(CHUNK_BYTES, this.#size - n * CHUNK_BYTES);
  }

  #reserve(size: number): void {
    if (size <= this.#bytes.length) return;
    if (size > this.#limit) throw new TooLarge(size);
    const larger = allocate(size);
    larger.set(this.#bytes);
    this.#bytes = larger;
  }
}

function allocate(size: number): Uint8Array<ArrayBuffer> {
  try {
    return new Uint8Array(size);
  } catch (cause) {
    throw new TooLarge(size, { cause });
  }
}
