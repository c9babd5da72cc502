import type { BatchLimits } from './engine/engine';

/** The indices of the texts, longest first: a device that cannot hold a batch should say so at once. */
export function longestFirst(lengths: readonly number[]): number[] {
  return Array.from(lengths.keys()).sort((a, b) => lengths[b]! - lengths[a]! || a - b);
}

/**
 * The first of `waiting`, longest first, that can go through the model together: nothing is ever padded, and a text's numbers
 * do not depend on its batch mates. A text longer than `maxTokens` goes alone.
 */
export function nextBatch(
  waiting: readonly number[],
  lengths: readonly number[],
  { maxTokens, maxRows, equalLengths }: BatchLimits,
): number[] {
  const lengthAt = (place: number) => lengths[waiting[place]!]!;
  let tokens = lengthAt(0);
  let end = 1;
  while (end < Math.min(waiting.length, maxRows)) {
    if (equalLengths && lengthAt(end) !== lengthAt(0)) break;
    tokens += lengthAt(end);
    if (tokens > maxTokens) break;
    end++;
  }
  return waiting.slice(0, end);
}
