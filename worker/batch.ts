/** Which texts go through the model together: their indices, all of the same length in tokens. */
export interface Batch {
  readonly length: number;
  readonly indices: readonly number[];
}

/**
 * Groups texts of equal length, longest first, so that nothing is ever padded and a text's numbers do not depend on
 * its batch mates; longest first because a device that cannot hold a batch should say so at once.
 * A text longer than `maxTokens` forms a batch of its own.
 */
export function makeBatches(lengths: readonly number[], limits: { maxTokens: number; maxRows: number }): Batch[] {
  const order = Array.from(lengths.keys()).sort((a, b) => lengths[b]! - lengths[a]! || a - b);
  const batches: Batch[] = [];
  for (let at = 0; at < order.length; ) {
    const length = lengths[order[at]!]!;
    const fitting = Math.max(1, Math.min(limits.maxRows, Math.floor(limits.maxTokens / length)));
    let end = at + 1;
    while (end < order.length && end - at < fitting && lengths[order[end]!] === length) end++;
    batches.push({ length, indices: order.slice(at, end) });
    at = end;
  }
  return batches;
}
