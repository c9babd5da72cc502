import fc from 'fast-check';
import { attentionChecks } from './attention';
import { type Addresses, assert, close, heap, numbers, productOf, put, seeds } from './ground';

export { use } from './ground';
export { relaxedChecks } from './relaxed';

// Each kernel beside a plain twin in float64, on random shapes; run by kernels.test.ts in Node and by e2e/kernels.spec.ts in a browser,
// since Node 20 has no relaxed SIMD that works.

/** A product of random integers, and what it should be: w has zero points. */
function multiplied(rows: number, inner: number, columns: number, seed: number, first = 0, last = columns) {
  const x = Int16Array.from(numbers(rows * inner, seed), (value) => value * 100);
  const w = Int8Array.from(numbers(inner * columns, seed + 1), (value) => value * 30);
  const xScales = Float32Array.from({ length: rows }, (_, i) => 0.001 * (i + 1));
  const xSums = Float32Array.from({ length: rows }, (_, row) => sumOf(x.subarray(row * inner, (row + 1) * inner)));
  const wScales = Float32Array.from({ length: columns }, (_, i) => 0.01 * ((i % 7) + 1));
  const wZeros = Float32Array.from({ length: columns }, (_, i) => (seed % 2) * ((i % 11) - 5));
  const bias = numbers(columns, seed + 2);
  const more = (values: Float32Array) => Float32Array.from([...values, 0, 0, 0]);
  const [raw, packed, xAt, xScalesAt, xSumsAt, wScalesAt, wZerosAt, biasAt, out] = put(
    ...[w.length, w.length, 2 * (rows + 3) * inner, more(xScales), more(xSums)],
    ...[wScales, wZeros, bias, new Float32Array(rows * columns)],
  ) as Addresses;
  heap.bytes(raw, w.length).set(w);
  heap.bytes(xAt, x.byteLength).set(new Int8Array(x.buffer));
  heap.kernels.pack(raw, packed, inner, columns);
  const ofColumns = [packed, wScalesAt, wZerosAt, biasAt] as const;
  heap.kernels.multiply(xAt, xScalesAt, xSumsAt, ...ofColumns, out, rows, inner, columns, first, last);
  const expected = productOf(
    rows,
    inner,
    columns,
    first,
    last,
    (row, k, column) => [
      x[row * inner + k]! * xScales[row]!,
      (w[k * columns + column]! - wZeros[column]!) * wScales[column]!,
    ],
    bias,
  );
  return { found: heap.floats(out, rows * columns).slice(), expected };
}

const sumOf = (values: ArrayLike<number>) => Array.from(values).reduce((a, b) => a + b, 0);

/** The same in float32. */
function multipliedFloats(rows: number, inner: number, columns: number, seed: number, first = 0, last = columns) {
  const [x, w, bias] = [numbers(rows * inner, seed), numbers(inner * columns, seed + 1), numbers(columns, seed + 2)];
  const [xAt, raw, packed, biasAt, out] = put(x, w, w.byteLength, bias, new Float32Array(rows * columns)) as Addresses;
  heap.kernels.packFloats(raw, packed, inner, columns);
  heap.kernels.multiplyFloats(xAt, packed, biasAt, out, rows, inner, columns, first, last);
  const expected = productOf(
    rows,
    inner,
    columns,
    first,
    last,
    (row, k, column) => [x[row * inner + k]!, w[k * columns + column]!],
    bias,
  );
  return { found: heap.floats(out, rows * columns).slice(), expected };
}

export const checks: Readonly<Record<string, () => void>> = {
  ...attentionChecks,

  'quantize: 12 bits and a scale a row, smoothed first'() {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 1, max: 12 }),
        fc.boolean(),
        seeds,
        (rows, eighth, smooth, seed) => {
          const size = 8 * eighth;
          const x = numbers(rows * size, seed);
          if (seed % 3 === 0) x.fill(0, 0, size);
          const factors = Float32Array.from({ length: size }, (_, i) => 0.5 + (i % 5));
          const [at, factorsAt, out, scales, sums] = put(x, factors, rows * size * 2, rows * 4, rows * 4) as Addresses;
          heap.kernels.quantize(at, smooth ? factorsAt : 0, out, scales, sums, rows, size);
          const found = new Int16Array(heap.bytes(out, rows * size * 2).slice().buffer);
          for (let row = 0; row < rows; row++) {
            const values = Array.from(x.subarray(row * size, (row + 1) * size), (value, i) =>
              Math.fround(value * (smooth ? factors[i]! : 1)),
            );
            const peak = Math.max(...values.map(Math.abs));
            const scale = heap.floats(scales, rows)[row]!;
            assert(heap.floats(sums, rows)[row] === sumOf(found.subarray(row * size, (row + 1) * size)), 'sum');
            assert(Math.abs(scale - peak / 2047) < 1e-6, `scale ${scale}`);
            for (const [i, value] of values.entries()) {
              const integer = found[row * size + i]!;
              assert(Math.abs(integer) <= 2047, `${integer}`);
              assert(Math.abs(integer * scale - value) <= scale * 0.5001, `${integer} for ${value}`);
            }
          }
          close(heap.floats(at, x.length), [...x], 0);
        },
      ),
    );
  },

  'pack and multiply: any number of rows, panels of columns, all or some of them'() {
    const eighths = fc.integer({ min: 1, max: 8 });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 13 }), eighths, eighths, seeds, (rows, inner, columns, seed) => {
        const { found, expected } = multiplied(rows, 8 * inner, 8 * columns, seed);
        close(found, expected, 1e-5);
      }),
    );
    const { found, expected } = multiplied(5, 16, 32, 7, 8, 24);
    close(found, expected, 1e-5);
  },

  'packFloats and multiplyFloats: the same in float32'() {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 13 }),
        fc.integer({ min: 1, max: 50 }),
        fc.integer({ min: 1, max: 6 }),
        seeds,
        (rows, inner, columns, seed) => {
          const { found, expected } = multipliedFloats(rows, inner, 8 * columns, seed);
          close(found, expected, 1e-4);
        },
      ),
    );
    const { found, expected } = multipliedFloats(5, 16, 32, 7, 8, 24);
    close(found, expected, 1e-4);
  },

  'multiply: sums of the largest products stay within 32 bits at the widest models'() {
    const inner = 8192;
    const [ones, zeros] = [new Float32Array(64).fill(1), new Float32Array(64)];
    const [raw, packed, x, one, zero, out] = put(inner * 8, inner * 8, 8 * inner, ones, zeros, 8 * 4 * 4) as Addresses;
    heap.bytes(raw, inner * 8).fill(127);
    new Int16Array(heap.bytes(x, 8 * inner).buffer, x, 4 * inner).fill(2047);
    heap.kernels.pack(raw, packed, inner, 8);
    heap.kernels.multiply(x, one, zero, packed, one, zero, one, out, 1, inner, 8, 0, 8);
    close(heap.floats(out, 1), [Math.fround(2047 * 127 * inner + 1)], 0);
  },

  'gelu: the exact one, within 1e-6'() {
    const x = Float32Array.from({ length: 4000 }, (_, i) => (i - 2000) / 150);
    const [at] = put(x);
    heap.kernels.gelu(at!, x.length);
    close(
      heap.floats(at!, x.length),
      Array.from(x, (value) => (value * (1 + erf(value / Math.SQRT2))) / 2),
      1e-6,
    );
  },

  'normalize: mean 0 and variance 1, with or without a residual'() {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 1, max: 20 }),
        fc.boolean(),
        seeds,
        (rows, quarter, residual, seed) => {
          const size = 4 * quarter;
          const [x, more, weight, bias] = [0, 1, 2, 3].map((i) => numbers(i < 2 ? rows * size : size, seed + i));
          const [at, moreAt, weightAt, biasAt] = put(x!, more!, weight!, bias!);
          heap.kernels.normalize(at!, residual ? moreAt! : 0, weightAt!, biasAt!, rows, size, 1e-12);
          const expected = Array.from({ length: rows }, (_, row) => {
            const values = Array.from(
              { length: size },
              (_, i) => x![row * size + i]! + (residual ? more![row * size + i]! : 0),
            );
            const mean = values.reduce((a, b) => a + b) / size;
            const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / size;
            return values.map((value, i) => ((value - mean) / Math.sqrt(variance + 1e-12)) * weight![i]! + bias![i]!);
          }).flat();
          close(heap.floats(at!, rows * size), expected, 1e-3);
        },
      ),
    );
  },

  'what is not a number stays visible: a row with NaN gives NaN, others are as before'() {
    const x = numbers(2 * 8, 5);
    x[3] = Number.NaN;
    const [at, weight, bias] = put(x, new Float32Array(8).fill(1), new Float32Array(8));
    heap.kernels.normalize(at!, 0, weight!, bias!, 2, 8, 1e-12);
    const found = heap.floats(at!, 16);
    assert(found.subarray(0, 8).every(Number.isNaN), 'NaN is lost');
    assert(found.subarray(8).every(Number.isFinite), 'NaN spreads');
    for (const strange of [Number.NaN, Number.POSITIVE_INFINITY]) {
      const rows = numbers(2 * 8, 9);
      rows[2] = strange;
      const [from, to, scales, sums] = put(rows, 64, 8, 8) as Addresses;
      heap.kernels.quantize(from, 0, to, scales, sums, 2, 8);
      assert(Number.isNaN(heap.floats(scales, 2)[0]), 'NaN is lost');
      assert(heap.floats(scales, 2)[1]! > 0, 'NaN spreads');
      const [gelu] = put(Float32Array.of(strange, 0, 1, 2)) as Addresses;
      heap.kernels.gelu(gelu, 4);
      assert(Object.is(heap.floats(gelu, 4)[0], strange), `${strange} is lost`);
      close(heap.floats(gelu, 4).subarray(1), [0, 0.8413447, 1.9544997], 1e-6);
    }
  },
};

/** By its series and, further out, its continued fraction: within 1e-12. */
function erf(x: number): number {
  const z = Math.abs(x);
  if (z > 3) {
    let fraction = 0;
    for (let k = 60; k > 0; k--) fraction = k / 2 / (z + fraction);
    return Math.sign(x) * (1 - Math.exp(-z * z) / Math.sqrt(Math.PI) / (z + fraction));
  }
  let term = z;
  let sum = z;
  for (let n = 1; n < 100; n++) {
    term *= (-z * z) / n;
    sum += term / (2 * n + 1);
  }
  return (Math.sign(x) * 2 * sum) / Math.sqrt(Math.PI);
}
