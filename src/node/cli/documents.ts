import { open, readdir, readFile, stat } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import picomatch from 'picomatch';
import { BgeError } from '../../shared/errors.js';
import type { DocumentFormat, IndexDocument } from '../../shared/search.js';
import { titleOf } from './title.js';

const FORMATS: Readonly<Record<string, DocumentFormat>> = {
  '.md': 'markdown',
  '.markdown': 'markdown',
  '.html': 'html',
  '.htm': 'html',
};

const KINDS = ['**/*.{md,markdown,txt,html,htm}'];

/**
 * Gives the documents of a folder in the order of their ids, or of a .jsonl file in the order of its lines. Rejects with
 * InvalidInputError where there are none, for a file that is no UTF-8, or a line that is no object; or with the reason of `signal`.
 */
export async function readDocuments(
  source: string,
  include: readonly string[] | undefined,
  signal: AbortSignal,
): Promise<IndexDocument[]> {
  const isFolder = (await statOf(source)).isDirectory();
  if (!isFolder && extname(source).toLowerCase() !== '.jsonl')
    throw invalid(`${source} is neither a folder nor a .jsonl file`);
  if (!isFolder && include) throw invalid('--include is for the files of a folder');
  const documents = isFolder ? await ofFolder(source, include ?? KINDS, signal) : await ofLines(source, signal);
  if (documents.length === 0) throw invalid(`${source} has no documents`);
  return documents;
}

async function ofFolder(root: string, include: readonly string[], signal: AbortSignal): Promise<IndexDocument[]> {
  const matches = picomatch([...include], { nocase: true });
  const ids = (await filesBelow(root, '')).filter((path) => matches(path)).sort();
  const documents: IndexDocument[] = [];
  for (const id of ids) {
    signal.throwIfAborted();
    const text = decoded(await readFile(join(root, id)), join(root, id));
    const format = FORMATS[extname(id).toLowerCase()] ?? 'text';
    documents.push({ id, text, title: (await titleOf(text, format)) ?? basename(id, extname(id)), format });
  }
  return documents;
}

/** Paths below the folder, with `/`; links are not followed. */
async function filesBelow(root: string, folder: string): Promise<string[]> {
  const paths: string[] = [];
  for (const entry of await readdir(join(root, folder), { withFileTypes: true })) {
    const path = folder ? `${folder}/${entry.name}` : entry.name;
    const isLeftOut = entry.name.startsWith('.') || entry.name === 'node_modules';
    if (entry.isDirectory() && !isLeftOut) paths.push(...(await filesBelow(root, path)));
    else if (entry.isFile() && !isLeftOut) paths.push(path);
  }
  return paths;
}

async function ofLines(file: string, signal: AbortSignal): Promise<IndexDocument[]> {
  const handle = await open(file);
  const documents: IndexDocument[] = [];
  let number = 0;
  try {
    for await (const line of handle.readLines()) {
      signal.throwIfAborted();
      number++;
      if (line.trim() !== '') documents.push(parsed(line, `${file}:${number}`));
    }
  } finally {
    await handle.close();
  }
  return documents;
}

function parsed(line: string, where: string): IndexDocument {
  let document: unknown;
  try {
    document = JSON.parse(line);
  } catch {
    throw invalid(`${where} is not JSON`);
  }
  const { id, text } = (document ?? {}) as Partial<IndexDocument>;
  if (typeof id !== 'string' || id === '') throw invalid(`${where} has no "id" that is a string`);
  if (typeof text !== 'string') throw invalid(`${where} has no "text" that is a string`);
  return document as IndexDocument;
}

function decoded(bytes: Uint8Array, file: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw invalid(`${file} is no text in UTF-8`);
  }
}

async function statOf(path: string) {
  try {
    return await stat(path);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw cause;
    throw invalid(`there is no ${path}`);
  }
}

function invalid(message: string): BgeError {
  return new BgeError('InvalidInputError', message);
}
