import type { Pauses } from '../pauses';
import { trimmed } from '../segment';
import { Outline, type Structure } from './structure';

/** Reads plain text: blank lines divide its paragraphs. */
export async function readPlain(text: string, title: string | undefined, pauses: Pauses): Promise<Structure> {
  const outline = new Outline(title);
  let start = 0;
  for (const { 0: gap, index } of text.matchAll(/(?:\r\n?|\n)(?:[^\S\r\n]*(?:\r\n?|\n))+/g)) {
    outline.block(trimmed(text, { start, end: index }));
    start = index + gap.length;
    if (pauses.isDue) await pauses.pause();
  }
  outline.block(trimmed(text, { start, end: text.length }));
  const blocks = outline.finish().filter((block) => block.start < block.end);
  return { text, blocks, sourceOf: (span) => span };
}
