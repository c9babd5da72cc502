import { fromFloat16 } from '../../src/shared/float16';

export interface NamedTensor {
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

/** The number formats that heads are published in, by the names of safetensors. */
export type FloatType = 'F32' | 'F16' | 'BF16';

/** Reads a safetensors file: 8 bytes of length, a JSON header with type, shape and place of each tensor, the bytes. Throws an Error that says what is wrong. */
export function readSafetensors(file: Uint8Array): Map<string, NamedTensor> {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const headerSize = file.length < 8 ? Number.NaN : Number(view.getBigUint64(0, true));
  if (!(headerSize <= file.length - 8)) throw new Error('it is cut');
  const header: Record<string, { dtype: string; shape: number[]; data_offsets: [number, number] }> = JSON.parse(
    new TextDecoder().decode(file.subarray(8, 8 + headerSize)),
  );
  const data = file.subarray(8 + headerSize);
  return new Map(
    Object.entries(header)
      .filter(([name]) => name !== '__metadata__')
      .map(
        ([
          name,
          {
            dtype,
            shape,
            data_offsets: [start, end],
          },
        ]) => {
          if (end > data.length) throw new Error('it is cut');
          return [name, { shape, values: readFloats(data.subarray(start, end), dtype as FloatType) }];
        },
      ),
  );
}

/** Little-endian numbers as float32. */
export function readFloats(bytes: Uint8Array, type: FloatType): Float32Array {
  const { buffer } = bytes.slice(); // aligned
  switch (type) {
    case 'F32':
      return new Float32Array(buffer);
    case 'F16':
      return Float32Array.from(new Uint16Array(buffer), fromFloat16);
    case 'BF16':
      return new Float32Array(Uint32Array.from(new Uint16Array(buffer), (bits) => bits << 16).buffer);
    default:
      throw new Error(`its numbers are ${type}; F32, F16 and BF16 can be read`);
  }
}
