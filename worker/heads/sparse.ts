/** Lexical weights of one text, in the order in which the tokens first occur. */
export type LexicalWeights = Map<number, number>;

/**
 * Gives each token that has a weight above 0 its highest one; special tokens (`ignored`) have none.
 * Source: FlagEmbedding, inference/embedder/encoder_only/m3.py, `_process_token_weights`.
 */
export function lexicalWeights(ids: Int32Array, weights: Float32Array, ignored: ReadonlySet<number>): LexicalWeights {
  const found: LexicalWeights = new Map();
  for (const [i, id] of ids.entries()) {
    if (ignored.has(id)) continue;
    const weight = weights[i]!;
    if (weight > (found.get(id) ?? 0)) found.set(id, weight);
  }
  return found;
}

/** The weights of a text from those of its pieces. */
export function mergeWeights(pieces: readonly LexicalWeights[]): LexicalWeights {
  const merged: LexicalWeights = new Map();
  for (const piece of pieces) for (const [id, weight] of piece) merged.set(id, Math.max(weight, merged.get(id) ?? 0));
  return merged;
}
