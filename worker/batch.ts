/** Which texts go through the model together: their indices, all of the same length in tokens. */
export interface Batch {
  readonly length: number;
  readonly indices: readonly number[];
}

export interface BatchLimits {
  readonly maxTokens: number;
  readonly maxRows: number;
}

/** The indices of the texts, longest first: a device that cannot hold a batch should say so at once. */
export function longestFirst(lengths: readonly number[]): number[] {
  return Array.from(lengths.keys()).sort((a, b) => lengths[b]! - lengths[a]! || a - b);
}

/**
 * The next texts in `order`, from place `at` on, that can go together: of equal length, so that nothing is ever padded and
 * a text's numbers do not depend on its batch mates. A text longer than `maxTokens` forms a batch of its own.
 */
export function nextBatch(
  order: readonly number[],
  lengths: readonly number[],
  at: number,
  { maxTokens, maxRows }: BatchLimits,
): Batch {
  const length = lengths[order[at]!]!;
  const fitting = Math.max(1, Math.min(maxRows, Math.floor(maxTokens / length)));
  let end = at + 1;
  while (end < order.length && end - at < fitting && lengths[order[end]!] === length) end++;
  return { length, indices: order.slice(at, end) };
}
