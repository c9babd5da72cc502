import { invalidInput } from '../src/shared/errors';

/** A passage's number and its score. */
export interface Scored {
  readonly id: number;
  readonly score: number;
}

/** Higher scores first, and of equal ones the lower number: the same order on every device. */
export function byScore(a: Scored, b: Scored): number {
  return b.score - a.score || a.id - b.id;
}

/** The `k` best, best first, in time n log k. Throws InvalidInputError if `k` is no integer from 0, or Infinity for all. */
export function best<T extends Scored>(scored: Iterable<T>, k: number): T[] {
  if (k !== Number.POSITIVE_INFINITY && (!Number.isInteger(k) || k < 0))
    throw invalidInput('k', 'an integer from 0', k);
  if (k === Number.POSITIVE_INFINITY) return [...scored].sort(byScore);
  const heap: T[] = [];
  for (const item of scored) {
    if (heap.length < k) rise(heap, item);
    else if (k > 0 && byScore(item, heap[0]!) < 0) sink(heap, item);
  }
  return heap.sort(byScore);
}

/** Adds to a heap whose first is the worst. */
function rise<T extends Scored>(heap: T[], item: T): void {
  let at = heap.length;
  while (at > 0) {
    const parent = (at - 1) >> 1;
    if (byScore(heap[parent]!, item) >= 0) break;
    heap[at] = heap[parent]!;
    at = parent;
  }
  heap[at] = item;
}

/** Puts an item in the place of the worst. */
function sink<T extends Scored>(heap: T[], item: T): void {
  let at = 0;
  for (let child = 1; child < heap.length; child = 2 * at + 1) {
    if (child + 1 < heap.length && byScore(heap[child + 1]!, heap[child]!) > 0) child++;
    if (byScore(heap[child]!, item) <= 0) break;
    heap[at] = heap[child]!;
    at = child;
  }
  heap[at] = item;
}
