import { Embeddings, similarity } from 'bge-web';
import { Slices } from '../shared/turns';

/** Gives the similarities of all rows with each other, row-major, in slices. Rejects with the signal's reason. */
export async function allScores(vectors: Embeddings, signal: AbortSignal): Promise<Float32Array> {
  const { rows, dim, space } = vectors;
  const scores = new Float32Array(rows * rows);
  const slices = new Slices();
  for (let i = 0; i < rows; i++) {
    const [row] = similarity(new Embeddings({ data: vectors.data.slice(i * dim, (i + 1) * dim), dim, space }), vectors);
    scores.set(row!, i * rows);
    if (!slices.isOver) continue;
    await slices.next();
    signal.throwIfAborted();
  }
  return scores;
}
