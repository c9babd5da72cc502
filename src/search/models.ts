import { BgeError, misfit } from '../shared/errors.js';
import type { SparseData } from '../shared/protocol.js';
import type { SearchHost } from '../shared/search.js';

/** What an index needs of an embedder; that of `createEmbedder` has it. */
export interface IndexEmbedder {
  /** Where `heads` has `sparse`, both `encode…` also take `{ dense: true, sparse: true }`, as those of BGE-M3. */
  readonly info: {
    readonly space: string;
    readonly dim: number;
    readonly maxLength: number;
    readonly heads?: readonly string[];
  };
  /** One vector a passage, in their order. */
  encodeCorpus(texts: readonly string[], options?: { signal?: AbortSignal }): Promise<Vectors>;
  /** One vector a query, in their order. */
  encodeQueries(texts: readonly string[], options?: { signal?: AbortSignal }): Promise<Vectors>;
  /** The tokens of each passage, special ones included, and whether it was cut. */
  tokenize(
    texts: readonly string[],
    options?: { signal?: AbortSignal },
  ): Promise<readonly { readonly ids: ArrayLike<number>; readonly truncated: boolean }[]>;
}

interface Vectors {
  /** rows × dim, row-major. */
  readonly data: Float32Array<ArrayBuffer>;
  readonly space: string;
}

/** Of an embedder whose `info.heads` has `sparse`. */
interface M3Embedder {
  encodeCorpus(texts: readonly string[], options: M3Options): Promise<M3Embeddings>;
  encodeQueries(texts: readonly string[], options: M3Options): Promise<M3Embeddings>;
}

interface M3Options {
  readonly signal?: AbortSignal;
  readonly dense: true;
  readonly sparse: true;
}

interface M3Embeddings {
  readonly dense: Vectors;
  readonly sparse: SparseData;
}

export function hasWeights({ info: { heads = [] } }: IndexEmbedder): boolean {
  return heads.includes('sparse');
}

/** What an index needs of a reranker; that of `createReranker` has it. */
export interface IndexReranker {
  /** One logit a pair, in their order. */
  score(
    pairs: readonly (readonly [query: string, passage: string])[],
    options?: { signal?: AbortSignal },
  ): Promise<ArrayLike<number>>;
}

/** The page's models, as the search worker asks for them. `space` is that of the index. */
export function hostOf(
  { embedder, reranker }: { readonly embedder: IndexEmbedder; readonly reranker?: IndexReranker | undefined },
  space: string,
  signalOf: (callId: number) => AbortSignal | undefined,
): SearchHost {
  const options = (callId: number) => {
    const signal = signalOf(callId);
    return signal ? { signal } : {};
  };
  const checked = (vectors: Vectors, texts: readonly string[]) => {
    // After the loss of a GPU an embedder may go on in another space.
    if (vectors.space !== space) throw movedEmbedder(vectors.space, space);
    const values = texts.length * embedder.info.dim;
    if (vectors.data.length !== values)
      throw misfit('embedder', `one that gives ${values} values`, vectors.data.length);
    return vectors.data;
  };
  return {
    async embed(callId, kind, texts) {
      const vectors = await (kind === 'query'
        ? embedder.encodeQueries(texts, options(callId))
        : embedder.encodeCorpus(texts, options(callId)));
      return checked(vectors, texts);
    },

    async embedWithWeights(callId, kind, texts) {
      const m3 = embedder as unknown as M3Embedder;
      const heads = { ...options(callId), dense: true, sparse: true } as const;
      const { dense, sparse } = await (kind === 'query'
        ? m3.encodeQueries(texts, heads)
        : m3.encodeCorpus(texts, heads));
      const { ids, weights, offsets, tokens } = sparse;
      return { vectors: checked(dense, texts), weights: { ids, weights, offsets, tokens } };
    },

    async countTokens(callId, texts) {
      const tokens = await embedder.tokenize(texts, options(callId));
      // What was cut has more tokens than any passage may have.
      return tokens.map(({ ids, truncated }) => ids.length + (truncated ? 1 : 0));
    },

    async rerank(callId, query, passages) {
      const pairs = passages.map((passage) => [query, passage] as const);
      return Array.from(await reranker!.score(pairs, options(callId)));
    },
  };
}

function movedEmbedder(expected: string, stored: string): BgeError {
  const message = `The embedder now gives vectors of ${expected}, the index is of ${stored}; open the index again`;
  return new BgeError('SpaceMismatchError', message, { details: { stored, expected } });
}
