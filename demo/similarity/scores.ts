import { Embeddings, similarity } from 'bge-web';

/** So long the page may compute before it looks at the keyboard again. */
const SLICE_MS = 12;

/** Lets the page answer keys and draw. */
export const nextTask = () => new Promise<void>((resolve) => setTimeout(resolve));

/** Gives the similarities of all rows with each other, row-major, in slices. Rejects with the signal's reason. */
export async function allScores(vectors: Embeddings, signal: AbortSignal): Promise<Float32Array> {
  const { rows, dim, space } = vectors;
  const scores = new Float32Array(rows * rows);
  let begun = performance.now();
  for (let i = 0; i < rows; i++) {
    const [row] = similarity(new Embeddings({ data: vectors.data.slice(i * dim, (i + 1) * dim), dim, space }), vectors);
    scores.set(row!, i * rows);
    if (performance.now() - begun < SLICE_MS) continue;
    await nextTask();
    signal.throwIfAborted();
    begun = performance.now();
  }
  return scores;
}
