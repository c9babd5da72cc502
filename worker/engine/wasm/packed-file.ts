import type { EncoderCopy } from './heads';
import type { Precision } from './products';

/** Rises when what is packed, or how, changes: what was kept before is then made anew. packed-file.test.ts tells when. */
const FORMAT = 1;

const ALIGNMENT = 64;

/** The name of the packed form of a model's weights, for its use and for what the CPU does best. */
export function packedName({ task, pooling }: { task: string; pooling: string }, precision: Precision): string {
  return `packed-${task}-${pooling}-${precision}-${FORMAT}`;
}

/** An encoder as one file: the length of a JSON head (u32), the head, and from the next multiple of 64 bytes on what its heap keeps. */
export function packedFile({ packed, kept, pooling }: EncoderCopy): Uint8Array<ArrayBuffer> {
  const head = new TextEncoder().encode(JSON.stringify({ packed, pooling }));
  const start = heapStart(head.length);
  const file = new Uint8Array(start + kept.length);
  new DataView(file.buffer).setUint32(0, head.length, true);
  file.set(head, 4);
  file.set(kept, start);
  return file;
}

export function readPackedFile(file: Uint8Array<ArrayBuffer>): EncoderCopy {
  const length = new DataView(file.buffer, file.byteOffset).getUint32(0, true);
  const head = JSON.parse(new TextDecoder().decode(file.subarray(4, 4 + length)));
  return { ...head, kept: file.subarray(heapStart(length)), linears: new Map() };
}

function heapStart(headBytes: number): number {
  return Math.ceil((4 + headBytes) / ALIGNMENT) * ALIGNMENT;
}
