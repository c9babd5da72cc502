import { Embeddings } from './embeddings.js';
import { checkOneOf, checkPositive } from './inputs.js';
import { invalidInput, misfit } from './shared/errors.js';

/** Number formats of stored vectors, named as in sentence-transformers: 4 times smaller than float32 (`int8`, `uint8`), or 32 times. */
export type Precision = 'int8' | 'uint8' | 'binary' | 'ubinary';

/** The lowest and the highest value of each dimension, which the 256 steps of int8 and uint8 lie between. */
export interface Ranges {
  readonly min: Float32Array<ArrayBuffer>;
  readonly max: Float32Array<ArrayBuffer>;
}

export interface QuantizedEmbeddings {
  readonly precision: Precision;
  /** rows × rowBytes values, row-major: Int8Array for `int8` and `binary`, Uint8Array for `uint8` and `ubinary`. */
  readonly data: Int8Array<ArrayBuffer> | Uint8Array<ArrayBuffer>;
  readonly rows: number;
  /** Dimensions of the vectors. */
  readonly dim: number;
  /** Values of one row: `dim`, or for the binary formats an eighth of it, rounded up. */
  readonly rowBytes: number;
  /** Of int8 and uint8; queries must be quantised with the ranges of their corpus. Null for the binary formats. */
  readonly ranges: Ranges | null;
  readonly space: string;
}

/**
 * Gives vectors in fewer bytes. `int8` and `uint8`: 255 steps between the lowest and the highest value of each dimension,
 * values outside being clipped; the ranges come from `ranges`, or from `calibration` (100 vectors and more, of your own data),
 * or from the vectors themselves. `binary` and `ubinary`: the sign of each value, eight to a byte, first value highest;
 * rows whose `dim` is no multiple of 8 are filled up by zeros.
 * Source: sentence-transformers 6.2.0, `quantize_embeddings`, with the same rounding in float32.
 * Throws InvalidInputError, also for values that are not finite.
 */
export function quantize(
  embeddings: Embeddings,
  precision: Precision,
  options: { readonly ranges?: Ranges; readonly calibration?: Embeddings } = {},
): QuantizedEmbeddings {
  checkOneOf('precision', ['int8', 'uint8', 'binary', 'ubinary'], precision);
  const { data, rows, dim, space } = embeddings;
  const strange = data.findIndex((value) => !Number.isFinite(value));
  if (strange >= 0) throw invalidInput(`embeddings.data[${strange}]`, 'a finite number', data[strange]);
  const common = { precision, rows, dim, space };
  if (precision === 'binary' || precision === 'ubinary') {
    const signs = packSigns(embeddings);
    const bytes = precision === 'binary' ? Int8Array.from(signs, (byte) => byte - 128) : signs;
    return { ...common, data: bytes, rowBytes: Math.ceil(dim / 8), ranges: null };
  }
  const ranges = options.ranges ?? rangesOf(options.calibration ?? embeddings);
  if (ranges.min.length !== dim || ranges.max.length !== dim)
    throw misfit('ranges', `of ${dim} dimensions`, `${ranges.min.length} and ${ranges.max.length}`);
  const steps = stepsOf(ranges);
  const toByte = (value: number, i: number) => {
    const step = Math.floor(Math.fround(Math.fround(value - ranges.min[i % dim]!) / steps[i % dim]!));
    return Math.min(255, Math.max(0, step));
  };
  const bytes =
    precision === 'int8' ? Int8Array.from(data, (value, i) => toByte(value, i) - 128) : Uint8Array.from(data, toByte);
  return { ...common, data: bytes, rowBytes: dim, ranges };
}

/**
 * Gives float32 vectors back: of int8 and uint8 the middle of each value's step, so that the error is half a step at
 * most; of the binary formats ±1/√dim, vectors of length 1. Throws InvalidInputError if sizes do not fit.
 */
export function dequantize(quantized: QuantizedEmbeddings): Embeddings {
  const { precision, data, rows, dim, rowBytes, ranges, space } = quantized;
  if (data.length !== rows * rowBytes) throw misfit('data', `${rows} × ${rowBytes} values`, `${data.length} values`);
  const floats = new Float32Array(rows * dim);
  if (precision === 'binary' || precision === 'ubinary') {
    const unit = 1 / Math.sqrt(dim);
    const zero = precision === 'binary' ? 128 : 0;
    for (let i = 0; i < floats.length; i++) {
      const d = i % dim;
      const byte = data[Math.floor(i / dim) * rowBytes + (d >> 3)]! + zero;
      floats[i] = (byte >> (7 - (d & 7))) & 1 ? unit : -unit;
    }
  } else {
    if (!ranges) throw invalidInput('ranges', 'those that the vectors were quantised with', ranges);
    const steps = stepsOf(ranges);
    const zero = precision === 'int8' ? 128.5 : 0.5;
    for (let i = 0; i < floats.length; i++) floats[i] = ranges.min[i % dim]! + (data[i]! + zero) * steps[i % dim]!;
  }
  return new Embeddings({ data: floats, dim, space });
}

/** The lowest and highest value of each dimension. Throws InvalidInputError where there are fewer than two vectors. */
export function rangesOf({ data, rows, dim }: Embeddings): Ranges {
  if (rows < 2) throw misfit('calibration', 'two vectors at least (a hundred are good)', `${rows} vectors`);
  const ranges = { min: data.slice(0, dim), max: data.slice(0, dim) };
  for (const [i, value] of data.entries()) {
    const d = i % dim;
    if (value < ranges.min[d]!) ranges.min[d] = value;
    if (value > ranges.max[d]!) ranges.max[d] = value;
  }
  return ranges;
}

/** A dimension that never changes has steps of 1, as the reference has it. */
function stepsOf({ min, max }: Ranges): Float32Array {
  return Float32Array.from(min, (low, d) => Math.fround(Math.fround(max[d]! - low) / 255) || 1);
}

function packSigns({ data, rows, dim }: Embeddings): Uint8Array<ArrayBuffer> {
  const rowBytes = Math.ceil(dim / 8);
  const packed = new Uint8Array(rows * rowBytes);
  for (const [i, value] of data.entries()) {
    const d = i % dim;
    if (value > 0) packed[Math.floor(i / dim) * rowBytes + (d >> 3)]! |= 0x80 >> (d & 7);
  }
  return packed;
}

/**
 * Gives the first `dim` dimensions of each vector, scaled to length 1 again. All of them if there are no more. BGE v1.5 and
 * M3 are not trained for it: measure on your data what it costs. Throws InvalidInputError.
 */
export function truncateDim(embeddings: Embeddings, dim: number): Embeddings {
  checkPositive('dim', dim);
  const kept = Math.min(dim, embeddings.dim);
  const data = new Float32Array(embeddings.rows * kept);
  for (const [i, row] of [...embeddings].entries()) {
    const norm = Math.hypot(...row.subarray(0, kept)) || 1;
    for (let d = 0; d < kept; d++) data[i * kept + d] = row[d]! / norm;
  }
  const { tokenCounts, truncated } = embeddings;
  const space = embeddings.space.replace(/\/\d+$/, `/${kept}`);
  return new Embeddings({ data, dim: kept, space, tokenCounts, truncated });
}
