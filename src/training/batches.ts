import type { TrainingExample } from './examples.js';
import type { Batch } from './info-nce.js';

/** Examples as numbers of texts. */
export interface NumberedExample {
  readonly query: number;
  readonly pos: readonly number[];
  readonly neg: readonly number[];
}

/** Numbers things as they first occur. */
export class Numbering<T> {
  readonly all: T[] = [];
  readonly #numbers = new Map<T, number>();

  of(one: T): number {
    const known = this.#numbers.get(one);
    if (known !== undefined) return known;
    this.#numbers.set(one, this.all.length);
    return this.all.push(one) - 1;
  }

  find(one: T): number | undefined {
    return this.#numbers.get(one);
  }
}

/** Numbers the texts of examples; a positive that is also among the negatives stays a positive. */
export function numbered(
  examples: readonly TrainingExample[],
  queries: Numbering<string>,
  passages: Numbering<string>,
): NumberedExample[] {
  return examples.map(({ query, pos, neg = [] }) => ({
    query: queries.of(query),
    pos: pos.map((text) => passages.of(text)),
    neg: neg.filter((text) => !pos.includes(text)).map((text) => passages.of(text)),
  }));
}

/**
 * The vectors of some examples: their queries, for each the positive of a number (from 0 up to 1 of its list), and all negatives, each passage once. Another
 * positive of a query, of whichever example, counts for nothing where it is in the batch.
 */
export function batchOf(
  examples: readonly NumberedExample[],
  chosen: readonly number[],
  { queries, passages, dim }: { queries: Float32Array; passages: Float32Array; dim: number },
  positives: ReadonlyMap<number, ReadonlySet<number>>,
): Batch {
  const places = new Numbering<number>();
  const targets = examples.map(({ pos }, i) => places.of(pos[Math.floor(chosen[i]! * pos.length)]!));
  for (const { neg } of examples) for (const passage of neg) places.of(passage);
  const ignored = examples.map(({ query }, i) => {
    const others = Array.from(positives.get(query)!, (passage) => places.find(passage));
    return new Set(others.filter((place): place is number => place !== undefined && place !== targets[i]));
  });
  const rows = (vectors: Float32Array, wanted: readonly number[]) => {
    const data = new Float32Array(wanted.length * dim);
    for (const [i, row] of wanted.entries()) data.set(vectors.subarray(row * dim, (row + 1) * dim), i * dim);
    return data;
  };
  return {
    queries: rows(
      queries,
      examples.map(({ query }) => query),
    ),
    passages: rows(passages, places.all),
    targets,
    ignored,
  };
}
