import { canDigest, sha256 } from '../../worker/model-store/digest';
import { corruptIndex } from './corrupt';
import { checkSegment, FORMAT, withLexical } from './history';
import type { Manifest } from './store';

/** "BGEINDEX", the format (u32), the length of the manifest (u32), its SHA-256; the manifest as JSON; the segments in its order. */
const MAGIC = 'BGEINDEX';
export const HEADER = 48;

/** A whole index as it lies in a file. */
export interface IndexFile {
  readonly manifest: Manifest;
  readonly segments: readonly Uint8Array<ArrayBuffer>[];
}

/** The parts of the file, in order: the same ones for the same history, as its segments are named by their places. */
export async function indexFileParts({ manifest, segments }: IndexFile): Promise<Uint8Array<ArrayBuffer>[]> {
  const placed = manifest.segments.map((reference, i) => ({ ...reference, id: `${i}` }));
  const json = new TextEncoder().encode(JSON.stringify({ ...manifest, segments: placed }));
  const header = new Uint8Array(HEADER);
  new TextEncoder().encodeInto(MAGIC, header);
  new DataView(header.buffer).setUint32(8, FORMAT, true);
  new DataView(header.buffer).setUint32(12, json.length, true);
  header.set(fromHex(await sha256(json)), 16);
  return [header, json, ...segments];
}

/** Whether it begins as an index does. */
export function isIndexFile(file: Uint8Array): boolean {
  return new TextDecoder().decode(file.subarray(0, MAGIC.length)) === MAGIC;
}

/** Where the segments of a file begin. Throws CorruptIndexError for a file that begins like no index, or like one of another version. */
export function endOfHead(file: Uint8Array<ArrayBuffer>): number {
  const header = new DataView(file.buffer, file.byteOffset, file.byteLength);
  if (!isIndexFile(file)) throw corruptIndex('the file is no index');
  if (file.length < HEADER) throw corruptIndex(CUT);
  const format = header.getUint32(8, true);
  if (format !== FORMAT)
    throw corruptIndex(`the file has format ${format}, and this version of bge-web reads ${FORMAT}`);
  return HEADER + header.getUint32(12, true);
}

/** The manifest of a file's head. Throws CorruptIndexError if it cannot be read. */
export function manifestOf(head: Uint8Array<ArrayBuffer>): Manifest {
  try {
    return withLexical(JSON.parse(new TextDecoder().decode(head.subarray(HEADER))));
  } catch (cause) {
    throw corruptIndex('the head of the file cannot be read', cause);
  }
}

/** Throws CorruptIndexError if a file's head is not as it was written. */
export async function checkHead(head: Uint8Array<ArrayBuffer>): Promise<void> {
  const hash = head.subarray(16, HEADER);
  if (canDigest() && hash.some((byte) => byte > 0) && toHex(hash) !== (await sha256(head.subarray(HEADER))))
    throw corruptIndex('the head of the file has another SHA-256 than when it was written');
}

/** Reads a file, and checks it by its hashes. Throws CorruptIndexError for one that is cut, changed, of another version, or no index at all. */
export async function readIndexFile(file: Uint8Array<ArrayBuffer>): Promise<IndexFile> {
  const start = endOfHead(file);
  if (file.length < start) throw corruptIndex(CUT);
  const head = file.subarray(0, start);
  await checkHead(head);
  const manifest = manifestOf(head);
  const segments: Uint8Array<ArrayBuffer>[] = [];
  let at = start;
  for (const reference of manifest.segments) {
    const bytes = file.slice(at, at + reference.bytes);
    if (bytes.length < reference.bytes) throw corruptIndex(CUT);
    await checkSegment(reference, bytes);
    segments.push(bytes);
    at += reference.bytes;
  }
  if (at !== file.length) throw corruptIndex('the file goes on after its last segment');
  return { manifest, segments };
}

export const CUT = 'the file is cut';

function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

function fromHex(hex: string): Uint8Array {
  return Uint8Array.from(hex.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));
}
