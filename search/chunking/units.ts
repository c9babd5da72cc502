import type { Pauses } from '../pauses';
import { beforeLowSurrogate, lines, type Span, sentences, trimmed, words } from '../segment';
import type { Block } from './structure';
import type { TokenCounter } from './token-counter';

/** What passages are made of and never cut: a sentence or line, or a part of one that is too long for a passage. */
export interface Unit extends Span {
  readonly block: Block;
  readonly tokens: number;
}

type Cut = 'sentences' | 'lines' | 'spaces' | 'words' | 'halves';

/** What a stretch that is too long is cut into next. */
const NEXT: Record<Cut, Cut> = {
  sentences: 'lines',
  lines: 'spaces',
  spaces: 'words',
  words: 'halves',
  halves: 'halves',
};

interface Draft extends Span {
  readonly block: Block;
  readonly cut: Cut;
}

/** Cuts blocks into units of at most `room(block)` tokens; what is too long is cut finer, all such stretches at a time. */
export async function unitsOf(
  text: string,
  blocks: readonly Block[],
  room: (block: Block) => number,
  { counter, pauses, locale }: { counter: TokenCounter; pauses: Pauses; locale: string | undefined },
): Promise<Unit[]> {
  const units: Unit[] = [];
  let drafts: Draft[] = [];
  for (const block of blocks) {
    for (const span of cutBy(text, block, block.by, locale)) {
      drafts.push({ ...span, block, cut: block.by });
      if (pauses.isDue) await pauses.pause();
    }
  }
  while (drafts.length > 0) {
    const counts = await counter.count(drafts.map(({ start, end }) => text.slice(start, end)));
    const finer: Draft[] = [];
    for (const [i, draft] of drafts.entries()) {
      const { start, end, block } = draft;
      if (counts[i]! <= room(block) || end - start < 2) {
        units.push({ start, end, block, tokens: counts[i]! });
        continue;
      }
      const cut = NEXT[draft.cut];
      for (const span of cutBy(text, draft, cut, locale)) {
        finer.push({ ...span, block, cut });
        if (pauses.isDue) await pauses.pause();
      }
    }
    drafts = finer;
  }
  return units.sort((a, b) => a.start - b.start);
}

/** The parts of a stretch, which together have all of it but white space. */
function* cutBy(text: string, span: Span, cut: Cut, locale: string | undefined): Iterable<Span> {
  const inner = text.slice(span.start, span.end);
  for (const { start, end } of partsOf(inner, cut, locale)) {
    const part = trimmed(inner, { start, end });
    if (part.start < part.end) yield { start: span.start + part.start, end: span.start + part.end };
  }
}

function partsOf(text: string, cut: Cut, locale: string | undefined): Iterable<Span> {
  switch (cut) {
    case 'sentences':
      return sentences(text, locale);
    case 'lines':
      return lines(text);
    case 'spaces':
      return betweenSpaces(text);
    case 'words':
      return wordsWithPunctuation(text, locale);
    case 'halves':
      return halves(text);
  }
}

/** Far faster than words, which are for scripts without spaces. */
function* betweenSpaces(text: string): Iterable<Span> {
  for (const { 0: part, index } of text.matchAll(/\S+/g)) yield { start: index, end: index + part.length };
}

/** From each word up to the next. */
function* wordsWithPunctuation(text: string, locale: string | undefined): Iterable<Span> {
  let start = 0;
  let first = true;
  for (const word of words(text, locale)) {
    if (!first) {
      yield { start, end: word.start };
      start = word.start;
    }
    first = false;
  }
  yield { start, end: text.length };
}

function halves(text: string): Span[] {
  const middle = beforeLowSurrogate(text, text.length >> 1);
  return [
    { start: 0, end: middle },
    { start: middle, end: text.length },
  ];
}
