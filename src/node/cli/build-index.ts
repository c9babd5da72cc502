import { stat } from 'node:fs/promises';
import type { IndexDocument } from '../../shared/search.js';
// The package's other file, and not a second copy of it: see scripts/build.mjs.
import { createEmbedder, createIndex, type EmbedderOptions, type IndexOptions } from '../index.js';
import { writeWhole } from '../whole-file.js';
import { readDocuments } from './documents.js';
import { KnownVectors } from './known-vectors.js';
import { Reporter } from './reporter.js';

export interface BuildOptions {
  /** A folder, or a .jsonl file. */
  readonly source: string;
  readonly out: string;
  /** Patterns of a folder's files; undefined for the usual kinds. */
  readonly include: readonly string[] | undefined;
  readonly model: Pick<EmbedderOptions, 'model' | 'dtype' | 'modelBase' | 'cacheDir'>;
  readonly index: Pick<IndexOptions, 'vectors' | 'passageTokens'>;
  readonly tell: (line: string) => void;
  readonly signal: AbortSignal;
}

/**
 * Builds an index of documents as a file, and gives a line that says what it has. The file is always built anew, in the order of the
 * documents, so that the same documents and options give the same bytes; only vectors are taken from the file that was there.
 * Rejects with the errors of models and indexes, or the reason of `signal`, and then has left the file as it was.
 */
export async function buildIndex({ source, out, include, model, index: options, tell, signal }: BuildOptions) {
  const started = performance.now();
  const reporter = new Reporter(tell);
  const documents = await readDocuments(source, include, signal);
  reporter.tell(`${count(documents.length, 'document')} in ${source}`);
  const before = await KnownVectors.open(out);
  const embedder = await createEmbedder({
    ...model,
    signal,
    onProgress: (event) => {
      if (event.phase === 'download' && !event.cached)
        reporter.progress(`model: ${megabytes(event.loaded)} of ${megabytes(event.total)}`);
      if (event.phase === 'warning') reporter.tell(event.message);
    },
  });
  const known = before.for(embedder, options.vectors);
  if (known.reason) reporter.tell(`${out} is built anew: ${known.reason}`);
  const index = await createIndex({ ...options, embedder: known, signal });
  const { passages } = await index.add(documents, {
    signal,
    onProgress: (event) => {
      if (event.phase === 'add') reporter.progress(progressOf(event.documents, documents, known.embedded));
    },
  });
  await index.compact({ signal }); // few large segments in place of one for each batch
  const file = await index.export({ signal });
  await writeWhole(out, file.stream() as unknown as AsyncIterable<Uint8Array>, signal);
  embedder.dispose();
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  const { size } = await stat(out);
  const counts = `${count(documents.length, 'document')}, ${count(passages, 'passage')} (${number(known.embedded)} embedded)`;
  return `${out}: ${counts}, ${number(size)} bytes, ${seconds} s`;
}

function progressOf(done: number, documents: readonly IndexDocument[], embedded: number): string {
  return `${number(done)} of ${count(documents.length, 'document')}, ${count(embedded, 'passage')} embedded`;
}

const number = (value: number) => value.toLocaleString('en');
const count = (value: number, what: string) => `${number(value)} ${what}${value === 1 ? '' : 's'}`;
const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`;
