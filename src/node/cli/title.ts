import { Parser } from 'htmlparser2';
import { readHtml } from '../../../search/chunking/html';
import { readMarkdown } from '../../../search/chunking/markdown';
import { Pauses } from '../../../search/pauses';
import type { DocumentFormat } from '../../shared/search.js';

/** The front matter's `title` or the `<title>` of a document, else its first heading; null where it has none. */
export async function titleOf(text: string, format: DocumentFormat): Promise<string | null> {
  if (format === 'text') return null;
  const own = format === 'html' ? ofElement(text) : ofFrontMatter(text);
  if (own) return own;
  const read = format === 'html' ? readHtml : readMarkdown;
  const { blocks } = await read(text, undefined, new Pauses());
  return blocks.find(({ headings }) => headings.length > 0)?.headings[0] ?? null;
}

function ofFrontMatter(markdown: string): string | undefined {
  const lines = /^---\r?\n(.*?)\r?\n---/s.exec(markdown)?.[1];
  return lines && /^title:[^\S\n]*(["']?)(.+?)\1[^\S\n]*\r?$/m.exec(lines)?.[2]?.trim();
}

function ofElement(html: string): string {
  let title = '';
  let isInside = false;
  const parser = new Parser({
    onopentagname(name) {
      if (name === 'body') parser.pause();
      isInside = name === 'title' && title === ''; // that of an <svg> comes later
    },
    ontext(data) {
      if (isInside) title += data;
    },
    onclosetag() {
      isInside = false;
    },
  });
  parser.end(html);
  return title.trim().replace(/\s+/g, ' ');
}
