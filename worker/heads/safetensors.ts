import { fromFloat16s } from '../../src/shared/float16';

/** A tensor of a file, whose numbers stay in the file until they are asked for. */
export interface NamedTensor {
  readonly shape: readonly number[];
  /** The numbers as float32; a view of the file where they are so in it. Throws Error for other formats than `FloatType`. */
  floats(): Float32Array;
}

/** The number formats that weights are published in, by the names of safetensors. */
export type FloatType = 'F32' | 'F16' | 'BF16';

interface Entry {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly data_offsets: readonly [number, number];
}

/** Reads a safetensors file: 8 bytes of length, a JSON header with type, shape and place of each tensor, the bytes. Throws an Error that says what is wrong. */
export function readSafetensors(file: Uint8Array): Map<string, NamedTensor> {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const headerSize = file.length < 8 ? Number.NaN : Number(view.getBigUint64(0, true));
  if (!(headerSize <= file.length - 8)) throw new Error('it is cut');
  const header: Record<string, Entry> = JSON.parse(new TextDecoder().decode(file.subarray(8, 8 + headerSize)));
  const data = file.subarray(8 + headerSize);
  const tensors = new Map<string, NamedTensor>();
  for (const [name, { dtype, shape, data_offsets }] of Object.entries(header)) {
    if (name === '__metadata__') continue;
    const [start, end] = data_offsets;
    if (end > data.length) throw new Error('it is cut');
    tensors.set(name, { shape, floats: () => readFloats(data.subarray(start, end), dtype as FloatType) });
  }
  return tensors;
}

/** Little-endian numbers as float32; a view of the bytes where they are so already. */
export function readFloats(bytes: Uint8Array, type: FloatType): Float32Array {
  const size = type === 'F32' ? 4 : 2;
  const { buffer, byteOffset, length } = bytes.byteOffset % size === 0 ? bytes : bytes.slice(); // aligned
  switch (type) {
    case 'F32':
      return new Float32Array(buffer, byteOffset, length / 4);
    case 'F16':
      return fromFloat16s(new Uint16Array(buffer, byteOffset, length / 2));
    case 'BF16':
      return fromBfloat16s(new Uint16Array(buffer, byteOffset, length / 2));
    default:
      throw new Error(`its numbers are ${type}; F32, F16 and BF16 can be read`);
  }
}

/** They are the upper halves of float32. */
function fromBfloat16s(halves: Uint16Array): Float32Array {
  const bits = new Uint32Array(halves.length);
  for (let i = 0; i < bits.length; i++) bits[i] = halves[i]! << 16;
  return new Float32Array(bits.buffer);
}
