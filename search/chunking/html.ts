import { Parser } from 'htmlparser2';
import type { Pauses } from '../pauses';
import type { Span } from '../segment';
import { SourceMap } from './source-map';
import { Outline, type Structure } from './structure';

/** Characters that are parsed at once. */
const PIECE = 2 ** 15;

/** Elements whose content is not read. */
const UNREAD = new Set(
  'head title script style template noscript svg math iframe object canvas audio video select textarea'.split(' '),
);

/** Elements that begin a line of their own. */
const BLOCKS = new Set(
  (
    'address article aside blockquote body caption dd details dialog div dl dt fieldset figcaption figure footer form ' +
    'h1 h2 h3 h4 h5 h6 header hr html legend li main menu nav ol p pre search section summary table tbody tfoot thead tr ul'
  ).split(' '),
);

/**
 * Reads HTML without a DOM: text without tags and with its entities decoded, white space as a browser shows it, a line for
 * each block element. Scripts, styles, the head, and what is `hidden` are not read; navigation is.
 */
export async function readHtml(html: string, title: string | undefined, pauses: Pauses): Promise<Structure> {
  const reader = new Reader(new Outline(title));
  const parser = new Parser({
    onopentag: (name, attributes) => reader.open(name, 'hidden' in attributes),
    onclosetag: (name) => reader.close(name),
    ontext: (data) => reader.read(data, parser.startIndex, parser.endIndex + 1),
  });
  for (let start = 0; start < html.length; start += PIECE) {
    parser.write(html.slice(start, start + PIECE));
    if (pauses.isDue) await pauses.pause();
  }
  parser.end();
  return reader.finish();
}

class Reader {
  readonly #outline: Outline;
  readonly #map = new SourceMap();
  /** How many elements are open from the one on that is not read; every start has its end, `<br>` too. */
  #unread = 0;
  #blockStart = 0;
  #heading = 0;
  #preformatted = 0;
  /** White space that shows if more text of the same block comes. */
  #space = false;

  constructor(outline: Outline) {
    this.#outline = outline;
  }

  open(name: string, hidden: boolean): void {
    if (this.#unread > 0 || hidden || UNREAD.has(name)) {
      this.#unread++;
      return;
    }
    if (BLOCKS.has(name)) this.#endBlock();
    if (name === 'br') this.#breakLine();
    if (name === 'td' || name === 'th') this.#space = true;
    if (name === 'pre') this.#preformatted++;
    if (/^h[1-6]$/.test(name)) this.#heading = Number(name[1]);
  }

  close(name: string): void {
    if (this.#unread > 0) {
      this.#unread--;
      return;
    }
    if (BLOCKS.has(name)) this.#endBlock();
    if (name === 'pre') this.#preformatted = Math.max(0, this.#preformatted - 1);
    if (/^h[1-6]$/.test(name)) this.#heading = 0;
  }

  read(data: string, start: number, end: number): void {
    if (this.#unread > 0) return;
    const verbatim = data.length === end - start;
    for (const { 0: part, index } of data.matchAll(this.#preformatted ? /.+/gs : /\s+|\S+/g)) {
      if (!this.#preformatted && /^\s/.test(part)) {
        this.#space = true;
        continue;
      }
      if (this.#space && this.#map.length > this.#blockStart) this.#map.insert(' ');
      this.#space = false;
      if (verbatim) this.#map.copy(part, start + index);
      else this.#map.replace(part, { start, end });
    }
  }

  finish(): Structure {
    this.#endBlock();
    return { text: this.#map.text(), blocks: this.#outline.finish(), sourceOf: (span) => this.#map.sourceOf(span) };
  }

  #breakLine(): void {
    if (this.#map.length > this.#blockStart) this.#map.insert('\n');
    this.#space = false;
  }

  #endBlock(): void {
    this.#space = false;
    const start = this.#blockStart;
    const inner = this.#map.since(start);
    const span: Span = {
      start: start + inner.length - inner.trimStart().length,
      end: start + inner.trimEnd().length,
    };
    if (span.start < span.end) {
      if (this.#heading) this.#outline.heading(this.#heading, inner.trim().replace(/\s+/g, ' '), span);
      else this.#outline.block(span, this.#preformatted ? 'lines' : 'sentences');
      this.#map.insert('\n');
    }
    this.#blockStart = this.#map.length;
  }
}
