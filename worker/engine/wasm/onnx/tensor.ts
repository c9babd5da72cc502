import { fromFloat16s } from '../../../../src/shared/float16';
import { eachField } from './fields';

// Field numbers of TensorProto and StringStringEntryProto (onnx.proto3).
const TENSOR = { dims: 1, type: 2, floats: 4, ints: 5, longs: 7, name: 8, raw: 9, external: 13 };
const ENTRY = { key: 1, value: 2 };

/** Number formats by ONNX's numbers for them. */
const FORMATS: Readonly<Record<number, { name: string; bytes: number }>> = {
  1: { name: 'float32', bytes: 4 },
  2: { name: 'uint8', bytes: 1 },
  3: { name: 'int8', bytes: 1 },
  6: { name: 'int32', bytes: 4 },
  7: { name: 'int64', bytes: 8 },
  9: { name: 'bool', bytes: 1 },
  10: { name: 'float16', bytes: 2 },
};

/** A file beside the graph that holds weights; `path` is the name by which the graph calls it. */
export interface External {
  readonly path: string;
  readonly data: Uint8Array;
}

/** A constant array of a graph. Its numbers stay in the file until they are asked for. */
export class Tensor {
  readonly name: string;
  readonly dims: readonly number[];
  /** The format's name in NumPy, or `type n` for those that encoders have no use for. */
  readonly format: string;
  readonly size: number;
  readonly #bytesEach: number;
  readonly #raw: Uint8Array | null;
  /** Numbers one by one instead of bytes: the field, and its message. */
  readonly #list: Uint8Array;
  readonly #listed: number;
  readonly #location: ReadonlyMap<string, string>;
  readonly #externals: readonly External[];

  constructor(message: Uint8Array, externals: readonly External[]) {
    let name = '';
    let type = 0;
    let raw: Uint8Array | null = null;
    let listed = 0;
    const dims: number[] = [];
    const location = new Map<string, string>();
    eachField(message, (tag, reader) => {
      if (tag === TENSOR.dims) reader.readPackedVarint(dims, true);
      else if (tag === TENSOR.type) type = reader.readVarint();
      else if (tag === TENSOR.name) name = reader.readString();
      else if (tag === TENSOR.raw) raw = reader.readBytes();
      else if (tag === TENSOR.external) readEntry(reader.readBytes(), location);
      else if (tag === TENSOR.floats || tag === TENSOR.ints || tag === TENSOR.longs) listed = tag;
    });
    const format = FORMATS[type];
    this.name = name;
    this.dims = dims;
    this.format = format?.name ?? `type ${type}`;
    this.size = dims.reduce((product, dim) => product * dim, 1);
    this.#bytesEach = format?.bytes ?? Number.NaN;
    this.#raw = raw;
    this.#list = message;
    this.#listed = listed;
    this.#location = location;
    this.#externals = externals;
  }

  /** float16 and float32 as float32: a view where the file allows it. Throws Error for other formats and where the file is too short. */
  floats(): Float32Array {
    if (this.format === 'float16') {
      if (this.#listed) return fromFloat16s(Uint16Array.from(this.#numbers()));
      const { buffer, byteOffset, length } = this.#alignedBytes();
      return fromFloat16s(new Uint16Array(buffer, byteOffset, length / 2));
    }
    if (this.format !== 'float32') throw new Error(`${this.name} is ${this.format} where floats are expected`);
    if (this.#listed) return Float32Array.from(this.#numbers());
    const { buffer, byteOffset, length } = this.#alignedBytes();
    return new Float32Array(buffer, byteOffset, length / 4);
  }

  /** int8 as it is, a view where the file allows it, uint8 less 128. Throws Error for other formats and where the file is too short. */
  int8(): Int8Array {
    if (this.format !== 'int8' && this.format !== 'uint8')
      throw new Error(`${this.name} is ${this.format} where 8-bit integers are expected`);
    const bytes = this.#listed ? Uint8Array.from(this.#numbers()) : this.#bytes();
    const values = new Int8Array(bytes.buffer, bytes.byteOffset, bytes.length);
    if (this.format === 'int8') return values;
    const shifted = new Int8Array(values.length);
    for (let i = 0; i < shifted.length; i++) shifted[i] = values[i]! ^ -128;
    return shifted;
  }

  /** The numbers of a small tensor of any format, as they are. */
  numbers(): number[] {
    if (this.#listed) return this.#numbers();
    if (this.format.startsWith('float')) return [...this.floats()];
    const bytes = this.#bytes();
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    const read: Record<string, (at: number) => number> = {
      int8: (at) => view.getInt8(at),
      uint8: (at) => view.getUint8(at),
      bool: (at) => view.getUint8(at),
      int32: (at) => view.getInt32(at, true),
      int64: (at) => Number(view.getBigInt64(at, true)),
    };
    return Array.from({ length: this.size }, (_, i) => read[this.format]!(i * this.#bytesEach));
  }

  #numbers(): number[] {
    const numbers: number[] = [];
    eachField(this.#list, (tag, reader) => {
      if (tag === TENSOR.floats) reader.readPackedFloat(numbers);
      else if (tag === TENSOR.ints || tag === TENSOR.longs) reader.readPackedVarint(numbers, true);
    });
    if (numbers.length !== this.size)
      throw new Error(`${this.name} has ${numbers.length} numbers; ${this.dims.join(' × ')} are expected`);
    return numbers;
  }

  #bytes(): Uint8Array {
    const expected = this.size * this.#bytesEach;
    if (Number.isNaN(expected)) throw new Error(`${this.name} is of ${this.format}`);
    const bytes = this.#location.size > 0 ? this.#externalBytes(expected) : (this.#raw ?? new Uint8Array());
    if (bytes.length !== expected)
      throw new Error(
        `${this.name} has ${bytes.length} bytes; ${this.dims.join(' × ')} of ${this.format} are expected`,
      );
    return bytes;
  }

  #alignedBytes(): Uint8Array {
    const bytes = this.#bytes();
    return bytes.byteOffset % this.#bytesEach === 0 ? bytes : bytes.slice();
  }

  #externalBytes(expected: number): Uint8Array {
    const path = this.#location.get('location') ?? '';
    const file = this.#externals.find((external) => external.path === path);
    if (!file) throw new Error(`the weights of ${this.name} are in ${path}, which is missing`);
    const offset = Number(this.#location.get('offset') ?? 0);
    return file.data.subarray(offset, offset + Number(this.#location.get('length') ?? expected));
  }
}

function readEntry(message: Uint8Array, into: Map<string, string>): void {
  let key = '';
  let value = '';
  eachField(message, (tag, reader) => {
    if (tag === ENTRY.key) key = reader.readString();
    else if (tag === ENTRY.value) value = reader.readString();
  });
  into.set(key, value);
}
