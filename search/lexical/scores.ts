import type { Scored } from '../ranking';
import type { InvertedIndex, Postings } from './inverted-index';

export interface LexicalSearchOptions {
  /** An integer from 0, or Infinity. */
  readonly k: number;
  /** False for a passage that is not to be found. */
  readonly filter?: ((id: number) => boolean) | undefined;
}

/** A term of a query: where it occurs, and what an occurrence adds to a passage's score, which must be above 0. */
export interface QueryTerm {
  readonly postings: Postings | undefined;
  score(value: number, place: number): number;
}

/** The sum over the terms for each passage that has one of them. */
export function* scoresOf<Key extends string | number>(
  index: InvertedIndex<Key>,
  terms: readonly QueryTerm[],
  filter: LexicalSearchOptions['filter'],
): Iterable<Scored> {
  const sums = new Float64Array(index.places);
  for (const { postings, score } of terms) {
    if (!postings) continue;
    const { length, places, values } = postings;
    for (let i = 0; i < length; i++) sums[places[i]!]! += score(values[i]!, places[i]!);
  }
  for (let place = 0; place < sums.length; place++) {
    if (sums[place] === 0) continue;
    const id = index.passageAt(place);
    if (id >= 0 && (!filter || filter(id))) yield { id, score: sums[place]! };
  }
}
