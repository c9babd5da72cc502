import type { Span } from '../segment';

/** A stretch of a text that belongs together: a paragraph, a list item, a code block, a table. */
export interface Block extends Span {
  /** The headings that it stands under, from the outermost; one and the same array for all blocks of a section. */
  readonly headings: readonly string[];
  /** What it is cut into: code and tables into lines, everything else into sentences. */
  readonly by: 'sentences' | 'lines';
}

/** A document as it is read: its text, without markup that is not text, and its blocks in order. */
export interface Structure {
  readonly text: string;
  readonly blocks: readonly Block[];
  /** The stretch of the document that a stretch of `text` comes from. */
  sourceOf(span: Span): Span;
}

/** No heading is as long; what is marked as one is a paragraph, and would leave the passages below it no room. */
const LONGEST_HEADING = 200;

/** Gathers the blocks of a document, and knows the headings above each. A heading with nothing below it becomes a block. */
export class Outline {
  readonly #blocks: Block[] = [];
  #above: readonly { readonly depth: number; readonly text: string }[] = [];
  #headings: readonly string[];
  #bare: { readonly depth: number; readonly block: Block } | undefined;
  readonly #title: readonly string[];

  constructor(title: string | undefined) {
    this.#title = title?.trim() ? [title.trim()] : [];
    this.#headings = this.#title;
  }

  block(span: Span, by: Block['by'] = 'sentences'): void {
    this.#bare = undefined;
    this.#blocks.push({ ...span, headings: this.#headings, by });
  }

  /** A heading of depth 1 to 6: it ends the sections of its depth and deeper. */
  heading(depth: number, text: string, span: Span): void {
    if (text.length > LONGEST_HEADING) {
      this.block(span);
      return;
    }
    this.#keepBare(depth);
    this.#above = this.#above.filter((heading) => heading.depth < depth);
    const above = this.#path();
    const headings = above.at(-1) === text ? above.slice(0, -1) : above;
    this.#bare = { depth, block: { ...span, headings, by: 'sentences' } };
    this.#above = [...this.#above, { depth, text }];
    this.#headings = this.#path();
  }

  /** All blocks, at the end of the document. */
  finish(): readonly Block[] {
    this.#keepBare(0);
    return this.#blocks;
  }

  #keepBare(nextDepth: number): void {
    if (this.#bare && nextDepth <= this.#bare.depth) this.#blocks.push(this.#bare.block);
    this.#bare = undefined;
  }

  /** What stands there twice, such as a title that is the first heading too, is said once. */
  #path(): readonly string[] {
    const all = [...this.#title, ...this.#above.map(({ text }) => text)];
    return all.filter((text, i) => text !== all[i - 1]);
  }
}
