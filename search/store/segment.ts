import type { IndexDocument } from '../../src/shared/search';
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
}

const HEADER = 8;

/** As bytes: the length of the JSON and whether vectors are float16 (u32 each), the JSON in UTF-8 up to a multiple of 4, the vectors. */
export function encodeSegment({ removed, documents, vectors }: Segment): Uint8Array<ArrayBuffer> {
  const json = new TextEncoder().encode(JSON.stringify({ removed, documents }));
  const start = HEADER + Math.ceil(json.length / 4) * 4;
  const bytes = new Uint8Array(start + vectors.byteLength);
  const header = new DataView(bytes.buffer);
  header.setUint32(0, json.length, true);
  header.setUint32(4, vectors instanceof Uint16Array ? 1 : 0, true);
  bytes.set(json, HEADER);
  bytes.set(new Uint8Array(vectors.buffer, vectors.byteOffset, vectors.byteLength), start);
  return bytes;
}

/** Throws CorruptIndexError for bytes that no `encodeSegment` gave, or whose vectors do not fit their passages. */
export function decodeSegment(bytes: Uint8Array<ArrayBuffer>, dim: number): Segment {
  const header = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < HEADER) throw corruptIndex('a segment is cut');
  const length = header.getUint32(0, true);
  const start = HEADER + Math.ceil(length / 4) * 4;
  if (start > bytes.length) throw corruptIndex('a segment is cut');
  const { removed, documents } = parse(bytes.subarray(HEADER, HEADER + length));
  const Kind = header.getUint32(4, true) === 1 ? Uint16Array : Float32Array;
  const rows = documents.reduce((sum, { passages }) => sum + passages.length, 0);
  if (bytes.length - start !== rows * dim * Kind.BYTES_PER_ELEMENT)
    throw corruptIndex(`a segment has ${bytes.length - start} bytes of vectors for ${rows} passages`);
  return { removed, documents, vectors: new Kind(bytes.slice(start).buffer) };
}

function parse(json: Uint8Array<ArrayBuffer>): Omit<Segment, 'vectors'> {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(json));
  } catch (cause) {
    throw corruptIndex('a segment cannot be read', cause);
  }
}
