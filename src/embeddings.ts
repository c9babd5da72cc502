import { invalidInput } from './shared/errors.js';
import type { EncodeReply } from './shared/protocol.js';

/** The vectors of some texts: row `i` belongs to input `i`. */
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

  constructor({ data, dim, tokenCounts, truncated, space }: EncodeReply) {
    this.data = data;
    this.dim = dim;
    this.tokenCounts = tokenCounts;
    this.truncated = truncated;
    this.space = space;
  }

  get rows(): number {
    return this.tokenCounts.length;
  }

  /** The vector of text `i`: a view of `data`, not a copy. Throws InvalidInputError outside 0 … rows − 1. */
  row(i: number): Float32Array<ArrayBuffer> {
    if (!Number.isInteger(i) || i < 0 || i >= this.rows)
      throw invalidInput('i', `an integer from 0 to ${this.rows - 1}`, i);
    return this.data.subarray(i * this.dim, (i + 1) * this.dim);
  }

  *[Symbol.iterator](): Iterator<Float32Array<ArrayBuffer>> {
    for (let i = 0; i < this.rows; i++) yield this.row(i);
  }
}

/**
 * Gives the inner products of all queries with all passages, `q @ p.T`: one Float32Array for each query, with one score
 * for each passage. For normalised vectors (the default) that is the cosine similarity, −1 to 1; unrelated texts
 * easily score 0.3 to 0.5, so compare scores with each other rather than with 0.5.
 * Costs queries × passages × dim multiplications on the calling thread.
 * Throws InvalidInputError when the two are from different models or have different dimensions.
 */
export function similarity(queries: Embeddings, passages: Embeddings): Float32Array<ArrayBuffer>[] {
  const [queryModel, passageModel] = [modelOf(queries), modelOf(passages)];
  if (queryModel !== passageModel || queries.dim !== passages.dim) {
    throw invalidInput(
      'passages',
      `embeddings of ${queryModel} with ${queries.dim} dimensions`,
      `${passageModel} with ${passages.dim}`,
    );
  }
  return Array.from(queries, (query) => Float32Array.from(passages, (passage) => dot(query, passage)));
}

/** A space's name begins with its model and revision; the rest (number format, instruction) does not forbid a comparison. */
function modelOf({ space }: Embeddings): string {
  return space.split('/').slice(0, 2).join('/').replace(/@.*/, '');
}

function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let d = 0; d < a.length; d++) sum += a[d]! * b[d]!;
  return sum;
}
