import { Pauses } from '../../search/pauses';
import type { Embeddings } from '../embeddings.js';
import { BgeError, invalidInput, misfit } from '../shared/errors.js';
import { STRETCH } from './exact-search.js';
import { checkEmbedder, checkSpace, type TrainingEmbedder } from './models.js';

/** How a training went. */
export interface TrainingReport {
  /** Examples by which the adapter was trained, and those by which it was judged. */
  readonly trained: number;
  readonly heldOut: number;
  /** Losses after each epoch: of training as a mean over its steps (null before the first), and of what was held out. Number 0 is the start, the identity. */
  readonly epochs: readonly {
    readonly epoch: number;
    readonly trainLoss: number | null;
    readonly heldOutLoss: number;
  }[];
  /** The epoch that the adapter is of: the one with the lowest held-out loss. 0 if training brought nothing: the adapter then is the identity. */
  readonly bestEpoch: number;
}

export interface QueryAdapterData {
  /** dim × dim values, outputs × inputs, row-major: as torch.nn.Linear has it. */
  readonly weight: Float32Array<ArrayBuffer>;
  /** dim values. */
  readonly bias: Float32Array<ArrayBuffer>;
  readonly space: string;
  readonly dim: number;
  readonly report: TrainingReport;
}

const MAGIC = 'BGEQ';
const VERSION = 1;

/** A linear map of query vectors into the space of the corpus, which stays as it is. Made by `trainQueryAdapter`, or of bytes by `adapterFrom`. */
export class QueryAdapter implements QueryAdapterData {
  readonly weight: Float32Array<ArrayBuffer>;
  readonly bias: Float32Array<ArrayBuffer>;
  /** The embedding space for which it was trained: no other one's vectors are taken. */
  readonly space: string;
  readonly dim: number;
  readonly report: TrainingReport;

  /** Throws InvalidInputError if the sizes do not fit, or a number is not finite. */
  constructor({ weight, bias, space, dim, report }: QueryAdapterData) {
    for (const [what, values, size] of [
      ['weight', weight, dim * dim],
      ['bias', bias, dim],
    ] as const) {
      if (values.length !== size) throw misfit(what, `${size} values`, values.length);
      const wrong = values.findIndex((value) => !Number.isFinite(value));
      if (wrong >= 0) throw invalidInput(`${what}[${wrong}]`, 'a finite number', values[wrong]);
    }
    this.weight = weight;
    this.bias = bias;
    this.space = space;
    this.dim = dim;
    this.report = report;
  }

  /**
   * Gives query vectors (queries × dim values, row-major) adapted: weight · x + bias, scaled to length 1. Costs dim² multiplications a query.
   * Other work gets its turn every 8 ms. Rejects with InvalidInputError for another dimension.
   */
  async apply(queries: Float32Array): Promise<Float32Array<ArrayBuffer>> {
    const { dim } = this;
    if (queries.length % dim !== 0) throw misfit('queries', `rows of ${dim} values`, `${queries.length} values`);
    const pauses = new Pauses(undefined, STRETCH);
    const adapted = new Float32Array(queries.length);
    for (let from = 0; from < queries.length; from += dim) {
      this.#applyOne(queries.subarray(from, from + dim), adapted.subarray(from, from + dim));
      if (pauses.isDue) await pauses.pause();
    }
    return adapted;
  }

  #applyOne(query: Float32Array, to: Float32Array): void {
    let squares = 0;
    for (let output = 0; output < this.dim; output++) {
      let sum = this.bias[output]!;
      for (let input = 0; input < this.dim; input++) sum += this.weight[output * this.dim + input]! * query[input]!;
      to[output] = sum;
      squares += sum * sum;
    }
    const length = Math.sqrt(squares) || 1;
    for (let d = 0; d < this.dim; d++) to[d]! /= length;
  }

  /** Gives all of it as bytes, for IndexedDB, a file or a server; `adapterFrom` reads them. 4 · dim² bytes and some more. */
  toBytes(): Uint8Array<ArrayBuffer> {
    const { space, dim, report } = this;
    const json = new TextEncoder().encode(JSON.stringify({ space, dim, report }));
    const start = HEADER + Math.ceil(json.length / 4) * 4;
    const bytes = new Uint8Array(start + 4 * dim * (dim + 1));
    bytes.set(new TextEncoder().encode(MAGIC));
    const view = new DataView(bytes.buffer);
    view.setUint32(4, VERSION, true);
    view.setUint32(8, json.length, true);
    bytes.set(json, HEADER);
    for (const [i, value] of [this.weight, this.bias].flatMap((values) => Array.from(values)).entries())
      view.setFloat32(start + 4 * i, value, true);
    view.setUint32(12, checksum(bytes), true);
    return bytes;
  }

  /** For JSON.stringify: the same as plain values, the numbers as arrays. Some 20 bytes a number. */
  toJSON(): { space: string; dim: number; report: TrainingReport; weight: number[]; bias: number[] } {
    const { space, dim, report, weight, bias } = this;
    return { space, dim, report, weight: Array.from(weight), bias: Array.from(bias) };
  }
}

/** The magic, the version, the length of the JSON, the checksum. */
const HEADER = 16;

/** Gives an adapter of what its `toBytes` has written. Throws CorruptModelError for what is cut, changed, something else, or of another version. */
export function adapterFrom(bytes: Uint8Array): QueryAdapter {
  if (!(bytes instanceof Uint8Array)) throw invalidInput('bytes', 'a Uint8Array, as of toBytes()', bytes);
  const corrupt = (problem: string) => new BgeError('CorruptModelError', `This is no query adapter: ${problem}`);
  const copy = bytes.slice();
  const view = new DataView(copy.buffer);
  if (copy.length < HEADER || String.fromCharCode(...copy.subarray(0, 4)) !== MAGIC)
    throw corrupt('it begins otherwise');
  const version = view.getUint32(4, true);
  if (version !== VERSION) throw corrupt(`it is of version ${version}, and this reads ${VERSION}`);
  const expected = view.getUint32(12, true);
  view.setUint32(12, 0, true);
  if (checksum(copy) !== expected) throw corrupt('bytes are missing, or were changed');
  const length = view.getUint32(8, true);
  const { space, dim, report } = JSON.parse(new TextDecoder().decode(copy.subarray(HEADER, HEADER + length)));
  const start = HEADER + Math.ceil(length / 4) * 4;
  const numbers = Float32Array.from({ length: dim * (dim + 1) }, (_, i) => view.getFloat32(start + 4 * i, true));
  return new QueryAdapter({ weight: numbers.slice(0, dim * dim), bias: numbers.slice(dim * dim), space, dim, report });
}

/** FNV-1a, 32 bits; its own place counts as 0. */
function checksum(bytes: Uint8Array): number {
  let hash = 0x811c9dc5;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}

/**
 * Gives the embedder with adapted queries: everything is the embedder's own, but the dense vectors of `encodeQueries`, and of `encodeStream` with `kind: 'query'`,
 * go through the adapter. An index takes it as its embedder, and its passages are not embedded anew: the space stays the same.
 * Throws SpaceMismatchError for another embedding space or dimension; `encodeQueries` rejects with it where the embedder goes on in another space.
 */
export function adapted<E extends TrainingEmbedder>(embedder: E, adapter: QueryAdapter): E {
  checkEmbedder(embedder);
  if (!(adapter instanceof QueryAdapter)) throw invalidInput('adapter', 'a QueryAdapter', adapter);
  checkSpace(embedder.info.space, adapter.space);
  if (embedder.info.dim !== adapter.dim)
    throw new BgeError(
      'SpaceMismatchError',
      `The adapter is for ${adapter.dim} dimensions, the embedder has ${embedder.info.dim}`,
      {
        details: { stored: adapter.dim, expected: embedder.info.dim },
      },
    );
  const inner = embedder as unknown as Streaming;
  const encodeQueries = async (texts: readonly string[], options?: { signal?: AbortSignal }) =>
    adaptDense(await inner.encodeQueries(texts, options), adapter);
  async function* encodeStream(texts: unknown, options: { kind?: string } = {}) {
    for await (const piece of inner.encodeStream(texts, options))
      yield options.kind === 'query' ? await adaptDense(piece, adapter) : piece;
  }
  const own: Record<PropertyKey, unknown> = { encodeQueries, encodeStream };
  return new Proxy(embedder, {
    get(target, name) {
      const value = Reflect.get(target, name, target);
      if (Object.hasOwn(own, name) && value !== undefined) return own[name];
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

type Dense = Pick<Embeddings, 'data' | 'space'>;

/** Embeddings, or those of several heads. */
type Encoded = Dense | { readonly dense: Dense | null };

interface Streaming {
  encodeQueries(texts: unknown, options: unknown): Promise<Encoded>;
  encodeStream(texts: unknown, options: unknown): AsyncIterable<Encoded>;
}

/** In place: the vectors were made for this call. */
async function adaptDense(result: Encoded, adapter: QueryAdapter): Promise<Encoded> {
  const vectors = 'dense' in result ? result.dense : result;
  if (!vectors) return result;
  checkSpace(vectors.space, adapter.space);
  vectors.data.set(await adapter.apply(vectors.data));
  return result;
}
