import { Pauses } from '../../search/pauses';
import { VectorIndex } from '../../search/vectors/vector-index';

/** Milliseconds of one stretch on the thread that calls, which may be a page's. */
export const STRETCH = 8;

/** Rows that are put in, and queries that are looked for, at a time. */
const ROWS = 256;
const QUERIES = 16;

export interface Found {
  readonly row: number;
  readonly score: number;
}

/** An exact search by inner product, in float32, that lets others have their turn. */
export class ExactSearch {
  readonly #index: VectorIndex;
  readonly #pauses: Pauses;
  /** As many queries as the last ones say fit a stretch. */
  #group = 1;

  private constructor(index: VectorIndex, pauses: Pauses) {
    this.#index = index;
    this.#pauses = pauses;
  }

  /** Over rows × dim values. Rejects with InvalidInputError for numbers that are not finite, or the signal's reason. */
  static async over(vectors: Float32Array<ArrayBuffer>, dim: number, signal?: AbortSignal): Promise<ExactSearch> {
    const index = await VectorIndex.open({ dim, mode: 'float32' });
    const pauses = new Pauses(signal, STRETCH);
    for (let from = 0; from < vectors.length; from += ROWS * dim) {
      index.add(vectors.subarray(from, from + ROWS * dim));
      if (pauses.isDue) await pauses.pause();
    }
    return new ExactSearch(index, pauses);
  }

  /** For each query the best `k` rows, best first; of equal scores the lower row. */
  async search(queries: Float32Array<ArrayBuffer>, k: number): Promise<Found[][]> {
    const { dim } = this.#index;
    const found: Found[][] = [];
    while (found.length < queries.length / dim) {
      await this.#pauses.pause();
      const start = performance.now();
      const from = found.length * dim;
      const hits = this.#index.search(queries.subarray(from, from + this.#group * dim), k);
      found.push(...hits);
      const each = (performance.now() - start) / hits.length;
      this.#group = Math.max(1, Math.min(QUERIES, Math.floor(STRETCH / each)));
    }
    return found;
  }
}
