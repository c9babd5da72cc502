import type { TokenWeights } from '../src/shared/scores';
import type { IndexDocument, SearchHost } from '../src/shared/search';
import { type Collection, type Entry, fullTextOf } from './collection';
import type { Segment, StoredDocument, StoredPassage } from './store/segment';
import { keptVectors, type Vectors } from './vectors/vector-index';
import { savedWeights, weightsAt, wordsOf } from './words';

/** Texts of one pass to the embedder. */
const PIECE = 128;

/** What a call needs of the world: its models, and whether it was cancelled. */
export interface Work {
  readonly callId: number;
  readonly host: SearchHost;
  readonly signal: AbortSignal;
}

/** True if the two are the same in every field: nothing is to be done then. */
export function isSame(a: IndexDocument, b: IndexDocument): boolean {
  if (a === b) return true;
  if (a.text !== b.text) return false;
  const fields = ({ text: _, ...rest }: IndexDocument) => JSON.stringify(Object.entries(rest).sort());
  return fields(a) === fields(b);
}

/**
 * Gives the change that puts the documents into the collection. A passage whose text the document's old version has keeps
 * its vector; only the others go through the model, each text once. `onPassages` hears how many have gone.
 */
export async function prepare(
  documents: readonly StoredDocument[],
  collection: Collection,
  work: Work,
  onPassages: (embedded: number) => void,
): Promise<{ readonly segment: Segment; readonly embedded: number }> {
  const { dim, mode } = collection.vectors;
  const known = new Map<string, number>();
  const rows: { readonly old?: number; readonly text: string }[] = [];
  for (const { document, passages } of documents) {
    const old = oldRows(collection.documents.get(document.id));
    for (const passage of passages) {
      const text = fullTextOf({ document }, passage);
      const row = old.get(text);
      if (row === undefined) known.set(text, known.get(text) ?? known.size);
      rows.push(row === undefined ? { text } : { text, old: row });
    }
  }
  const { vectors: fresh, weights } = await embed([...known.keys()], collection, work, onPassages);
  const vectors = mode === 'float32' ? new Float32Array(rows.length * dim) : new Uint16Array(rows.length * dim);
  for (const [i, { old, text }] of rows.entries()) {
    const at = known.get(text)! * dim;
    vectors.set(old === undefined ? fresh.subarray(at, at + dim) : collection.vectors.row(old), i * dim);
  }
  const first = collection.vectors.rows;
  const { weights: index } = collection.words;
  if (!index) {
    const words = await wordsOf(documents, first, work.signal);
    return { segment: { removed: [], documents, vectors, words }, embedded: known.size };
  }
  const kept = index.weightsOf(new Set(rows.flatMap(({ old }) => old ?? [])));
  const own = rows.map(({ old, text }) => (old === undefined ? weights.rows[known.get(text)!]! : kept.get(old)!));
  const words = savedWeights(own, first, { get: (token) => weights.texts.get(token) ?? index.texts.get(token) });
  return { segment: { removed: [], documents, vectors, words }, embedded: known.size };
}

/** Rows by what was embedded. */
function oldRows(entry: Entry | undefined): Map<string, number> {
  return new Map(entry?.passages.map((passage: StoredPassage, i) => [fullTextOf(entry, passage), entry.first + i]));
}

/** The vectors as they are kept; with weights, where the collection has such. */
async function embed(
  texts: readonly string[],
  { vectors: { dim, mode }, words }: Collection,
  { callId, host, signal }: Work,
  onPassages: (embedded: number) => void,
) {
  const vectors: Vectors =
    mode === 'float32' ? new Float32Array(texts.length * dim) : new Uint16Array(texts.length * dim);
  const weights = { rows: [] as TokenWeights[], texts: new Map<number, string>() };
  for (let from = 0; from < texts.length; from += PIECE) {
    const piece = texts.slice(from, from + PIECE);
    const embedded = words.weights
      ? await host.embedWithWeights(callId, 'passage', piece)
      : { vectors: await host.embed(callId, 'passage', piece), weights: null };
    signal.throwIfAborted();
    vectors.set(keptVectors(embedded.vectors, dim, mode), from * dim);
    if (embedded.weights) {
      for (const i of piece.keys()) weights.rows.push(weightsAt(embedded.weights, i));
      for (const [token, text] of embedded.weights.tokens) weights.texts.set(token, text);
    }
    onPassages(from + piece.length);
  }
  return { vectors, weights };
}
