import type { Note } from './note';

/** A text file, or why it is left out. */
export type Found = Note | { readonly id: string; readonly skipped: 'not text' | 'too large' | 'not readable' };

const LARGEST = 2_000_000;

interface Source {
  readonly path: string;
  readonly bytes: number;
  readonly modified: number;
  text(): Promise<string>;
}

/** Gives the Markdown and text files of what was chosen or dropped; zips are opened. Hidden folders, such as Obsidian's own, are passed over. */
export async function* notesIn(files: AsyncIterable<File> | Iterable<File>): AsyncGenerator<Found> {
  for await (const file of files) {
    const path = pathOf(file);
    if (/\.zip$/i.test(path)) yield* zipped(file);
    else yield* read({ path, bytes: file.size, modified: file.lastModified, text: () => file.text() });
  }
}

/** The files of a drop, of its folders too. To be called before the event is over. */
export function dropped(transfer: DataTransfer): AsyncIterable<File> | Iterable<File> {
  const entries = Array.from(transfer.items, (item) => item.webkitGetAsEntry());
  return entries.every((entry) => entry !== null) && entries.length > 0 ? walk(entries) : [...transfer.files];
}

const paths = new WeakMap<File, string>();

const pathOf = (file: File) => paths.get(file) ?? (file.webkitRelativePath || file.name);

async function* walk(entries: readonly FileSystemEntry[]): AsyncGenerator<File> {
  for (const entry of entries) {
    if (entry.isDirectory) {
      const reader = (entry as FileSystemDirectoryEntry).createReader();
      const some = () => new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
      for (let inside = await some(); inside.length > 0; inside = await some()) yield* walk(inside);
    } else {
      const file = await new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject));
      paths.set(file, entry.fullPath.replace(/^\//, ''));
      yield file;
    }
  }
}

async function* zipped(file: File): AsyncGenerator<Found> {
  const { BlobReader, TextWriter, ZipReader } = await import('./zip');
  const zip = new ZipReader(new BlobReader(file));
  try {
    for await (const entry of zip.getEntriesGenerator()) {
      if (entry.directory) continue;
      const { filename: path, uncompressedSize: bytes, lastModDate } = entry;
      yield* read({ path, bytes, modified: lastModDate.getTime(), text: () => entry.getData(new TextWriter()) });
    }
  } catch {
    yield { id: pathOf(file), skipped: 'not readable' };
  } finally {
    await zip.close();
  }
}

async function* read({ path, bytes, modified, text }: Source): AsyncGenerator<Found> {
  if (/(^|\/)(\.|__MACOSX\/)/.test(path)) return;
  if (!/\.(md|markdown|txt)$/i.test(path)) yield { id: path, skipped: 'not text' };
  else if (bytes > LARGEST) yield { id: path, skipped: 'too large' };
  else {
    const content = await text().catch(() => null);
    if (content === null) yield { id: path, skipped: 'not readable' };
    else yield { id: path, text: content, modified };
  }
}

/** All notes as one zip of files, that `notesIn` reads back as they were. */
export async function zipOf(notes: Iterable<Note>): Promise<Blob> {
  const { BlobWriter, TextReader, ZipWriter } = await import('./zip');
  const zip = new ZipWriter(new BlobWriter('application/zip'));
  for (const { id, text, modified } of notes)
    await zip.add(id, new TextReader(text), { lastModDate: new Date(modified) });
  return zip.close();
}
