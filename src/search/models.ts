import { BgeError, misfit } from '../shared/errors.js';
import type { SearchHost } from '../shared/search.js';

/** What an index needs of an embedder; that of `createEmbedder` has it. */
export interface IndexEmbedder {
  readonly info: { readonly space: string; readonly dim: number; readonly maxLength: number };
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
  return {
    async embed(callId, kind, texts) {
      const vectors = await (kind === 'query'
        ? embedder.encodeQueries(texts, options(callId))
        : embedder.encodeCorpus(texts, options(callId)));
      // After the loss of a GPU an embedder may go on in another space.
      if (vectors.space !== space) throw movedEmbedder(vectors.space, space);
      const values = texts.length * embedder.info.dim;
      if (vectors.data.length !== values)
        throw misfit('embedder', `one that gives ${values} values`, vectors.data.length);
      return vectors.data;
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
