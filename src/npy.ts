import type { Embeddings } from './embeddings.js';
import type { QuantizedEmbeddings } from './quantize.js';
import { misfit } from './shared/errors.js';
import { fromFloat16 } from './shared/float16.js';

// NumPy's file format, one array a file. Source: numpy/lib/format.py, "Format Version 1.0".

/** The values of an array, row-major, and its shape, such as [rows, dim]. */
export interface NpyArray {
  readonly data: Float32Array<ArrayBuffer> | Int8Array<ArrayBuffer> | Uint8Array<ArrayBuffer>;
  readonly shape: readonly number[];
}

/** What can be written: also float16 values, as their bits. */
export type NpySource =
  | Embeddings
  | QuantizedEmbeddings
  | { readonly data: NpyArray['data'] | Uint16Array<ArrayBuffer>; readonly shape: readonly number[] };

const MAGIC = '\x93NUMPY';

/**
 * Gives the bytes of a .npy file, which `numpy.load` reads, and FAISS, Qdrant and others by it: vectors as rows × dim
 * float32 values, quantised ones as the int8 or uint8 values that they are. Throws InvalidInputError if the shape does not fit.
 */
export function toNpy(source: NpySource): Uint8Array<ArrayBuffer> {
  const { data } = source;
  const shape = 'shape' in source ? source.shape : [source.rows, 'rowBytes' in source ? source.rowBytes : source.dim];
  if (shape.reduce((product, size) => product * size, 1) !== data.length)
    throw misfit('shape', `of ${data.length} values`, shape.join(' × '));
  const sizes = shape.length === 1 ? `${shape[0]},` : shape.join(', ');
  const header = `{'descr': '${typeOf(data)}', 'fortran_order': False, 'shape': (${sizes}), }`;
  // The values begin at a multiple of 64; a line break ends the header.
  const start = Math.ceil((MAGIC.length + 4 + header.length + 1) / 64) * 64;
  const file = new Uint8Array(start + data.byteLength);
  const text = (at: number, value: string) =>
    file.set(
      Uint8Array.from(value, (char) => char.charCodeAt(0)),
      at,
    );
  text(0, MAGIC);
  file[6] = 1;
  new DataView(file.buffer).setUint16(8, start - 10, true);
  text(10, `${header.padEnd(start - 11)}\n`);
  file.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), start);
  return file;
}

function typeOf(data: NpySource['data']): string {
  if (data instanceof Float32Array) return '<f4';
  if (data instanceof Uint16Array) return '<f2';
  return data instanceof Int8Array ? '|i1' : '|u1';
}

/**
 * Reads a .npy file of float16, float32 or float64 numbers (as float32), of int8 or of uint8; little- or big-endian.
 * Throws InvalidInputError for what is cut, of another type, or in Fortran order (save it by `numpy.ascontiguousarray`).
 */
export function fromNpy(file: Uint8Array): NpyArray {
  const wrong = (problem: string) => misfit('file', 'a .npy file of numbers in C order', problem);
  const latin = (from: number, to: number) => String.fromCharCode(...file.subarray(from, to));
  if (file.length < 12 || latin(0, 6) !== MAGIC) throw wrong('something else');
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const long = file[6]! > 1; // versions 2 and 3 have four bytes for the header's length
  const headerStart = long ? 12 : 10;
  const start = headerStart + (long ? view.getUint32(8, true) : view.getUint16(8, true));
  const header = latin(headerStart, start);
  const [, order, type = ''] = /'descr': *'([<>|=]?)(\w+)'/.exec(header) ?? [];
  const sizes = /'shape': *\(([\d, ]*)\)/.exec(header)?.[1];
  const reader = READERS[type];
  if (sizes === undefined || !reader) throw wrong(`numbers of type ${type || 'unknown'}`);
  if (!/'fortran_order': *False/.test(header)) throw wrong('Fortran order');
  const shape = sizes
    .split(',')
    .filter((size) => size.trim() !== '')
    .map(Number);
  const count = shape.reduce((product, size) => product * size, 1);
  const { bytes, read, make } = reader;
  if (file.length < start + count * bytes) throw wrong(`${file.length - start} bytes for ${count} numbers`);
  const data = make(count);
  for (let i = 0; i < count; i++) data[i] = read(view, start + i * bytes, order !== '>');
  return { data, shape };
}

interface Reader {
  readonly bytes: number;
  readonly read: (view: DataView, at: number, little: boolean) => number;
  readonly make: (length: number) => NpyArray['data'];
}

const floats = (length: number) => new Float32Array(length);
const READERS: Readonly<Record<string, Reader>> = {
  f2: { bytes: 2, read: (view, at, little) => fromFloat16(view.getUint16(at, little)), make: floats },
  f4: { bytes: 4, read: (view, at, little) => view.getFloat32(at, little), make: floats },
  f8: { bytes: 8, read: (view, at, little) => view.getFloat64(at, little), make: floats },
  i1: { bytes: 1, read: (view, at) => view.getInt8(at), make: (length) => new Int8Array(length) },
  u1: { bytes: 1, read: (view, at) => view.getUint8(at), make: (length) => new Uint8Array(length) },
};
