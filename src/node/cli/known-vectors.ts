import { readFile } from 'node:fs/promises';
import { fullTextOf } from '../../../search/collection';
import { isIndexFile, readIndexFile } from '../../../search/store/file';
import { decodeSegment, type StoredVectors } from '../../../search/store/segment';
import { toFloats } from '../../../search/vectors/halves';
import type { IndexEmbedder } from '../../search/models.js';
import { BgeError, isBgeError } from '../../shared/errors.js';

interface Place {
  readonly vectors: StoredVectors;
  readonly row: number;
}

interface Known {
  readonly space: string;
  /** By what was embedded. */
  readonly places: ReadonlyMap<string, Place>;
  /** They are as the model gave them, and not rounded to float16. */
  readonly isExact: boolean;
}

/** The vectors of an index that is to be built again. */
export class KnownVectors {
  readonly #known: Known | null;
  readonly #reason: string | null;

  private constructor(known: Known | null, reason: string | null) {
    this.#known = known;
    this.#reason = reason;
  }

  /** Reads the file; one that is missing or damaged has none. Rejects with InvalidInputError for one that is no index at all, or a folder. */
  static async open(path: string): Promise<KnownVectors> {
    let file: Buffer;
    try {
      file = await readFile(path);
    } catch (cause) {
      const { code } = cause as NodeJS.ErrnoException;
      if (code === 'ENOENT') return new KnownVectors(null, null);
      if (code === 'EISDIR') throw new BgeError('InvalidInputError', `${path} is a folder; --out takes a file`);
      throw cause;
    }
    if (!isIndexFile(file))
      throw new BgeError('InvalidInputError', `${path} is there and is no index; it is left as it is`);
    try {
      return new KnownVectors(await vectorsOf(new Uint8Array(file)), null);
    } catch (error) {
      if (!isBgeError(error, 'CorruptIndexError')) throw error;
      return new KnownVectors(null, error.message);
    }
  }

  /** The embedder, spared what is known in its space and as exactly as `vectors` is to be stored. */
  for(embedder: IndexEmbedder, vectors: string | undefined): SparedEmbedder {
    const known = this.#known;
    if (!known) return new SparedEmbedder(embedder, new Map(), this.#reason);
    if (known.space !== embedder.info.space)
      return new SparedEmbedder(embedder, new Map(), `it is of the embedding space ${known.space}`);
    if (vectors === 'float32' && !known.isExact)
      return new SparedEmbedder(embedder, new Map(), 'its vectors are of float16');
    return new SparedEmbedder(embedder, known.places, null);
  }
}

async function vectorsOf(file: Uint8Array<ArrayBuffer>): Promise<Known> {
  const { manifest, segments } = await readIndexFile(file);
  const places = new Map<string, Place>();
  let isExact = true;
  for (const bytes of segments) {
    const { documents, vectors } = decodeSegment(bytes, manifest.dim);
    if (vectors instanceof Uint16Array) isExact = false;
    let row = 0;
    for (const entry of documents)
      for (const passage of entry.passages) places.set(fullTextOf(entry, passage), { vectors, row: row++ });
  }
  return { space: manifest.space, places, isExact };
}

/** An embedder that is asked for new passages only. */
export class SparedEmbedder implements IndexEmbedder {
  /** Passages that went through the model. */
  embedded = 0;
  /** Why it is spared nothing of a file that is there; null where it is. */
  readonly reason: string | null;
  readonly #embedder: IndexEmbedder;
  readonly #places: ReadonlyMap<string, Place>;

  constructor(embedder: IndexEmbedder, places: ReadonlyMap<string, Place>, reason: string | null) {
    this.#embedder = embedder;
    this.#places = places;
    this.reason = reason;
  }

  get info(): IndexEmbedder['info'] {
    return this.#embedder.info;
  }

  async encodeCorpus(texts: readonly string[], options?: { signal?: AbortSignal }) {
    const { dim, space } = this.info;
    const fresh = texts.filter((text) => !this.#places.has(text));
    const made =
      fresh.length > 0 ? await this.#embedder.encodeCorpus(fresh, options) : { data: new Float32Array(), space };
    this.embedded += fresh.length;
    const data = new Float32Array(texts.length * dim);
    let next = 0;
    for (const [i, text] of texts.entries()) {
      const place = this.#places.get(text);
      const row = place ? rowOf(place, dim) : made.data.subarray(next, next + dim);
      if (!place) next += dim;
      data.set(row, i * dim);
    }
    return { data, space: made.space };
  }

  encodeQueries(...of: Parameters<IndexEmbedder['encodeQueries']>): ReturnType<IndexEmbedder['encodeQueries']> {
    return this.#embedder.encodeQueries(...of);
  }

  tokenize(...of: Parameters<IndexEmbedder['tokenize']>): ReturnType<IndexEmbedder['tokenize']> {
    return this.#embedder.tokenize(...of);
  }
}

function rowOf({ vectors, row }: Place, dim: number): Float32Array {
  const values = vectors.subarray(row * dim, (row + 1) * dim);
  return values instanceof Uint16Array ? toFloats(values) : values;
}
