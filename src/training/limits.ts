import type { TrainingReranker } from './models.js';

export interface Limits {
  readonly margin: number | undefined;
  readonly relativeMargin: number | undefined;
  readonly maxScore: number | undefined;
}

/** Scores texts as answers to one query. */
export interface Judge {
  /** What limits are compared with. */
  score(texts: readonly string[]): Promise<number[]>;
  /** What a reranker says of them; none where there is none. */
  logits(texts: readonly string[]): Promise<number[]>;
}

/** Whether a text of some score may be a negative, by the worst of the positives. Source: sentence-transformers, `mine_hard_negatives`. */
export async function limitsOf(
  { margin, relativeMargin, maxScore }: Limits,
  positives: readonly string[],
  judge: Judge,
): Promise<(score: number) => boolean> {
  const needsWorst = margin !== undefined || relativeMargin !== undefined;
  const worst = needsWorst ? Math.min(...(await judge.score(positives))) : Number.NaN;
  // A comparison with NaN is false: a limit that is not there leaves nothing out.
  return (score) =>
    !(score + (margin ?? Number.NaN) > worst) &&
    !(score > worst - Math.abs(worst) * (relativeMargin ?? Number.NaN)) &&
    !(score > (maxScore ?? Number.NaN));
}

export function vectorJudge(query: Float32Array, vectorOf: (text: string) => Float32Array): Judge {
  const dot = (vector: Float32Array) => vector.reduce((sum, value, d) => sum + value * query[d]!, 0);
  return { score: async (texts) => texts.map((text) => dot(vectorOf(text))), logits: async () => [] };
}

/** Each text goes through the reranker once. */
export function rerankerJudge(reranker: TrainingReranker, query: string, signal: AbortSignal | undefined): Judge {
  const known = new Map<string, number>();
  const logits = async (texts: readonly string[]) => {
    const unknown = [...new Set(texts)].filter((text) => !known.has(text));
    if (unknown.length > 0) {
      const pairs = unknown.map((text) => [query, text] as const);
      const scores = await reranker.score(pairs, signal ? { signal } : {});
      for (const [i, text] of unknown.entries()) known.set(text, scores[i]!);
    }
    return texts.map((text) => known.get(text)!);
  };
  return { logits, score: async (texts) => (await logits(texts)).map((logit) => 1 / (1 + Math.exp(-logit))) };
}
