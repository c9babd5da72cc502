import type { Filter, IndexDocument } from '../src/shared/search';
import { textToEmbed } from './chunking/chunk';
import { fieldsOf, filterOf } from './filter';
import type { Segment, StoredPassage } from './store/segment';
import { Bitset } from './vectors/bitset';
import type { VectorMode } from './vectors/formats';
import { toFloats } from './vectors/halves';
import { VectorIndex, type Vectors } from './vectors/vector-index';
import { Words } from './words';

/** A document, and the rows of its passages: from `first` on. */
export interface Entry {
  readonly document: IndexDocument;
  readonly passages: readonly StoredPassage[];
  readonly first: number;
}

/** Rows of one segment when an index is written anew. */
const SEGMENT_ROWS = 4096;

/** Characters of one segment, so that it stays far below what a browser takes for one value. */
const SEGMENT_CHARACTERS = 2 ** 23;

/** What all segments so far have made of the index: the documents that there are, the vectors of their passages, and their words. In memory, whole. */
export class Collection {
  readonly documents = new Map<string, Entry>();
  readonly vectors: VectorIndex;
  readonly words = new Words();
  readonly #entries: Entry[] = [];
  readonly #fields = new Set<string>();

  private constructor(vectors: VectorIndex) {
    this.vectors = vectors;
  }

  static async open(dim: number, mode: VectorMode): Promise<Collection> {
    return new Collection(await VectorIndex.open({ dim, mode }));
  }

  apply({ removed, documents, vectors, words }: Segment): void {
    for (const id of removed) this.#remove(id);
    let row = this.vectors.add(vectors);
    this.words.add(words);
    for (const { document, passages } of documents) {
      this.#remove(document.id);
      const entry = { document, passages, first: row };
      for (let end = row + passages.length; row < end; row++) this.#entries[row] = entry;
      this.documents.set(document.id, entry);
      for (const field of fieldsOf(document)) this.#fields.add(field);
    }
  }

  /** The document of a row, and which of its passages it is. */
  at(row: number): { readonly entry: Entry; readonly passage: StoredPassage } {
    const entry = this.#entries[row]!;
    return { entry, passage: entry.passages[row - entry.first]! };
  }

  /** The rows of the documents that match. Throws InvalidInputError for a field that no document has. */
  rowsOf(filter: Filter): Bitset {
    const rows = new Bitset(this.vectors.rows);
    if (this.documents.size === 0) return rows;
    const matches = filterOf(filter, this.#fields);
    for (const { document, passages, first } of this.documents.values())
      if (matches(document)) for (let i = 0; i < passages.length; i++) rows.add(first + i);
    return rows;
  }

  /** The stored vectors of the passages of some documents, in their order. */
  vectorsOf(entries: readonly Entry[]): Vectors {
    const rows = entries.flatMap(({ first, passages }) => passages.map((_, i) => this.vectors.row(first + i)));
    const { dim, mode } = this.vectors;
    const all = mode === 'float32' ? new Float32Array(rows.length * dim) : new Uint16Array(rows.length * dim);
    for (const [i, row] of rows.entries()) all.set(row, i * dim);
    return all;
  }

  /** Vectors of rows as float32, rows × dim, row-major. */
  floatsOf(rows: readonly number[]): Float32Array<ArrayBuffer> {
    const { dim } = this.vectors;
    const floats = new Float32Array(rows.length * dim);
    for (const [i, row] of rows.entries()) {
      const vector = this.vectors.row(row);
      floats.set(vector instanceof Uint16Array ? toFloats(vector) : vector, i * dim);
    }
    return floats;
  }

  /** All that there is, as segments without a past. */
  *segments(): Generator<Segment> {
    const moved = new Int32Array(this.vectors.rows).fill(-1);
    const [batches, starts]: [Entry[][], number[]] = [[], []];
    let [next, characters] = [0, 0];
    for (const entry of this.documents.values()) {
      if (batches.length === 0 || next - starts.at(-1)! >= SEGMENT_ROWS || characters >= SEGMENT_CHARACTERS) {
        batches.push([]);
        starts.push(next);
        characters = 0;
      }
      batches.at(-1)!.push(entry);
      characters += entry.document.text.length;
      for (let i = 0; i < entry.passages.length; i++) moved[entry.first + i] = next++;
    }
    const words = this.words.save(moved, starts);
    for (const [i, batch] of batches.entries())
      yield { removed: [], documents: batch.map(toStored), vectors: this.vectorsOf(batch), words: words[i]! };
  }

  #remove(id: string): void {
    const entry = this.documents.get(id);
    if (!entry) return;
    const rows = entry.passages.map((_, i) => entry.first + i);
    for (const row of rows) this.vectors.remove(row);
    this.words.remove(rows);
    this.documents.delete(id);
  }
}

function toStored({ document, passages }: Entry) {
  return { document, passages };
}

/** What a passage shows. */
export function textOf({ document }: Pick<Entry, 'document'>, { text, start, end }: StoredPassage): string {
  return text ?? document.text.slice(start, end);
}

/** What of a passage is embedded, and searched for words. */
export function fullTextOf(entry: Pick<Entry, 'document'>, passage: StoredPassage): string {
  return textToEmbed({ text: textOf(entry, passage), ...(passage.headings && { headings: passage.headings }) });
}
