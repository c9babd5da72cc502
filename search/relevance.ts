import { misfit } from '../src/shared/errors';
import type { TextPair } from '../src/shared/protocol';
import { type Calibration, calibrate, MEASURED } from './calibration';
import type { Collection } from './collection';
import type { Work } from './prepare';
import { toFloats } from './vectors/halves';

/** Random pairs of passages: enough for a deviation to some percent. */
const PAIRS = 2000;

/** So many passages have 36 pairs, of which `calibrate` wants 30. */
const FEWEST_PASSAGES = 9;

/** Texts of one pass to the embedder. */
const PIECE = 128;

/** What was fitted on this index, else what was measured for its model, else null. */
export function calibrationOf(fitted: unknown, space: string): Calibration | null {
  return (fitted as Calibration | undefined) ?? MEASURED[modelIdOf(space)] ?? null;
}

/** Fits what scores mean on the index's own passages, and on pairs of query and passage that belong together, where such are given. Throws InvalidInputError. */
export async function fitCalibration(
  collection: Collection,
  space: string,
  relevant: readonly TextPair[],
  work: Work,
): Promise<Calibration> {
  const noise = noiseOf(collection);
  const scores = relevant.length > 0 ? await scoresOf(relevant, collection.vectors.dim, work) : undefined;
  return calibrate({ noise, pairs: 'passage-passage', model: modelIdOf(space), ...(scores && { relevant: scores }) });
}

/** Scores of random pairs of passages, of two documents where there are enough; the same ones each time. */
function noiseOf(collection: Collection): Float64Array {
  const { vectors, documents } = collection;
  const rows = [...documents.values()].flatMap(({ first, passages }) => passages.map((_, i) => first + i));
  if (rows.length < FEWEST_PASSAGES) throw misfit('index', `of ${FEWEST_PASSAGES} passages or more`, rows.length);
  const isMixed = documents.size >= FEWEST_PASSAGES;
  const random = numbers();
  const scores: number[] = [];
  for (let tries = 0; scores.length < PAIRS && tries < 4 * PAIRS; tries++) {
    const [a, b] = [rows[Math.floor(random() * rows.length)]!, rows[Math.floor(random() * rows.length)]!];
    if (a === b || (isMixed && collection.at(a).entry === collection.at(b).entry)) continue;
    const row = vectors.row(a);
    scores.push(vectors.score(row instanceof Uint16Array ? toFloats(row) : row, b));
  }
  return Float64Array.from(scores);
}

/** Inner products of each query with its passage. */
async function scoresOf(pairs: readonly TextPair[], dim: number, { callId, host, signal }: Work): Promise<number[]> {
  const scores: number[] = [];
  for (let from = 0; from < pairs.length; from += PIECE) {
    const piece = pairs.slice(from, from + PIECE);
    const embed = (kind: 'query' | 'passage', side: 0 | 1) =>
      host.embed(
        callId,
        kind,
        piece.map((pair) => pair[side]),
      );
    const [queries, passages] = [await embed('query', 0), await embed('passage', 1)];
    signal.throwIfAborted();
    for (let i = 0; i < piece.length; i++) {
      const query = queries.subarray(i * dim, (i + 1) * dim);
      scores.push(query.reduce((sum, value, d) => sum + value * passages[i * dim + d]!, 0));
    }
  }
  return scores;
}

/** Numbers from 0 to 1 (Numerical Recipes' congruential generator). */
function numbers(): () => number {
  let state = 1;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

function modelIdOf(space: string): string {
  return space.split('@')[0]!;
}
