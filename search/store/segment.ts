import type { IndexDocument } from '../../src/shared/search';
import type { SavedWords } from '../lexical/word-index';
import { corruptIndex } from './corrupt';

/** A passage of a document: which of its text it shows, and what was embedded where that is something else. */
export interface StoredPassage {
  /** UTF-16 positions in the document's text. */
  readonly start: number;
  readonly end: number;
  /** Absent where it is the document's text from `start` to `end`. */
  readonly text?: string;
  /** The document's title and the headings above, from the outermost: embedded before the text. */
  readonly headings?: readonly string[];
}

export interface StoredDocument {
  readonly document: IndexDocument;
  readonly passages: readonly StoredPassage[];
}

/** Vectors of one kind: float32, or float16 as its bits. */
export type StoredVectors = Float32Array<ArrayBuffer> | Uint16Array<ArrayBuffer>;

/** One change of an index: the documents that go, then those that come (and replace those of the same id), with a vector for each of their passages. */
export interface Segment {
  readonly removed: readonly string[];
  readonly documents: readonly StoredDocument[];
  readonly vectors: StoredVectors;
  /** The words of the passages, by the rows that these have when all changes are made in order. */
  readonly words: SavedWords;
}

/** The arrays of the words, in the order in which they are stored. */
const LISTS = ['passages', 'lengths', 'offsets', 'rows', 'values'] as const;

const HEADER = 8;

/**
 * As bytes: the length of the JSON and whether vectors are float16 (u32 each), the JSON in UTF-8 up to a multiple of 4, the
 * arrays of the words (their lengths are in the JSON), the vectors.
 */
export function encodeSegment({ removed, documents, vectors, words }: Segment): Uint8Array<ArrayBuffer> {
  const lengths = LISTS.map((list) => words[list].length);
  const json = new TextEncoder().encode(JSON.stringify({ removed, documents, words: words.words, lengths }));
  const arrays = [...LISTS.map((list) => words[list]), vectors];
  let at = HEADER + padded(json.length);
  const bytes = new Uint8Array(at + arrays.reduce((sum, { byteLength }) => sum + byteLength, 0));
  const header = new DataView(bytes.buffer);
  header.setUint32(0, json.length, true);
  header.setUint32(4, vectors instanceof Uint16Array ? 1 : 0, true);
  bytes.set(json, HEADER);
  for (const { buffer, byteOffset, byteLength } of arrays) {
    bytes.set(new Uint8Array(buffer, byteOffset, byteLength), at);
    at += byteLength;
  }
  return bytes;
}

const padded = (bytes: number) => Math.ceil(bytes / 4) * 4;

/** Throws CorruptIndexError for bytes that no `encodeSegment` gave, or whose vectors do not fit their passages. */
export function decodeSegment(bytes: Uint8Array<ArrayBuffer>, dim: number): Segment {
  const header = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < HEADER) throw corruptIndex('a segment is cut');
  const length = header.getUint32(0, true);
  if (HEADER + length > bytes.length) throw corruptIndex('a segment is cut');
  const { removed, documents, words, lengths } = parse(bytes.subarray(HEADER, HEADER + length));
  let start = HEADER + padded(length);
  const lists = LISTS.map((list, i) => {
    const end = start + 4 * lengths[i]!;
    if (end > bytes.length) throw corruptIndex('a segment is cut');
    const { buffer } = bytes.slice(start, end);
    start = end;
    return [list, list === 'values' ? new Float32Array(buffer) : new Uint32Array(buffer)];
  });
  const Kind = header.getUint32(4, true) === 1 ? Uint16Array : Float32Array;
  const rows = documents.reduce((sum, { passages }) => sum + passages.length, 0);
  if (bytes.length - start !== rows * dim * Kind.BYTES_PER_ELEMENT)
    throw corruptIndex(`a segment has ${bytes.length - start} bytes of vectors for ${rows} passages`);
  const vectors = new Kind(bytes.slice(start).buffer);
  return { removed, documents, vectors, words: { words, ...Object.fromEntries(lists) } };
}

interface Head extends Pick<Segment, 'removed' | 'documents'> {
  readonly words: string;
  readonly lengths: readonly number[];
}

function parse(json: Uint8Array<ArrayBuffer>): Head {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(json));
  } catch (cause) {
    throw corruptIndex('a segment cannot be read', cause);
  }
}
