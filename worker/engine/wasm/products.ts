import type { Attend, Heap, RelaxedKernels } from './heap';
import { dequantized, quantizeColumns } from './quantize-columns';
import type { Matrix, Product } from './weights';

/**
 * How products are computed. `i16`: int8 weights, 12-bit activations; every browser can. `i8`: 7-bit weights, 8-bit activations,
 * by relaxed SIMD; faster where the CPU has an instruction for it. `f32`: as the weights were trained.
 */
export type Precision = 'i16' | 'i8' | 'f32';

/** A product whose weights lie in the heap, packed; what is not a size is an address. */
export interface PackedProduct {
  readonly inputs: number;
  readonly outputs: number;
  /** The outputs, up to a whole panel. */
  readonly columns: number;
  readonly values: number;
  readonly scales: number;
  /** What sums are corrected by, a number a column: its zero point (i16), or the sum of its weights (i8). */
  readonly corrections: number;
  readonly bias: number;
  readonly smooth: number;
}

/** Where activations wait for their product, quantised; addresses. */
export interface Quantized {
  readonly values: number;
  /** Of the rows: scales, and up to two numbers more. */
  readonly scales: number;
  readonly extra: number;
  readonly more: number;
}

export interface Arithmetic {
  readonly weightBytes: number;
  /** To which power of their factors activations are smoothed before they are rounded; the weights have the rest. */
  readonly smoothing: number;
  /** Packs the columns of a matrix from column `first` of a product on. */
  pack(matrix: Matrix, to: PackedProduct, first: number): void;
  /** Gets rows of float32 ready to be multiplied. */
  quantize(x: number, product: PackedProduct, rows: number, to: Quantized): void;
  /** Multiplies what `quantize` got ready of `x`: the columns from `first` to `last`. */
  multiply(
    x: number,
    quantized: Quantized,
    product: PackedProduct,
    out: number,
    rows: number,
    range: ColumnRange,
  ): void;
  /** Attention, in as many bits as the products. */
  readonly attend: Attend;
}

interface ColumnRange {
  readonly first: number;
  readonly last: number;
}

/** Columns that the kernels compute side by side. */
const PANEL = 8;

/** Rows of the largest tile, which is read whole whether they are there or not. */
const TILE = 6;

/** Bytes for quantised activations of so many rows and inputs. */
export function quantizedRoom(rows: number, inputs: number): Record<keyof Quantized, number> {
  const read = rows + TILE;
  return { values: 2 * read * inputs, scales: 4 * read, extra: 4 * read, more: 4 * read };
}

/** Keeps the products, which have the same inputs, side by side as one. Throws Error for sizes that the kernels do not take. */
export function keepProduct(heap: Heap, arithmetic: Arithmetic, parts: readonly Product[]): PackedProduct {
  const { matrix, smooth } = parts[0]!;
  const { inputs } = matrix;
  const { smoothing } = arithmetic;
  const outputs = parts.reduce((sum, part) => sum + part.matrix.outputs, 0);
  const isOdd = parts.length > 1 && parts.some((part) => part.matrix.outputs % PANEL !== 0);
  if (inputs % 16 !== 0 || isOdd) throw new Error(`a product of ${inputs} × ${outputs} is not supported`);
  const columns = Math.ceil(outputs / PANEL) * PANEL;
  const product = {
    inputs,
    outputs,
    columns,
    values: heap.take(inputs * columns * arithmetic.weightBytes),
    scales: heap.keep(new Float32Array(columns)),
    corrections: heap.keep(new Float32Array(columns)),
    bias: heap.keep(new Float32Array(columns)),
    smooth: smooth && smoothing > 0 ? heap.keep(smooth.map((factor) => factor ** smoothing)) : 0,
  };
  let first = 0;
  for (const part of parts) {
    heap.floats(product.bias, outputs).set(part.bias, first);
    const whole = widened(part.matrix);
    const rest = smoothing < 1 ? part.smooth?.map((factor) => factor ** (1 - smoothing)) : undefined;
    arithmetic.pack(rest ? withFactors(whole, rest) : whole, product, first);
    first += part.matrix.outputs;
  }
  return product;
}

export function arithmeticOf(precision: Precision, heap: Heap): Arithmetic {
  return { i16: byWords, i8: byBytes, f32: byFloats }[precision](heap);
}

function byWords(heap: Heap): Arithmetic {
  const { kernels } = heap;
  return {
    weightBytes: 1,
    smoothing: 1,
    pack(matrix, { values, scales, corrections }, first) {
      const whole = matrix.kind === 'int8' ? matrix : quantizeColumns(matrix, 127);
      const { inputs, outputs } = whole;
      heap.floats(scales, first + outputs).set(whole.scales, first);
      if (whole.zeroPoints) heap.floats(corrections, first + outputs).set(whole.zeroPoints, first);
      kernels.pack(putAside(heap, whole.values), values + first * inputs, inputs, outputs);
    },
    quantize: (x, { smooth, inputs }, rows, { values, scales, extra }) =>
      kernels.quantize(x, smooth, values, scales, extra, rows, inputs),
    multiply(_, { values: x, scales: xScales, extra }, product, out, rows, { first, last }) {
      const { inputs, columns, values, scales, corrections, bias } = product;
      kernels.multiply(x, xScales, extra, values, scales, corrections, bias, out, rows, inputs, columns, first, last);
    },
    attend: kernels.attendWords,
  };
}

function byBytes(heap: Heap): Arithmetic {
  const kernels = heap.kernels as RelaxedKernels;
  return {
    weightBytes: 1,
    smoothing: 0.75, // weights of 7 bits bear less than what the factors were chosen for, of 8 (measured: 0, 1/4, 1/2, 3/4, 1)
    pack(matrix, { values, scales, corrections }, first) {
      const { inputs, outputs, values: weights, scales: columnScales } = quantizeColumns(matrix, 63);
      heap.floats(scales, first + outputs).set(columnScales, first);
      const from = putAside(heap, weights);
      kernels.packRelaxed(from, values + first * inputs, corrections + 4 * first, inputs, outputs);
    },
    quantize: (x, { smooth, inputs }, rows, { values, scales, extra, more }) =>
      kernels.quantizeBytes(x, smooth, values, scales, extra, more, rows, inputs),
    multiply(_, { values: x, scales: xScales, extra, more }, product, out, rows, { first, last }) {
      const { inputs, columns, values, scales, corrections, bias } = product;
      const ofColumns = [values, scales, corrections, bias] as const;
      kernels.multiplyRelaxed(x, xScales, extra, more, ...ofColumns, out, rows, inputs, columns, first, last);
    },
    attend: kernels.attendWords,
  };
}

function byFloats(heap: Heap): Arithmetic {
  const { kernels } = heap;
  return {
    weightBytes: 4,
    smoothing: 0,
    pack(matrix, { values }, first) {
      const { inputs, outputs, values: weights } = dequantized(matrix);
      kernels.packFloats(putAside(heap, weights), values + 4 * first * inputs, inputs, outputs);
    },
    quantize() {},
    multiply: (x, _, { inputs, columns, values, bias }, out, rows, { first, last }) =>
      kernels.multiplyFloats(x, values, bias, out, rows, inputs, columns, first, last),
    attend: kernels.attend,
  };
}

/** Copies weights to where the next run would work; gives the address. */
function putAside(heap: Heap, values: Int8Array | Float32Array): number {
  const { raw } = heap.layOut({ raw: values.byteLength });
  heap.bytes(raw, values.byteLength).set(new Int8Array(values.buffer, values.byteOffset, values.byteLength));
  return raw;
}

/** With columns of zeros up to a whole panel. */
function widened(matrix: Matrix): Matrix {
  const { inputs, outputs } = matrix;
  const columns = Math.ceil(outputs / PANEL) * PANEL;
  if (columns === outputs) return matrix;
  const from = dequantized(matrix).values;
  const values = new Float32Array(inputs * columns);
  for (let row = 0; row < inputs; row++) values.set(from.subarray(row * outputs, (row + 1) * outputs), row * columns);
  return { kind: 'float32', inputs, outputs: columns, values };
}

/** The weights with a factor a row. */
function withFactors(matrix: Matrix, factors: Float32Array): Matrix {
  const { inputs, outputs, values: from } = dequantized(matrix);
  const values = from.map((value, at) => value * factors[Math.floor(at / outputs)]!);
  return { kind: 'float32', inputs, outputs, values };
}
