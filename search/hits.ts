import type { Hit, HitExplanation, Match } from '../src/shared/search';
import { type Entry, textOf } from './collection';
import type { StoredPassage } from './store/segment';

/** A passage that was found. */
export interface Found {
  readonly entry: Entry;
  readonly passage: StoredPassage;
  readonly score: number;
  readonly relevance: number | null;
  readonly explanation?: HitExplanation;
}

/** The first `k` documents, each once, where its best passage stands. `found` is in order, the best first. */
export function hitsOf(found: readonly Found[], k: number): Hit[] {
  const groups = new Map<Entry, Found[]>();
  for (const one of found) {
    const group = groups.get(one.entry);
    if (group) group.push(one);
    else groups.set(one.entry, [one]);
  }
  return [...groups.values()].slice(0, k).map(hitOf);
}

function hitOf(passages: readonly Found[]): Hit {
  const { entry, score, relevance, explanation } = passages[0]!;
  const { text: _, ...document } = entry.document;
  const matches = passages.map(matchOf);
  const { text, start, end } = matches[0]!;
  return {
    id: entry.document.id,
    ...{ score, relevance },
    passage: { text, start, end },
    document: document as Hit['document'],
    matches,
    ...(explanation && { explanation }),
  };
}

function matchOf({ entry, passage, score }: Found): Match {
  return { text: textOf(entry, passage), start: passage.start, end: passage.end, score };
}
