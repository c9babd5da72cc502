import type { Pauses } from '../pauses';

/** For each of n rows the `k` nearest, itself first, then by distance: n × k each. */
export interface Nearest {
  readonly k: number;
  readonly rows: Uint32Array<ArrayBuffer>;
  readonly distances: Float32Array<ArrayBuffer>;
}

/** How strongly rows belong together, 0 to 1: each pair in both directions. */
export interface Graph {
  readonly heads: Uint32Array<ArrayBuffer>;
  readonly tails: Uint32Array<ArrayBuffer>;
  readonly weights: Float32Array<ArrayBuffer>;
}

/** How exactly the weights of a row's neighbours must sum up, and how often that is tried. */
const TOLERANCE = 1e-5;
const TRIES = 64;

/** Of the mean distance: no scale is below it. */
const LOWEST_SCALE = 1e-3;

/**
 * UMAP's graph: each row is tied to its nearest one by 1, and to the others by exp(−(distance − that of the nearest) ÷ scale), with a scale that
 * brings the sum to log2 k; the two directions a and b become a + b − a × b. Source: McInnes, Healy and Melville 2018, as umap-learn computes it.
 */
export async function fuzzyGraph(
  { k, rows, distances }: Nearest,
  pauses: Pauses,
  onPart: (part: number) => void = () => {},
): Promise<Graph> {
  const count = rows.length / k;
  const mean = distances.reduce((sum, distance) => sum + distance, 0) / distances.length;
  const directed = new Float32Array(rows.length);
  for (let row = 0; row < count; row++) {
    if (pauses.isDue) {
      onPart(row / count);
      await pauses.pause();
    }
    const own = distances.subarray(row * k, (row + 1) * k);
    const nearest = own.find((distance) => distance > 0) ?? 0;
    const scale = Math.max(scaleOf(own, nearest), LOWEST_SCALE * (nearest > 0 ? meanOf(own) : mean));
    for (let i = 1; i < k; i++) directed[row * k + i] = tie(own[i]! - nearest, scale);
  }
  const edges: { heads: number[]; tails: number[]; weights: number[] } = { heads: [], tails: [], weights: [] };
  const add = (head: number, tail: number, weight: number) => {
    edges.heads.push(head);
    edges.tails.push(tail);
    edges.weights.push(weight);
  };
  for (let at = 0; at < rows.length; at++) {
    if (at % k === 0) {
      if (pauses.isDue) await pauses.pause();
      continue;
    }
    const [row, other, there] = [Math.floor(at / k), rows[at]!, directed[at]!];
    const place = rows.subarray(other * k + 1, (other + 1) * k).indexOf(row);
    const back = place < 0 ? 0 : directed[other * k + 1 + place]!;
    const weight = there + back - there * back;
    add(row, other, weight);
    if (place < 0) add(other, row, weight);
  }
  return {
    heads: Uint32Array.from(edges.heads),
    tails: Uint32Array.from(edges.tails),
    weights: Float32Array.from(edges.weights),
  };
}

const tie = (further: number, scale: number) => (further > 0 && scale > 0 ? Math.exp(-further / scale) : 1);

/** By halving, as umap-learn. */
function scaleOf(distances: Float32Array, nearest: number): number {
  const target = Math.log2(distances.length);
  let [low, scale, high] = [0, 1, Number.POSITIVE_INFINITY];
  for (let tries = 0; tries < TRIES; tries++) {
    let sum = 0;
    for (let i = 1; i < distances.length; i++) sum += tie(distances[i]! - nearest, scale);
    if (Math.abs(sum - target) < TOLERANCE) break;
    if (sum > target) high = scale;
    else low = scale;
    scale = high === Number.POSITIVE_INFINITY ? 2 * scale : (low + high) / 2;
  }
  return scale;
}

function meanOf(values: Float32Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
