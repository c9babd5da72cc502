import { invalidInput } from '../../src/shared/errors';
import type { DocumentFormat } from '../../src/shared/search';
import { Pauses } from '../pauses';
import { beforeLowSurrogate, type Span, trimmed } from '../segment';
import { readHtml } from './html';
import { readMarkdown } from './markdown';
import { pack } from './pack';
import { readPlain } from './plain';
import type { Structure } from './structure';
import { type CountTokens, TokenCounter } from './token-counter';
import { type Unit, unitsOf } from './units';

export type { CountTokens } from './token-counter';

/** A stretch of a document that is embedded and found. */
export interface Passage {
  /** `text` and `markdown`: the stretch of the document as it stands; `html`: without tags, entities decoded. */
  readonly text: string;
  /** UTF-16 offsets in the document, the end not included. */
  readonly start: number;
  readonly end: number;
  /** The document's title and the headings that the passage stands under, from the outermost; absent where there are none. */
  readonly headings?: readonly string[];
}

export interface ChunkOptions {
  /** Default `text`: blank lines divide its paragraphs. */
  readonly format?: DocumentFormat;
  /** Stands before the headings of every passage. */
  readonly title?: string;
  /**
   * Tokens of a passage at most, with its headings and the special tokens: an integer from 8. Default 256, half of what BGE v1.5
   * reads: one vector says less of each thing the more things it stands for, and a hit is to be read at a glance.
   */
  readonly maxTokens?: number;
  /**
   * Tokens of the last sentences of a passage that the next one in the same section begins with, at most: an integer from 0 to
   * half of `maxTokens`. Default 32, about one sentence: what a "this" or "therefore" refers to.
   */
  readonly overlapTokens?: number;
  /** A BCP 47 tag for the rules of sentences and words; default the platform's. */
  readonly locale?: string;
  /** Rejects with its reason within some 50 ms, and one call of `countTokens`. */
  readonly signal?: AbortSignal;
}

export const DEFAULT_MAX_TOKENS = 256;
export const DEFAULT_OVERLAP_TOKENS = 32;

/**
 * Cuts a document into passages, in order: every word of it is in one at least, but for markup that is not text, and for
 * headings, which are the context of the passages under them. Sections are never mixed; then paragraphs, sentences and
 * lines are kept whole, words where a sentence is longer than a passage. Headings that would take more than half of a
 * passage are left out, the outermost first. An empty document gives no passage. Other work gets its turn every 20 ms.
 * Rejects with InvalidInputError, and with the signal's reason.
 */
export async function chunk(text: string, countTokens: CountTokens, options: ChunkOptions = {}): Promise<Passage[]> {
  const { format = 'text', title, locale, signal } = options;
  const { maxTokens = DEFAULT_MAX_TOKENS, overlapTokens = DEFAULT_OVERLAP_TOKENS } = options;
  if (!Object.hasOwn(READERS, format)) throw invalidInput('format', "'text', 'markdown' or 'html'", format);
  if (!Number.isInteger(maxTokens) || maxTokens < 8) throw invalidInput('maxTokens', 'an integer from 8', maxTokens);
  if (!Number.isInteger(overlapTokens) || overlapTokens < 0 || overlapTokens > maxTokens / 2)
    throw invalidInput('overlapTokens', `an integer from 0 to ${maxTokens / 2}`, overlapTokens);
  checkLocale(locale);
  signal?.throwIfAborted();
  const pauses = new Pauses(signal);
  const structure = await READERS[format](text, title, pauses);
  const counter = await TokenCounter.create(countTokens, pauses);
  const sections = await sectionsOf(structure, counter, maxTokens);
  const room = (block: { readonly headings: readonly string[] }) => sections.get(block.headings)!.room;
  const units = await unitsOf(structure.text, structure.blocks, room, { counter, pauses, locale });
  const drafts: Draft[] = [];
  for (const group of groups(units)) {
    const section = sections.get(group[0]!.block.headings)!;
    for (const { first, end } of pack(group, section.room, overlapTokens))
      drafts.push({ ...section, spans: group.slice(first, end) });
  }
  const fitting = await withinBudget(drafts, structure.text, counter, maxTokens);
  return fitting.map((draft) => {
    const span = spanOf(draft);
    return {
      text: structure.text.slice(span.start, span.end),
      ...structure.sourceOf(span),
      ...(draft.headings.length > 0 && { headings: draft.headings }),
    };
  });
}

function checkLocale(locale: string | undefined): void {
  try {
    Intl.getCanonicalLocales(locale);
  } catch {
    throw invalidInput('locale', 'a BCP 47 tag', locale);
  }
}

/** What is embedded of a passage: its headings in one line, then its text. */
export function textToEmbed({ text, headings = [] }: Pick<Passage, 'text' | 'headings'>): string {
  return headings.length > 0 ? `${headings.join(' > ')}\n${text}` : text;
}

const READERS: Record<DocumentFormat, typeof readPlain> = { text: readPlain, markdown: readMarkdown, html: readHtml };

interface Section {
  /** Those that fit. */
  readonly headings: readonly string[];
  /** Tokens that are left for the text of a passage. */
  readonly room: number;
}

async function sectionsOf({ blocks }: Structure, counter: TokenCounter, maxTokens: number) {
  const budget = maxTokens - counter.special;
  const sections = new Map<readonly string[], Section>();
  let open = [...new Set(blocks.map(({ headings }) => headings))].map((all) => ({ all, headings: all }));
  while (open.length > 0) {
    const counts = await counter.count(open.map(({ headings }) => textToEmbed({ text: '', headings })));
    const tooLong: typeof open = [];
    for (const [i, { all, headings }] of open.entries()) {
      if (counts[i]! <= budget / 2) sections.set(all, { headings, room: budget - counts[i]! });
      else tooLong.push({ all, headings: headings.slice(1) });
    }
    open = tooLong;
  }
  return sections;
}

/** Units that follow each other in one section. */
function* groups(units: readonly Unit[]): Iterable<readonly Unit[]> {
  let first = 0;
  for (let i = 1; i <= units.length; i++) {
    if (units[i]?.block.headings === units[first]!.block.headings) continue;
    yield units.slice(first, i);
    first = i;
  }
}

interface Draft extends Section {
  readonly spans: readonly Span[];
}

const spanOf = ({ spans }: Draft): Span => ({ start: spans[0]!.start, end: spans.at(-1)!.end });

/**
 * Counts the passages as they will be embedded and halves those that are over the budget: the tokens of a whole can be more than
 * those of its parts (a tokenizer that joins over their border; markup that stands between two blocks).
 */
async function withinBudget(
  drafts: readonly Draft[],
  text: string,
  counter: TokenCounter,
  maxTokens: number,
): Promise<Draft[]> {
  const fitting: Draft[] = [];
  let open = drafts;
  while (open.length > 0) {
    const wholes = open.map((draft) => {
      const { start, end } = spanOf(draft);
      return textToEmbed({ text: text.slice(start, end), headings: draft.headings });
    });
    const counts = await counter.count(wholes);
    const finer: Draft[] = [];
    for (const [i, draft] of open.entries()) {
      const { start, end } = spanOf(draft);
      if (counts[i]! + counter.special <= maxTokens || end - start < 2) fitting.push(draft);
      else for (const spans of halved(draft.spans, text)) finer.push({ ...draft, spans });
    }
    open = finer;
  }
  return fitting.sort((a, b) => a.spans[0]!.start - b.spans[0]!.start || spanOf(a).end - spanOf(b).end);
}

function halved(spans: readonly Span[], text: string): (readonly Span[])[] {
  const middle = spans.length >> 1;
  if (middle > 0) return [spans.slice(0, middle), spans.slice(middle)];
  const { start, end } = spans[0]!;
  const cut = beforeLowSurrogate(text, (start + end) >> 1);
  const halves = [trimmed(text, { start, end: cut }), trimmed(text, { start: cut, end })];
  return halves.filter((half) => half.start < half.end).map((half) => [half]);
}
