import { modelOf } from './embeddings.js';
import { checkOffsets, checkRow } from './inputs.js';
import { invalidInput, misfit } from './shared/errors.js';
import { fromFloat16 } from './shared/float16.js';
import type { ColbertData, ColbertFormat } from './shared/protocol.js';
import { lateInteraction } from './shared/scores.js';

/** The vectors of one text's tokens, all but the first special one: tokens × dim float32 values, row-major, each row of length 1. */
export interface TokenVectors {
  readonly data: Float32Array<ArrayBuffer>;
  readonly tokens: number;
  readonly dim: number;
  /** Names the embedding space, as in `Embeddings`. */
  readonly space: string;
}

/** The token vectors of some texts: row `i` belongs to input `i`. Large: at 1024 dimensions 4 kB a token as float32, 2 kB as float16, 1 kB as int8. */
export class ColbertEmbeddings implements Iterable<TokenVectors> {
  readonly format: ColbertFormat;
  /** Vectors of all texts in one buffer: float32 values, float16 values as their bits (Uint16Array), or int8 values. */
  readonly data: ColbertData['data'];
  /** For int8: what the values of each token are to be multiplied by. Null otherwise. */
  readonly scales: Float32Array<ArrayBuffer> | null;
  /** rows + 1 places: text `i` has the token vectors from `offsets[i]` to `offsets[i + 1]`. */
  readonly offsets: Uint32Array<ArrayBuffer>;
  readonly dim: number;
  /** Names the embedding space, as in `Embeddings`. */
  readonly space: string;

  /** Throws InvalidInputError if the sizes do not fit each other. */
  constructor({ data, scales, offsets, dim, space }: ColbertData & { readonly space: string }) {
    this.format = formatOf(data);
    const rows = checkOffsets(offsets);
    if (data.length !== rows * dim) throw misfit('data', `${rows} × ${dim} values`, data.length);
    if (this.format === 'int8' && scales?.length !== rows)
      throw misfit('scales', `${rows} numbers`, `${scales?.length}`);
    this.data = data;
    this.scales = scales;
    this.offsets = offsets;
    this.dim = dim;
    this.space = space;
  }

  get rows(): number {
    return this.offsets.length - 1;
  }

  /** The token vectors of text `i` as float32: a view of `data` where it is float32, else a copy. Throws InvalidInputError outside 0 … rows − 1. */
  row(i: number): TokenVectors {
    checkRow(i, this.rows);
    const [start, end] = [this.offsets[i]!, this.offsets[i + 1]!];
    return { data: this.#floats(start, end), tokens: end - start, dim: this.dim, space: this.space };
  }

  /** Each row in turn, as `row` gives it. */
  *[Symbol.iterator](): Iterator<TokenVectors> {
    for (let i = 0; i < this.rows; i++) yield this.row(i);
  }

  #floats(start: number, end: number): Float32Array<ArrayBuffer> {
    const { data, dim, scales } = this;
    if (data instanceof Float32Array) return data.subarray(start * dim, end * dim);
    const floats = new Float32Array((end - start) * dim);
    for (let token = start, to = 0; token < end; token++) {
      for (let from = token * dim; from < (token + 1) * dim; from++, to++)
        floats[to] = scales ? data[from]! * scales[token]! : fromFloat16(data[from]!);
    }
    return floats;
  }
}

function formatOf(data: ColbertData['data']): ColbertFormat {
  if (data instanceof Float32Array) return 'float32';
  if (data instanceof Uint16Array) return 'float16';
  if (data instanceof Int8Array) return 'int8';
  throw invalidInput('data', 'a Float32Array, Uint16Array or Int8Array', data);
}

/**
 * Gives the ColBERT score of a query and a passage: the mean over the query's tokens of the highest inner product with a
 * token of the passage, at most 1. Costs tokens × tokens × dim multiplications on the calling thread.
 * Source: FlagEmbedding, `colbert_score`. Throws InvalidInputError when the models or the dimensions differ.
 */
export function colbertScore(query: TokenVectors, passage: TokenVectors): number {
  if (query.dim !== passage.dim || modelOf(query) !== modelOf(passage)) {
    const of = (vectors: TokenVectors) => `${modelOf(vectors)} with ${vectors.dim} dimensions`;
    throw misfit('passage', `token vectors of ${of(query)}`, of(passage));
  }
  return lateInteraction(query.data, passage.data, query.dim);
}
