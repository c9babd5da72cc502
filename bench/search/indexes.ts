import { create, insertMultiple, search as searchOrama } from '@orama/orama';
import init, { EdgeVec, EdgeVecConfig } from 'edgevec';
import { VectorIndex } from '../../search/vectors/vector-index';
import { DIM } from './data';

/** An index of vectors, whoever made it. */
export interface Index {
  add(vectors: Float32Array<ArrayBuffer>, first: number): void | Promise<void>;
  /** The best rows, best first. */
  search(query: Float32Array<ArrayBuffer>, k: number): number[] | Promise<number[]>;
}

export const indexes: Readonly<Record<string, (rows: number) => Promise<Index>>> = {
  'bge-web int8': () => ours('int8'),
  'bge-web float32': () => ours('float32'),
  'bge-web binary': () => ours('binary'),
  'plain JavaScript loop': async (rows) => new PlainLoop(rows),
  'edgevec HNSW': () => Edge.open(),
  Orama: () => orama(),
};

async function ours(mode: 'int8' | 'float32' | 'binary'): Promise<Index> {
  const index = await VectorIndex.open({ dim: DIM, mode });
  return {
    add: (vectors) => void index.add(vectors),
    search: (query, k) => index.search(query, k)[0]!.map(({ row }) => row),
  };
}

/** The loop that people write. */
class PlainLoop implements Index {
  readonly #all: Float32Array;

  constructor(rows: number) {
    this.#all = new Float32Array(rows * DIM);
  }

  add(vectors: Float32Array, first: number): void {
    this.#all.set(vectors, first * DIM);
  }

  search(query: Float32Array, k: number): number[] {
    const all = this.#all;
    const best: { row: number; score: number }[] = [];
    let least = Number.NEGATIVE_INFINITY;
    for (let row = 0, i = 0; i < all.length; row++) {
      let score = 0;
      for (let d = 0; d < DIM; d++) score += all[i++]! * query[d]!;
      if (score <= least) continue;
      best.push({ row, score });
      best.sort((a, b) => b.score - a.score);
      best.length = Math.min(best.length, k);
      if (best.length === k) least = best[k - 1]!.score;
    }
    return best.map(({ row }) => row);
  }
}

class Edge implements Index {
  readonly #index: EdgeVec;

  private constructor(index: EdgeVec) {
    this.#index = index;
  }

  static async open(): Promise<Edge> {
    await init('/edgevec/edgevec_bg.wasm');
    const config = new EdgeVecConfig(DIM);
    config.metric = 'l2'; // of unit vectors the same order; its 'dot' (0.9.0) gives the worst first
    return new Edge(new EdgeVec(config));
  }

  add(vectors: Float32Array): void {
    for (let at = 0; at < vectors.length; at += DIM) this.#index.insert(vectors.subarray(at, at + DIM));
  }

  search(query: Float32Array, k: number): number[] {
    return (this.#index.search(query, k) as { id: number }[]).map(({ id }) => id - 1);
  }
}

async function orama(): Promise<Index> {
  const index = create({ schema: { embedding: `vector[${DIM}]` } as const });
  return {
    async add(vectors, first) {
      const documents = Array.from({ length: vectors.length / DIM }, (_, i) => ({
        id: `${first + i}`,
        embedding: [...vectors.subarray(i * DIM, (i + 1) * DIM)],
      }));
      await insertMultiple(index, documents);
    },
    async search(query, k) {
      const vector = { value: [...query], property: 'embedding' };
      const { hits } = await searchOrama(index, { mode: 'vector', vector, similarity: 0, limit: k });
      return hits.map(({ id }) => Number(id));
    },
  };
}
