import type { IndexDocument } from 'bge-web/search';

/** A note is a file of Markdown or plain text. */
export interface Note {
  /** Its path: where it was imported from, and where it goes in an export. */
  readonly id: string;
  readonly text: string;
  /** Milliseconds since 1970. */
  readonly modified: number;
  /** Written here, or changed here since its import: an import must not take its place without a copy. */
  readonly edited?: boolean;
}

/** The path of a note that is written here: "2026-11-25 09.15.12.345.md". */
export function newId(now = new Date()): string {
  const local = new Date(now.getTime() - now.getTimezoneOffset() * 60_000).toISOString();
  return `${local.slice(0, -1).replace('T', ' ').replaceAll(':', '.')}.md`;
}

/** "a/b.md" → "a/b (2).md", the first that is free. */
export async function freeId(id: string, isTaken: (id: string) => Promise<boolean>): Promise<string> {
  const [, name, extension] = /^(.*?)(\.\w+)?$/.exec(id)!;
  for (let i = 2; ; i++) {
    const next = `${name} (${i})${extension ?? ''}`;
    if (!(await isTaken(next))) return next;
  }
}

/** Its first heading, else its file's name, else, for one that was written here, its first line. */
export function titleOf({ id, text }: Pick<Note, 'id' | 'text'>): string {
  const start = text.slice(bodyStart(text), bodyStart(text) + 1000).trimStart();
  const heading = /^#{1,6}\s+(.+)/.exec(start)?.[1]?.trim();
  if (heading) return heading;
  return isDated(id) ? start.split('\n', 1)[0]!.trim().slice(0, 80) : fileName(id);
}

/** What the index knows of a note. The same note gives the same document, so that adding it again costs nothing. */
export function documentOf(note: Note): IndexDocument {
  const { id, text } = note;
  const body = text.slice(bodyStart(text));
  const format = /\.(md|markdown)$/i.test(id) ? 'markdown' : 'text';
  // A title is embedded with each passage, as headings are: it must not be a part of the text, or an edit there would change all of them.
  return { id, text: body, format, ...(!isDated(id) && { title: fileName(id) }) };
}

/** Where the text begins, after Obsidian's properties. */
export function bodyStart(text: string): number {
  return /^---\r?\n[\s\S]*?\r?\n---\r?\n/.exec(text)?.[0].length ?? 0;
}

const isDated = (id: string) => /^\d{4}-\d\d-\d\d \d\d\.\d\d\.\d\d/.test(id);

const fileName = (id: string) => id.replace(/^.*\//, '').replace(/\.\w+$/, '');
