// BGE-M3's scores of two texts. Source: FlagEmbedding, inference/embedder/encoder_only/m3.py and finetune/…/m3/modeling.py.

/** Lexical weights of one text: token ids, and the weight of each. */
export interface TokenWeights {
  readonly ids: ArrayLike<number>;
  readonly weights: ArrayLike<number>;
}

/** Sum over the common ids of the products of their weights (`compute_lexical_matching_score`). */
export function lexicalMatch(a: TokenWeights, b: TokenWeights): number {
  const other = new Map(Array.from(b.ids, (id, i) => [id, b.weights[i]!]));
  return Array.from(a.ids).reduce((sum, id, i) => sum + a.weights[i]! * (other.get(id) ?? 0), 0);
}

/** For each row of `query` the row of `passage` with the highest inner product, and that product. Both are rows × dim, row-major. */
export function bestMatches(query: Float32Array, passage: Float32Array, dim: number): { row: number; score: number }[] {
  return Array.from({ length: query.length / dim }, (_, q) => {
    let best = { row: -1, score: Number.NEGATIVE_INFINITY };
    for (let p = 0; p < passage.length / dim; p++) {
      const score = dot(query, q * dim, passage, p * dim, dim);
      if (score > best.score) best = { row: p, score };
    }
    return best;
  });
}

/** Four sums at a time: one alone would wait for each addition before the next. */
function dot(a: Float32Array, aStart: number, b: Float32Array, bStart: number, dim: number): number {
  const whole = dim - (dim % 4);
  let [s0, s1, s2, s3] = [0, 0, 0, 0];
  for (let d = 0; d < whole; d += 4) {
    s0 += a[aStart + d]! * b[bStart + d]!;
    s1 += a[aStart + d + 1]! * b[bStart + d + 1]!;
    s2 += a[aStart + d + 2]! * b[bStart + d + 2]!;
    s3 += a[aStart + d + 3]! * b[bStart + d + 3]!;
  }
  for (let d = whole; d < dim; d++) s0 += a[aStart + d]! * b[bStart + d]!;
  return s0 + s1 + s2 + s3;
}

/** The mean over the query's rows of those products (`colbert_score`). NaN where one has no rows. */
export function lateInteraction(query: Float32Array, passage: Float32Array, dim: number): number {
  const matches = bestMatches(query, passage, dim);
  return matches.reduce((sum, { score }) => sum + score, 0) / matches.length;
}
