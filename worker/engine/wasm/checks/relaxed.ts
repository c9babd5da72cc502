import fc from 'fast-check';
import type { RelaxedKernels } from '../heap';
import { type Addresses, assert, close, heap, numbers, productOf, put, seeds } from './ground';

/** What the relaxed product should give from the bytes that quantizeBytes made of x: it is exact. */
function multipliedRelaxed(rows: number, inner: number, columns: number, seed: number, first = 0, last = columns) {
  const kernels = heap.kernels as RelaxedKernels;
  const x = numbers(rows * inner, seed);
  const w = Int8Array.from(numbers(inner * columns, seed + 1), (value) => Math.max(-64, Math.min(63, value * 20)));
  const wScales = Float32Array.from({ length: columns }, (_, i) => 0.01 * ((i % 7) + 1));
  const bias = numbers(columns, seed + 2);
  const room = 4 * (rows + 6);
  const [raw, packed, sums, xAt, bytes, scales, zeros, terms, wScalesAt, biasAt, out] = put(
    ...[w.length, w.length, 4 * columns, x, (rows + 6) * inner, room, room, room, wScales, bias],
    new Float32Array(rows * columns),
  ) as Addresses;
  heap.bytes(raw, w.length).set(w);
  kernels.packRelaxed(raw, packed, sums, inner, columns);
  kernels.quantizeBytes(xAt, 0, bytes, scales, zeros, terms, rows, inner);
  const ofColumns = [packed, wScalesAt, sums, biasAt] as const;
  kernels.multiplyRelaxed(bytes, scales, zeros, terms, ...ofColumns, out, rows, inner, columns, first, last);
  const integers = heap.bytes(bytes, rows * inner).slice();
  const rowScales = heap.floats(scales, rows).slice();
  const rowZeros = new Int32Array(heap.floats(zeros, rows).slice().buffer);
  const real = (row: number, k: number) => (integers[row * inner + k]! - rowZeros[row]!) * rowScales[row]!;
  const expected = productOf(
    rows,
    inner,
    columns,
    first,
    last,
    (row, k, column) => [real(row, k), w[k * columns + column]! * wScales[column]!],
    bias,
  );
  return { found: heap.floats(out, rows * columns).slice(), expected, x, real, rowScales };
}

export const relaxedChecks: Readonly<Record<string, () => void>> = {
  'quantizeBytes, packRelaxed and multiplyRelaxed: 8 bits with a zero point, 7-bit weights, any number of rows'() {
    const sixteenths = fc.integer({ min: 1, max: 5 });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 14 }), sixteenths, sixteenths, seeds, (rows, inner, columns, seed) => {
        const { found, expected, x, real, rowScales } = multipliedRelaxed(rows, 16 * inner, 8 * columns, seed);
        close(found, expected, 1e-4);
        for (const [i, value] of x.entries()) {
          const row = Math.floor(i / (16 * inner));
          assert(Math.abs(real(row, i % (16 * inner)) - value) <= rowScales[row]! * 1.001, `${i}: ${value}`);
        }
      }),
    );
    const { found, expected } = multipliedRelaxed(7, 32, 32, 7, 8, 24);
    close(found, expected, 1e-4);
  },

  'dot: exact where the second operand has 7 bits, and one of three things where it has 8'() {
    const { dot } = heap.kernels as RelaxedKernels;
    for (const [a, b] of [
      [127, 127],
      [-128, 127],
      [3, 5],
    ] as const)
      assert(dot(a, b) === 4 * a * b, `${a} · ${b}: ${dot(a, b)}`);
    const results = [4 * 127 * 255, 2 * 32_767, 4 * 127 * -1]; // unsigned, unsigned and saturated, signed
    assert(results.includes(dot(127, 255)), `127 · 255: ${dot(127, 255)}`);
  },

  'multiplyRelaxed: the largest products neither saturate nor leave 32 bits'() {
    const kernels = heap.kernels as RelaxedKernels;
    const inner = 8192;
    const [ones, zeros] = [new Float32Array(64).fill(1), new Float32Array(64)];
    const [w, x, one, zero, out] = put(inner * 8, 6 * inner, ones, zeros, 8 * 4) as Addresses;
    heap.bytes(w, inner * 8).fill(127);
    for (const value of [127, -128]) {
      heap.bytes(x, 6 * inner).fill(value);
      kernels.multiplyRelaxed(x, one, zero, zero, w, one, zero, zero, out, 1, inner, 8, 0, 8);
      close(heap.floats(out, 1), [value * 127 * inner], 0);
    }
  },

  'quantizeBytes: a row that is not finite stays visible, a row of zeros is zero'() {
    const kernels = heap.kernels as RelaxedKernels;
    for (const strange of [Number.NaN, Number.POSITIVE_INFINITY]) {
      const rows = numbers(2 * 16, 9);
      rows[2] = strange;
      rows.fill(0, 16);
      const [from, to, scales, zeros, terms] = put(rows, 64, 8, 8, 8) as Addresses;
      kernels.quantizeBytes(from, 0, to, scales, zeros, terms, 2, 16);
      assert(Number.isNaN(heap.floats(scales, 2)[0]), 'NaN is lost');
      assert(heap.floats(scales, 2)[1] === 0, 'zeros have a scale');
    }
  },
};
