import { BgeError } from '../src/shared/errors';
import { fromFloat16s } from '../src/shared/float16';

/** Where a tensor of the float graph comes from: absolute byte offsets into the source file. */
type TensorSource =
  | { readonly kind: 'float32' | 'float16'; readonly data: number }
  /** Symmetric int8, one float32 scale a column of the matrix, and one a row where the activations were divided by it. */
  | { readonly kind: 'int8-per-column'; readonly data: number; readonly scale: number; readonly rowScale?: number }
  /** Symmetric int8, one scale per `block` neighbouring values of a row. */
  | {
      readonly kind: 'int8-per-block';
      readonly data: number;
      readonly scale: number;
      readonly scaleType: 'float16' | 'float32';
      readonly block: number;
    };

export interface Recipe {
  /** Name of the external data in the graph, and its size in bytes. */
  readonly path: string;
  readonly bytes: number;
  readonly tensors: readonly {
    readonly name: string;
    readonly offset: number;
    readonly dims: readonly number[];
    readonly from: TensorSource;
  }[];
}

/**
 * Gives the float32 weights of the GPU graph from the int8 file of the CPU graph, so that one download serves both.
 * Costs 4 bytes a parameter in memory. Throws CorruptModelError, or EngineError where memory runs short.
 */
export function fillWeights(recipeJson: Uint8Array, source: Uint8Array): { path: string; data: Uint8Array } {
  try {
    const recipe = readRecipe(recipeJson);
    const bytes = new ArrayBuffer(recipe.bytes);
    for (const { offset, dims, from } of recipe.tensors) {
      const size = dims.reduce((product, dim) => product * dim, 1);
      fill(new Float32Array(bytes, offset, size), from, source, dims.at(-1) ?? 1);
    }
    return { path: recipe.path, data: new Uint8Array(bytes) };
  } catch (cause) {
    throw gpuGraphError('The weights of the GPU graph cannot be filled', cause);
  }
}

export function readRecipe(json: Uint8Array): Recipe {
  return JSON.parse(new TextDecoder().decode(json));
}

/** Memory that ran short, or a file that is not what it should be; the CPU may do without either. */
export function gpuGraphError(what: string, cause: unknown): BgeError {
  const name = cause instanceof RangeError ? 'EngineError' : 'CorruptModelError';
  return new BgeError(name, `${what}: ${cause}`, { cause, details: { device: 'webgpu' } });
}

function fill(out: Float32Array, from: TensorSource, source: Uint8Array, columns: number): void {
  switch (from.kind) {
    case 'float32':
      out.set(float32(source, from.data, out.length));
      return;
    case 'float16':
      out.set(float16(source, from.data, out.length));
      return;
    case 'int8-per-column': {
      const scale = float32(source, from.scale, columns);
      const rows = out.length / columns;
      const rowScale = from.rowScale === undefined ? null : float32(source, from.rowScale, rows);
      const values = int8(source, from.data, out.length);
      for (let row = 0; row < rows; row++) {
        const factor = rowScale ? rowScale[row]! : 1;
        for (let column = 0; column < columns; column++) {
          const at = row * columns + column;
          out[at] = values[at]! * scale[column]! * factor;
        }
      }
      return;
    }
    case 'int8-per-block': {
      const { block } = from;
      const read = from.scaleType === 'float16' ? float16 : float32;
      const scale = read(source, from.scale, out.length / block);
      const values = int8(source, from.data, out.length);
      for (let at = 0; at < out.length; at++) out[at] = values[at]! * scale[Math.floor(at / block)]!;
      return;
    }
    default:
      throw new Error(`unknown kind of tensor ${(from as { kind: string }).kind}`);
  }
}

export function int8(source: Uint8Array, offset: number, length: number): Int8Array {
  return new Int8Array(source.buffer, source.byteOffset + offset, length);
}

export function float32(source: Uint8Array, offset: number, length: number): Float32Array {
  return new Float32Array(aligned(source, offset, length * 4));
}

export function float16(source: Uint8Array, offset: number, length: number): Float32Array {
  return fromFloat16s(new Uint16Array(aligned(source, offset, length * 2)));
}

/** A copy of the bytes: the file does not align its tensors. */
function aligned(source: Uint8Array, offset: number, size: number): ArrayBuffer {
  const bytes = source.slice(offset, offset + size);
  if (bytes.length !== size) throw new Error(`the source ends before byte ${offset + size}`);
  return bytes.buffer;
}
