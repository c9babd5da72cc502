import { randomOf } from '../clusters/random';
import { Pauses } from '../pauses';
import { VectorIndex } from '../vectors/vector-index';
import { fuzzyGraph, type Nearest } from './graph';
import { layOut } from './layout';
import { principalPlane } from './plane';

export interface MapOptions {
  /** Rows that each one is held near, itself included: an integer from 2. With fewer rows all of them. */
  readonly neighbours: number;
  /** The same seed gives the same map. An integer. */
  readonly seed: number;
  /** Hears how much is done, 0 to 1, whenever others get their turn. */
  readonly onPart?: (part: number) => void;
  readonly signal?: AbortSignal;
}

/** Rows whose neighbours are looked for at a time. */
const PASS = 16;

/** Of the work, about: the neighbours, the graph, the first places; the rest is the layout. */
const SHARES = [0.2, 0.02, 0.03] as const;

/** Rows that are put into the index at a time. */
const PIECE = 1024;

/** How far the first places reach, and how far they are moved at random, so that equal rows can part. Those of umap-learn. */
const REACH = 10;
const NOISE = 1e-3;

/**
 * Gives each vector of length 1 (rows × dim, row-major) a place in the plane: rows × 2, from 0 to 1 on the longer side, the shorter one in the
 * middle. What is near in meaning is near on the map; far distances say little. UMAP of cosine distances (McInnes, Healy and Melville 2018) from
 * exact neighbours and principal components. Costs rows² × dim multiplications in int8 for the neighbours, then 200 or 500 rounds; other
 * work gets its turn every 20 ms. Rejects with the signal's reason.
 */
export async function mapOf(
  vectors: Float32Array<ArrayBuffer>,
  dim: number,
  { neighbours, seed, onPart = () => {}, signal }: MapOptions,
): Promise<Float32Array<ArrayBuffer>> {
  const rows = vectors.length / dim;
  if (rows < 2) return new Float32Array(2 * rows).fill(0.5);
  const pauses = new Pauses(signal);
  const random = randomOf(seed);
  const [looking, tying, placing] = SHARES;
  const within = (from: number, share: number) => (part: number) => onPart(from + share * part);
  const nearest = await nearestOf(vectors, dim, Math.min(neighbours, rows), pauses, within(0, looking));
  onPart(looking);
  const graph = await fuzzyGraph(nearest, pauses, within(looking, tying));
  const places = await principalPlane(vectors, dim, random, pauses, within(looking + tying, placing));
  const furthest = places.reduce((most, place) => Math.max(most, Math.abs(place)), 0) || 1;
  for (let i = 0; i < places.length; i++) places[i] = (REACH * places[i]!) / furthest + NOISE * (random() - 0.5);
  const ready = looking + tying + placing;
  await layOut(places, graph, random, pauses, within(ready, 1 - ready));
  onPart(1);
  return toUnitSquare(places);
}

/** By an exact scan; distances are 1 − cosine. */
async function nearestOf(
  vectors: Float32Array<ArrayBuffer>,
  dim: number,
  k: number,
  pauses: Pauses,
  onPart: (part: number) => void,
): Promise<Nearest> {
  const count = vectors.length / dim;
  const [rows, distances] = [new Uint32Array(count * k), new Float32Array(count * k)];
  const index = await VectorIndex.open({ dim });
  for (let from = 0; from < count; from += PIECE) {
    if (pauses.isDue) {
      onPart(0);
      await pauses.pause();
    }
    index.add(vectors.slice(from * dim, (from + PIECE) * dim));
  }
  for (let from = 0; from < count; from += PASS) {
    if (pauses.isDue) {
      onPart(from / count);
      await pauses.pause();
    }
    const found = index.search(vectors.slice(from * dim, (from + PASS) * dim), k);
    for (const [i, hits] of found.entries()) {
      const row = from + i;
      rows[row * k] = row;
      // Of many equal ones a row may not be among its own nearest.
      const others = hits.filter((hit) => hit.row !== row).slice(0, k - 1);
      for (const [place, hit] of others.entries()) {
        rows[row * k + place + 1] = hit.row;
        distances[row * k + place + 1] = Math.max(0, 1 - hit.score);
      }
    }
  }
  return { k, rows, distances };
}

function toUnitSquare(places: Float32Array<ArrayBuffer>): Float32Array<ArrayBuffer> {
  const sides = [0, 1].map((side) => {
    let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (let i = side; i < places.length; i += 2) [low, high] = [Math.min(low, places[i]!), Math.max(high, places[i]!)];
    return { low, length: high - low };
  });
  const longer = Math.max(...sides.map(({ length }) => length)) || 1;
  return places.map((place, i) => {
    const { low, length } = sides[i % 2]!;
    return (place - low + (longer - length) / 2) / longer;
  });
}
