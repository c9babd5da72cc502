/** What was compared: `first` lines of one list, then those of the other, if there is another. */
export interface Comparison {
  readonly texts: readonly string[];
  /** How many of `texts` are of the first list. */
  readonly first: number;
  /** Cosine similarities of all texts with each other, row-major. */
  readonly scores: Float32Array;
}

/** Two lines, by their place in `texts`, and their similarity. */
export interface Pair {
  readonly a: number;
  readonly b: number;
  readonly score: number;
}

export const scoreOf = ({ scores, texts }: Comparison, a: number, b: number): number => scores[a * texts.length + b]!;

/** The lines with which those of the first list are compared: those of the second, or of the first again where it is alone. */
export function others({ texts, first }: Comparison): { readonly from: number; readonly to: number } {
  return first < texts.length ? { from: first, to: texts.length } : { from: 0, to: first };
}

/** The best match of each line of the first list, whatever its score. */
export function bestMatches(comparison: Comparison): Pair[] {
  const pairs: Pair[] = [];
  for (let a = 0; a < comparison.first; a++) {
    const best = bestOf(comparison, a, () => true);
    if (best) pairs.push(best);
  }
  return pairs;
}

/**
 * Pairs across two lists, of which no line is in two: the best pair first, then the best of what is left, down to `threshold`.
 * Each round takes all pairs of which each is the other's best, which comes to the same.
 */
export function oneToOne(comparison: Comparison, threshold: number): Pair[] {
  const free = new Array<boolean>(comparison.texts.length).fill(true);
  const pairs: Pair[] = [];
  for (;;) {
    const suitors = new Map<number, Pair>();
    for (let a = 0; a < comparison.first; a++) {
      const best = free[a] ? bestOf(comparison, a, (b) => free[b]!) : undefined;
      const rival = best && suitors.get(best.b);
      if (best && best.score >= threshold && !(rival && rival.score >= best.score)) suitors.set(best.b, best);
    }
    if (suitors.size === 0) return pairs.sort((x, y) => x.a - y.a);
    for (const pair of suitors.values()) {
      free[pair.a] = free[pair.b] = false;
      pairs.push(pair);
    }
  }
}

/** Pairs of lines of the same list that are at least so alike, the most alike first. */
export function nearDuplicates(comparison: Comparison, threshold: number): Pair[] {
  const { texts, first } = comparison;
  const pairs: Pair[] = [];
  for (let a = 0; a < texts.length; a++) {
    for (let b = a + 1; b < (a < first ? first : texts.length); b++) {
      const score = scoreOf(comparison, a, b);
      if (score >= threshold) pairs.push({ a, b, score });
    }
  }
  return pairs.sort((x, y) => y.score - x.score);
}

/**
 * Groups of two lines and more of both lists, each around one line to which all others are at least so alike; the largest
 * first, a line in one only. Source: `community_detection` of sentence-transformers, with min_community_size = 2.
 */
export function clusters(comparison: Comparison, threshold: number): number[][] {
  const { texts } = comparison;
  const around = texts.map((_, centre) => {
    const members = [];
    for (let i = 0; i < texts.length; i++) if (scoreOf(comparison, centre, i) >= threshold) members.push(i);
    return members.sort((i, j) => scoreOf(comparison, centre, j) - scoreOf(comparison, centre, i));
  });
  const taken = new Set<number>();
  const found: number[][] = [];
  for (const members of around.sort((x, y) => y.length - x.length)) {
    const left = members.filter((i) => !taken.has(i));
    if (left.length < 2) continue;
    found.push(left);
    for (const i of left) taken.add(i);
  }
  return found.sort((x, y) => y.length - x.length);
}

function bestOf(comparison: Comparison, a: number, wanted: (b: number) => boolean): Pair | undefined {
  const { from, to } = others(comparison);
  let best: Pair | undefined;
  for (let b = from; b < to; b++) {
    if (b === a || !wanted(b)) continue;
    const score = scoreOf(comparison, a, b);
    if (!best || score > best.score) best = { a, b, score };
  }
  return best;
}
