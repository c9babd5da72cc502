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
    const best = bestOf(comparison, a);
    if (best) pairs.push(best);
  }
  return pairs;
}

/**
 * Pairs across two lists, of which no line is in two: the best pair first, then the best of what is left, down to `threshold`.
 * Each round takes all pairs of which each is the other's best, which comes to the same.
 */
export function oneToOne(comparison: Comparison, threshold: number): Pair[] {
  const { texts, first } = comparison;
  const free = new Array<boolean>(texts.length).fill(true);
  const pairs: Pair[] = [];
  for (;;) {
    const best = new Array<Pair | undefined>(texts.length);
    for (let a = 0; a < first; a++) {
      for (let b = first; free[a] && b < texts.length; b++) {
        const score = scoreOf(comparison, a, b);
        if (!free[b] || score < threshold) continue;
        const pair = { a, b, score };
        for (const end of [a, b]) if (!best[end] || score > best[end].score) best[end] = pair;
      }
    }
    const mutual = best.slice(0, first).filter((pair) => pair !== undefined && best[pair.b] === pair) as Pair[];
    if (mutual.length === 0) return pairs.sort((x, y) => x.a - y.a);
    for (const { a, b } of mutual) free[a] = free[b] = false;
    pairs.push(...mutual);
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
 * Groups of two lines and more of both lists: one line, and those that are at least so alike to it; the largest first, a line
 * in one only. Source: `community_detection` of sentence-transformers 6.2, with min_community_size = 2.
 */
export function clusters(comparison: Comparison, threshold: number): number[][] {
  const { texts } = comparison;
  const around = texts.map((_, centre) => {
    const members: number[] = [];
    for (let i = 0; i < texts.length; i++)
      if (i !== centre && scoreOf(comparison, centre, i) >= threshold) members.push(i);
    return { centre, members: members.sort((i, j) => scoreOf(comparison, centre, j) - scoreOf(comparison, centre, i)) };
  });
  const taken = new Set<number>();
  const found: number[][] = [];
  for (const { centre, members } of around.sort((x, y) => y.members.length - x.members.length)) {
    if (taken.has(centre)) continue;
    const group = [centre, ...members.filter((i) => !taken.has(i))];
    if (group.length < 2) continue;
    found.push(group);
    for (const i of group) taken.add(i);
  }
  return found.sort((x, y) => y.length - x.length);
}

function bestOf(comparison: Comparison, a: number): Pair | undefined {
  const { from, to } = others(comparison);
  let best: Pair | undefined;
  for (let b = from; b < to; b++) {
    if (b === a) continue;
    const score = scoreOf(comparison, a, b);
    if (!best || score > best.score) best = { a, b, score };
  }
  return best;
}
