import type { Nodes, RootContent } from 'mdast';
import { fromMarkdown } from 'mdast-util-from-markdown';
import { toString as textOf } from 'mdast-util-to-string';
import type { Pauses } from '../pauses';
import { type Span, trimmed } from '../segment';
import { type Block, Outline, type Structure } from './structure';

/** Characters that are parsed at once: some 30 ms of work. */
const PIECE = 2 ** 14;

/**
 * Reads Markdown (CommonMark) by mdast: passages are stretches of the source with their markup, headings are their context.
 * Thematic breaks and link definitions are left out. Front matter is a block of lines.
 */
export async function readMarkdown(text: string, title: string | undefined, pauses: Pauses): Promise<Structure> {
  const outline = new Outline(title);
  const frontMatter = /^---\r?\n.*?\r?\n---[^\S\n]*(?:\n|$)/s.exec(text)?.[0] ?? '';
  if (frontMatter) outline.block(trimmed(text, { start: 0, end: frontMatter.length }), 'lines');
  for (const { start, end, by } of pieces(text, frontMatter.length)) {
    if (by) outline.block(trimmed(text, { start, end }), by);
    else for (const node of fromMarkdown(text.slice(start, end)).children) add(node, text, start, outline, true);
    if (pauses.isDue) await pauses.pause();
  }
  return { text, blocks: outline.finish(), sourceOf: (span) => span };
}

/** Adds a node's blocks; `from` is where the first of them begins, so that the mark of a list item goes with its text. */
function add(node: RootContent, text: string, at: number, outline: Outline, outermost: boolean, from?: number): void {
  const span = spanOf(node, at);
  const whole = { start: from ?? span.start, end: span.end };
  switch (node.type) {
    case 'heading':
      if (outermost) outline.heading(node.depth, textOf(node), whole);
      else outline.block(whole);
      break;
    case 'list':
    case 'listItem':
    case 'blockquote':
      for (const [i, child] of node.children.entries())
        add(child, text, at, outline, false, i === 0 ? whole.start : undefined);
      break;
    case 'code':
      outline.block(whole, 'lines');
      break;
    case 'thematicBreak':
    case 'definition':
      break;
    default:
      outline.block(whole, isTable(text.slice(whole.start, whole.end)) ? 'lines' : 'sentences');
  }
}

function spanOf({ position }: Nodes, at: number): Span {
  return { start: at + (position?.start.offset ?? 0), end: at + (position?.end.offset ?? 0) };
}

/** Tables are no part of CommonMark: to mdast they are paragraphs. */
function isTable(paragraph: string): boolean {
  return /^\s*\|?[\s:|-]*-[\s:|-]*\|?\s*$/m.test(paragraph) && paragraph.includes('|');
}

/** A stretch that is parsed, or one that is too long for that and becomes a block as it is. */
interface Piece extends Span {
  readonly by?: Block['by'];
}

/**
 * The text in pieces of about `PIECE` characters: mdast takes a whole document without a pause, and time that grows with the
 * square of the longest list (27 s for 1 MB). They end at a blank line, outside a fence, that a line without indent comes
 * after, so that no block but a loose list is divided; at any such line where a piece has got twice as long, and at any line
 * where four times. Longer code blocks and lines over `PIECE` characters are not parsed.
 */
function* pieces(text: string, from: number): Iterable<Piece> {
  let start = from;
  let fence: { readonly marks: string; readonly start: number } | undefined;
  let blank = false;
  for (const { 0: line, index } of text.matchAll(/[^\n]*(?:\n|$)/g)) {
    if (index < from) continue;
    const end = index + line.length;
    const marks = /^ {0,3}(`{3,}|~{3,})/.exec(line)?.[1];
    if (!fence) {
      const length = index - start;
      const begins = /^\S/.test(line);
      const isLong = line.length > PIECE;
      if (isLong || (blank && begins && length >= PIECE) || (begins && length >= 2 * PIECE) || length >= 4 * PIECE) {
        if (start < index) yield { start, end: index };
        if (isLong) yield { start: index, end, by: 'sentences' };
        start = isLong ? end : index;
      }
      fence = marks && !isLong ? { marks, start: index } : undefined;
    } else if ((marks?.startsWith(fence.marks) && line.trim() === marks) || end === text.length) {
      if (end - fence.start > 4 * PIECE) {
        if (start < fence.start) yield { start, end: fence.start };
        yield { start: fence.start, end, by: 'lines' };
        start = end;
      }
      fence = undefined;
    }
    blank = line.trim() === '';
  }
  if (start < text.length) yield { start, end: text.length };
}
