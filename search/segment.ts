/** A part of a text: UTF-16 offsets, the end not included. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** A word of a text: where it stands, and the form in which words are compared. */
export interface Word extends Span {
  /** The word in Unicode's form NFKC and lower case. */
  readonly term: string;
}

type Granularity = 'word' | 'sentence';

const segmenters = new Map<string, Intl.Segmenter>();

function segmenterOf(granularity: Granularity, locale: string | undefined): Intl.Segmenter {
  const key = `${granularity} ${locale ?? ''}`;
  const known = segmenters.get(key);
  if (known) return known;
  const made = new Intl.Segmenter(locale, { granularity });
  segmenters.set(key, made);
  return made;
}

/**
 * V8 takes time that grows with the square of the text's length (Node 20: 29 s for the words of 180,000 characters), so
 * texts are read through windows of so many characters. A longer word or sentence is cut there.
 */
const WINDOW = { word: 256, sentence: 2048 } as const;

/** The segments of `text`, without a gap. The last one of a window may go on after it, so the next window starts with it. */
function* segmentsOf(granularity: Granularity, text: string, locale: string | undefined): Iterable<Intl.SegmentData> {
  const segmenter = segmenterOf(granularity, locale);
  let from = 0;
  while (from < text.length) {
    const to = beforeLowSurrogate(text, Math.min(text.length, from + WINDOW[granularity]));
    let last: Intl.SegmentData | undefined;
    for (const segment of segmenter.segment(text.slice(from, to))) {
      if (last) yield { ...last, index: from + last.index };
      last = segment;
    }
    if (!last) return;
    const next = to === text.length || last.index === 0 ? to : from + last.index;
    if (next === to) yield { ...last, index: from + last.index };
    from = next;
  }
}

/** The offset itself, or the one before if it lies between the two halves of a character. */
export function beforeLowSurrogate(text: string, offset: number): number {
  const code = text.charCodeAt(offset);
  return code >= 0xdc00 && code <= 0xdfff && offset > 1 ? offset - 1 : offset;
}

/**
 * Gives the words of a text in order, without punctuation and spaces, by Unicode's rules and, for Chinese, Japanese, Thai and
 * other scripts without spaces, by the dictionaries of `Intl.Segmenter`. `locale` is a BCP 47 tag; default the platform's.
 * Characters without a word of their own kind (emoji) give none. Words over 256 characters come in pieces.
 */
export function* words(text: string, locale?: string): Iterable<Word> {
  for (const { segment, index, isWordLike } of segmentsOf('word', text, locale))
    if (isWordLike) yield { term: fold(segment), start: index, end: index + segment.length };
}

/** The form in which words are compared: full-width and ligature forms become plain (NFKC), upper case becomes lower case. */
export function fold(word: string): string {
  return word.normalize('NFKC').toLowerCase();
}

/**
 * Gives the sentences of a text in order, by Unicode's rules; without the spaces around them, and none that is only spaces.
 * A line break ends no sentence: texts are often wrapped at 80 columns. Sentences over 2048 characters come in pieces.
 */
export function* sentences(text: string, locale?: string): Iterable<Span> {
  const unwrapped = text.replace(/[\r\n\u0085\u2028\u2029]/g, ' ');
  for (const { segment, index } of segmentsOf('sentence', unwrapped, locale)) {
    const span = trimmed(unwrapped, { start: index, end: index + segment.length });
    if (span.start < span.end) yield span;
  }
}

/** Gives the lines of a text in order, without the spaces around them, and none that is only spaces. */
export function* lines(text: string): Iterable<Span> {
  for (const { 0: line, index } of text.matchAll(/[^\r\n\u0085\u2028\u2029]+/g)) {
    const span = trimmed(text, { start: index, end: index + line.length });
    if (span.start < span.end) yield span;
  }
}

/** The span without the white space at its ends; empty if there is nothing else. */
export function trimmed(text: string, { start, end }: Span): Span {
  const inner = text.slice(start, end);
  const before = inner.length - inner.trimStart().length;
  return { start: start + before, end: start + Math.max(before, inner.trimEnd().length) };
}
