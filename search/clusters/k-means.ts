import { invalidInput, misfit } from '../../src/shared/errors';
import { Pauses } from '../pauses';
import { randomOf } from './random';

export interface Clusters {
  /** The cluster of each vector, 0 to k − 1. */
  readonly labels: Uint32Array<ArrayBuffer>;
  /** k × dim, row-major, each of length 1. */
  readonly centres: Float32Array<ArrayBuffer>;
  /** The mean cosine of a vector and its centre. */
  readonly cohesion: number;
  /** Rounds until nothing changed, or `maxRounds`. */
  readonly rounds: number;
}

export interface ClusterOptions {
  /** Clusters: an integer from 1 to the number of vectors. */
  readonly k: number;
  /** The same seed gives the same clusters. An integer; default 0. */
  readonly seed?: number;
  /** Default 100. */
  readonly maxRounds?: number;
  readonly signal?: AbortSignal;
}

/**
 * Divides vectors of length 1 (rows × dim, row-major) into `k` clusters by cosine: spherical k-means (Dhillon and Modha 2001) from
 * centres drawn by k-means++ (Arthur and Vassilvitskii 2007), far from each other. A cluster that loses all its vectors gets
 * the one that is worst placed. It finds a good division, not the best: compare `cohesion` over a few seeds. A round takes
 * rows × k × dim multiplications; other work gets its turn every 20 ms. Rejects with InvalidInputError and the signal's reason.
 */
export async function cluster(
  vectors: Float32Array,
  dim: number,
  { k, seed = 0, maxRounds = 100, signal }: ClusterOptions,
): Promise<Clusters> {
  if (!Number.isInteger(dim) || dim < 1 || vectors.length % dim !== 0)
    throw misfit('vectors', `rows of ${dim} values`, `${vectors.length} values`);
  const rows = vectors.length / dim;
  if (!Number.isInteger(k) || k < 1 || k > rows) throw invalidInput('k', `an integer from 1 to ${rows}`, k);
  if (!Number.isInteger(seed)) throw invalidInput('seed', 'an integer', seed);
  if (!Number.isInteger(maxRounds) || maxRounds < 1) throw invalidInput('maxRounds', 'an integer from 1', maxRounds);
  const strange = vectors.findIndex((value) => !Number.isFinite(value));
  if (strange >= 0) throw invalidInput(`vectors[${strange}]`, 'a finite number', vectors[strange]);
  const pauses = new Pauses(signal);
  const data = { vectors, dim, rows };
  const centres = await farApart(data, k, randomOf(seed), pauses);
  const labels = new Uint32Array(rows).fill(k);
  const closeness = new Float64Array(rows);
  let rounds = 0;
  for (let changed = true; changed && rounds < maxRounds; rounds++) {
    changed = await assign(data, centres, labels, closeness, pauses);
    if (changed) moveCentres(data, centres, labels, closeness);
  }
  return { labels, centres, cohesion: closeness.reduce((sum, value) => sum + value, 0) / rows, rounds };
}

interface Data {
  readonly vectors: Float32Array;
  readonly dim: number;
  readonly rows: number;
}

/** The first centre is any vector, each next one a vector with a probability that grows with its distance to the nearest. */
async function farApart({ vectors, dim, rows }: Data, k: number, random: () => number, pauses: Pauses) {
  const centres = new Float32Array(k * dim);
  const distances = new Float64Array(rows).fill(Number.POSITIVE_INFINITY);
  let chosen = Math.floor(random() * rows);
  for (let c = 0; c < k; c++) {
    centres.set(vectors.subarray(chosen * dim, (chosen + 1) * dim), c * dim);
    let total = 0;
    for (let row = 0; row < rows; row++) {
      // Half the squared distance of two vectors of length 1.
      distances[row] = Math.min(distances[row]!, Math.max(0, 1 - dot(vectors, row * dim, centres, c * dim, dim)));
      total += distances[row]!;
      if (pauses.isDue) await pauses.pause();
    }
    chosen = drawn(distances, total * random());
  }
  return centres;
}

function drawn(weights: Float64Array, at: number): number {
  let left = at;
  const row = weights.findIndex((weight) => {
    left -= weight;
    return left < 0;
  });
  return row >= 0 ? row : weights.length - 1;
}

/** Gives each vector its nearest centre; tells whether one changed. */
async function assign(
  { vectors, dim, rows }: Data,
  centres: Float32Array,
  labels: Uint32Array,
  closeness: Float64Array,
  pauses: Pauses,
) {
  let changed = false;
  for (let row = 0; row < rows; row++) {
    let [label, most] = [0, Number.NEGATIVE_INFINITY];
    for (let c = 0; c < centres.length / dim; c++) {
      const cosine = dot(vectors, row * dim, centres, c * dim, dim);
      if (cosine > most) [label, most] = [c, cosine];
    }
    changed ||= labels[row] !== label;
    labels[row] = label;
    closeness[row] = most;
    if (pauses.isDue) await pauses.pause();
  }
  return changed;
}

function moveCentres(
  { vectors, dim, rows }: Data,
  centres: Float32Array,
  labels: Uint32Array,
  closeness: Float64Array,
): void {
  const k = centres.length / dim;
  const sizes = new Uint32Array(k);
  for (let row = 0; row < rows; row++) sizes[labels[row]!]!++;
  for (let c = 0; c < k; c++) {
    if (sizes[c]! > 0) continue;
    const worst = closeness.reduce(
      (low, value, row) => (sizes[labels[row]!]! > 1 && (low < 0 || value < closeness[low]!) ? row : low),
      -1,
    );
    sizes[labels[worst]!]!--;
    labels[worst] = c;
    sizes[c] = 1;
    closeness[worst] = 1;
  }
  centres.fill(0);
  for (let row = 0; row < rows; row++)
    for (let d = 0; d < dim; d++) centres[labels[row]! * dim + d]! += vectors[row * dim + d]!;
  for (let c = 0; c < k; c++) {
    const centre = centres.subarray(c * dim, (c + 1) * dim);
    const norm = Math.sqrt(dot(centre, 0, centre, 0, dim)) || 1;
    for (let d = 0; d < dim; d++) centre[d]! /= norm;
  }
}

function dot(a: Float32Array, aStart: number, b: Float32Array, bStart: number, dim: number): number {
  let sum = 0;
  for (let d = 0; d < dim; d++) sum += a[aStart + d]! * b[bStart + d]!;
  return sum;
}
