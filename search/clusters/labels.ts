import { invalidInput, misfit } from '../../src/shared/errors';
import { words } from '../segment';

/**
 * Gives each cluster the `count` words (default 5) that tell it best from the others, the best first: weight = part of the cluster's texts that
 * have the word × ln(all texts ÷ texts that have it), tf-idf with each text counted once. Fewer where a cluster has fewer words; numbers
 * and single letters, but for Chinese ones, are left out. Source: Spärck Jones 1972. Throws InvalidInputError if texts and labels do not fit.
 */
export function clusterTerms(
  texts: readonly string[],
  labels: ArrayLike<number>,
  { k, count = 5, locale }: { readonly k: number; readonly count?: number; readonly locale?: string },
): string[][] {
  if (texts.length !== labels.length) throw misfit('labels', `${texts.length} numbers`, labels.length);
  const strange = Array.from(labels).findIndex((label) => !Number.isInteger(label) || label < 0 || label >= k);
  if (strange >= 0) throw invalidInput(`labels[${strange}]`, `an integer from 0 to ${k - 1}`, labels[strange]);
  const inAll = new Map<string, number>();
  const inCluster = Array.from({ length: k }, () => new Map<string, number>());
  for (const [i, text] of texts.entries()) {
    for (const term of new Set(Array.from(words(text, locale), ({ term }) => term))) {
      if (!isTelling(term)) continue;
      for (const counts of [inAll, inCluster[labels[i]!]!]) counts.set(term, (counts.get(term) ?? 0) + 1);
    }
  }
  return inCluster.map((counts) =>
    Array.from(counts, ([term, n]) => ({ term, weight: n * Math.log(texts.length / inAll.get(term)!) }))
      .sort((a, b) => b.weight - a.weight || (a.term < b.term ? -1 : 1))
      .slice(0, count)
      .map(({ term }) => term),
  );
}

function isTelling(term: string): boolean {
  return /\p{L}/u.test(term) && (term.length > 1 || /\p{Script=Han}/u.test(term));
}
