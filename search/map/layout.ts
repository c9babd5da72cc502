import type { Pauses } from '../pauses';
import type { Graph } from './graph';

/** The curve 1 ÷ (1 + a × distance^2b), fitted by umap-learn to a least distance of 0.1 and a spread of 1. */
const A = 1.5769434603113077;
const B = 0.8950608779109733;

/** Rows from which each one is pushed away for every one that it is pulled to. */
const NEGATIVES = 5;

/** No coordinate moves further at a time. */
const FURTHEST = 4;

/** Edges between two looks at the clock. */
const STRETCH = 256;

/**
 * Moves places (rows × 2) so that rows that belong together are near, and others are not: UMAP's stochastic gradient descent with
 * negative samples, of 500 rounds, or 200 for more than 2000 rows. Source: McInnes, Healy and Melville 2018, as umap-learn computes it.
 */
export async function layOut(
  places: Float32Array,
  { heads, tails, weights }: Graph,
  random: () => number,
  pauses: Pauses,
  onPart: (part: number) => void,
): Promise<void> {
  const rows = places.length / 2;
  const rounds = rows > 2000 ? 200 : 500;
  const strongest = weights.reduce((most, weight) => Math.max(most, weight), 0);
  // An edge is pulled every `period` rounds: the stronger it is the more often. One that would never be is left out.
  const periods = weights.map((weight) =>
    weight < strongest / rounds ? Number.POSITIVE_INFINITY : strongest / weight,
  );
  const [next, nextNegative] = [periods.slice(), periods.map((period) => period / NEGATIVES)];
  for (let round = 0; round < rounds; round++) {
    const rate = 1 - round / rounds;
    for (let edge = 0; edge < heads.length; edge++) {
      if (edge % STRETCH === 0 && pauses.isDue) {
        onPart(round / rounds);
        await pauses.pause();
      }
      if (next[edge]! > round) continue;
      const [head, tail] = [2 * heads[edge]!, 2 * tails[edge]!];
      pull(places, head, tail, rate);
      next[edge]! += periods[edge]!;
      const period = periods[edge]! / NEGATIVES;
      const negatives = Math.floor((round - nextNegative[edge]!) / period);
      for (let i = 0; i < negatives; i++) push(places, head, 2 * Math.floor(random() * rows), rate);
      nextNegative[edge]! += Math.max(0, negatives) * period;
    }
  }
}

function pull(places: Float32Array, head: number, tail: number, rate: number): void {
  const [x, y] = [places[head]! - places[tail]!, places[head + 1]! - places[tail + 1]!];
  const squared = x * x + y * y;
  if (squared === 0) return;
  const power = squared ** B;
  const slope = (-2 * A * B * power) / (squared * (A * power + 1));
  const [moveX, moveY] = [rate * limited(slope * x), rate * limited(slope * y)];
  places[head]! += moveX;
  places[head + 1]! += moveY;
  places[tail]! -= moveX;
  places[tail + 1]! -= moveY;
}

function push(places: Float32Array, head: number, other: number, rate: number): void {
  const [x, y] = [places[head]! - places[other]!, places[head + 1]! - places[other + 1]!];
  const squared = x * x + y * y;
  if (squared === 0) return;
  const slope = (2 * B) / ((0.001 + squared) * (A * squared ** B + 1));
  places[head]! += rate * limited(slope * x);
  places[head + 1]! += rate * limited(slope * y);
}

const limited = (move: number) => Math.max(-FURTHEST, Math.min(FURTHEST, move));
