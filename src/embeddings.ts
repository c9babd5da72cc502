import { checkPositive, checkRow } from './inputs.js';
import { invalidInput, misfit } from './shared/errors.js';

/** What Embeddings are made of. */
export interface EmbeddingsData {
  /** rows × dim float32 values, row-major. */
  readonly data: Float32Array<ArrayBuffer>;
  readonly dim: number;
  readonly space: string;
  /** Default: zeros, unknown. */
  readonly tokenCounts?: Uint32Array<ArrayBuffer>;
  /** Default: zeros, nothing was cut. */
  readonly truncated?: Uint8Array<ArrayBuffer>;
}

/** The vectors of some texts: row `i` belongs to input `i`. Made by an embedder, or of stored vectors by `new Embeddings({ data, dim, space })`. */
export class Embeddings implements Iterable<Float32Array> {
  /** rows × dim float32 values, row-major. */
  readonly data: Float32Array<ArrayBuffer>;
  readonly dim: number;
  /** Tokens of each text, special tokens included, after truncation. */
  readonly tokenCounts: Uint32Array<ArrayBuffer>;
  /** 1 where the text was longer than `maxLength` and was cut. */
  readonly truncated: Uint8Array<ArrayBuffer>;
  /** Names the embedding space: store it with the vectors, and compare vectors of one space only. */
  readonly space: string;

  /** Throws InvalidInputError if the sizes do not fit each other. */
  constructor({ data, dim, space, tokenCounts, truncated }: EmbeddingsData) {
    checkPositive('dim', dim);
    const rows = data.length / dim;
    if (!Number.isInteger(rows)) throw misfit('data', `rows of ${dim} numbers`, `${data.length} numbers`);
    for (const [what, list] of Object.entries({ tokenCounts, truncated }))
      if (list && list.length !== rows) throw misfit(what, `of ${rows} rows`, list.length);
    this.data = data;
    this.dim = dim;
    this.space = space;
    this.tokenCounts = tokenCounts ?? new Uint32Array(rows);
    this.truncated = truncated ?? new Uint8Array(rows);
  }

  get rows(): number {
    return this.data.length / this.dim;
  }

  /** The vector of text `i`: a view of `data`, not a copy. Throws InvalidInputError outside 0 … rows − 1. */
  row(i: number): Float32Array<ArrayBuffer> {
    checkRow(i, this.rows);
    return this.data.subarray(i * this.dim, (i + 1) * this.dim);
  }

  /** The vectors as plain arrays of numbers, for JSON and for libraries that want them. Costs 8 bytes a number and more. */
  toArray(): number[][] {
    return Array.from(this, (row) => Array.from(row));
  }

  /** Each row in turn, as `row` gives it. */
  *[Symbol.iterator](): Iterator<Float32Array<ArrayBuffer>> {
    for (let i = 0; i < this.rows; i++) yield this.row(i);
  }
}

/**
 * Gives the inner products of all queries with all passages, `q @ p.T`: one Float32Array for each query, with one score
 * for each passage. For normalised vectors (the default) that is the cosine similarity, −1 to 1; unrelated texts
 * easily score 0.3 to 0.5, so compare scores with each other rather than with 0.5.
 * Costs queries × passages × dim multiplications on the calling thread.
 * Throws InvalidInputError when one is not embeddings, or the two are from different models or have different dimensions.
 */
export function similarity(queries: Embeddings, passages: Embeddings): Float32Array<ArrayBuffer>[] {
  for (const [what, value] of Object.entries({ queries, passages }))
    if (typeof value?.space !== 'string') throw invalidInput(what, 'embeddings', value);
  const [queryModel, passageModel] = [modelOf(queries), modelOf(passages)];
  if (queryModel !== passageModel || queries.dim !== passages.dim) {
    throw misfit(
      'passages',
      `embeddings of ${queryModel} with ${queries.dim} dimensions`,
      `${passageModel} with ${passages.dim}`,
    );
  }
  return Array.from(queries, (query) => Float32Array.from(passages, (passage) => dot(query, passage)));
}

/** The model of a space: what else its name tells (number format, instruction, revision) does not forbid a comparison. */
export function modelOf({ space }: { readonly space: string }): string {
  return space.split('/').slice(0, 2).join('/').replace(/@.*/, '');
}

function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let d = 0; d < a.length; d++) sum += a[d]! * b[d]!;
  return sum;
}
