import type { Embeddings } from '../embeddings.js';
import type { IndexReranker } from '../search/models.js';
import { BgeError, invalidInput } from '../shared/errors.js';

/** What mining and training need of an embedder; that of `createEmbedder` has it. */
export interface TrainingEmbedder {
  readonly info: { readonly space: string; readonly dim: number };
  encodeCorpus(texts: readonly string[], options?: { signal?: AbortSignal }): Promise<Vectors>;
  encodeQueries(texts: readonly string[], options?: { signal?: AbortSignal }): Promise<Vectors>;
}

type Vectors = Pick<Embeddings, 'data' | 'space'>;

/** What mining needs of a reranker; that of `createReranker` has it. */
export type TrainingReranker = IndexReranker;

export function checkEmbedder(embedder: TrainingEmbedder): void {
  if (typeof embedder?.encodeQueries !== 'function' || typeof embedder.encodeCorpus !== 'function')
    throw invalidInput('embedder', 'an embedder, as createEmbedder() gives', embedder);
}

/** Texts of one call: an abort, and progress, come between two of them. */
const PIECE = 64;

/** Vectors of texts, texts × dim, piece by piece. Rejects with SpaceMismatchError where the embedder went on in another space. */
export async function vectorsOf(
  embedder: TrainingEmbedder,
  kind: 'query' | 'passage',
  texts: readonly string[],
  { signal, onPiece }: { signal?: AbortSignal | undefined; onPiece?: ((done: number) => void) | undefined } = {},
): Promise<Float32Array<ArrayBuffer>> {
  const { space, dim } = embedder.info;
  const data = new Float32Array(texts.length * dim);
  for (let from = 0; from < texts.length; from += PIECE) {
    signal?.throwIfAborted();
    const piece = texts.slice(from, from + PIECE);
    const options = signal ? { signal } : {};
    const vectors = await (kind === 'query'
      ? embedder.encodeQueries(piece, options)
      : embedder.encodeCorpus(piece, options));
    checkSpace(vectors.space, space);
    data.set(vectors.data, from * dim);
    onPiece?.(from + piece.length);
  }
  return data;
}

export function checkSpace(found: string, expected: string): void {
  if (found === expected) return;
  const message = `The vectors are of ${found}, expected were those of ${expected}`;
  throw new BgeError('SpaceMismatchError', message, { details: { stored: expected, expected: found } });
}
