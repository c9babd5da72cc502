import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { Heap } from './heap';

// Each kernel beside a plain twin in float64, on random shapes.

let heap: Heap;
beforeAll(async () => {
  heap = await Heap.start();
});

/** Numbers as activations are: most small, some large, some zero. */
function numbers(length: number, seed: number): Float32Array {
  let state = seed >>> 0 || 1;
  return Float32Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    const value = state / 2 ** 32 - 0.5;
    return state % 17 === 0 ? 0 : state % 13 === 0 ? value * 40 : value * 4;
  });
}

/** Lays the arrays out above what is kept, and gives their addresses. */
function put(...arrays: readonly (Float32Array | number)[]): number[] {
  const sizes = arrays.map((array) => (typeof array === 'number' ? array : array.byteLength));
  const places = heap.layOut(Object.fromEntries(sizes.map((size, i) => [`p${i}`, size])));
  const addresses = arrays.map((_, i) => places[`p${i}`]!);
  for (const [i, array] of arrays.entries())
    if (typeof array !== 'number') heap.floats(addresses[i]!, array.length).set(array);
  return addresses;
}

const close = (actual: ArrayLike<number>, expected: readonly number[], tolerance: number) => {
  expect(actual.length).toBe(expected.length);
  for (const [i, value] of expected.entries())
    if (!(Math.abs(actual[i]! - value) <= tolerance * Math.max(1, Math.abs(value))))
      throw new Error(`${i}: ${actual[i]} instead of ${value}`);
};

const seeds = fc.integer({ min: 1, max: 2 ** 31 });

test('quantize: 12 bits and a scale a row, smoothed first', () => {
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
        const [at, factorsAt, out, scales] = put(x, factors, rows * size * 2, rows * 4);
        heap.kernels.quantize(at!, smooth ? factorsAt! : 0, out!, scales!, rows, size);
        const found = new Int16Array(heap.bytes(out!, rows * size * 2).slice().buffer);
        for (let row = 0; row < rows; row++) {
          const values = Array.from(x.subarray(row * size, (row + 1) * size), (value, i) =>
            Math.fround(value * (smooth ? factors[i]! : 1)),
          );
          const peak = Math.max(...values.map(Math.abs));
          const scale = heap.floats(scales!, rows)[row]!;
          expect(scale).toBeCloseTo(peak / 2047, 6);
          for (const [i, value] of values.entries()) {
            const integer = found[row * size + i]!;
            expect(Math.abs(integer)).toBeLessThanOrEqual(2047);
            expect(Math.abs(integer * scale - value)).toBeLessThanOrEqual(scale * 0.5001);
          }
        }
        expect(heap.floats(at!, x.length)).toEqual(x);
      },
    ),
  );
});

function multiplied(rows: number, inner: number, columns: number, seed: number, first = 0, last = columns) {
  const x = Int16Array.from(numbers(rows * inner, seed), (value) => value * 100);
  const w = Int8Array.from(numbers(inner * columns, seed + 1), (value) => value * 30);
  const xScales = Float32Array.from({ length: rows }, (_, i) => 0.001 * (i + 1));
  const wScales = Float32Array.from({ length: columns }, (_, i) => 0.01 * ((i % 7) + 1));
  const bias = numbers(columns, seed + 2);
  const [raw, packed, xAt, xScalesAt, wScalesAt, biasAt, out] = put(
    ...[w.length, w.length, 2 * (rows + 3) * inner],
    ...[Float32Array.from([...xScales, 0, 0, 0]), wScales, bias, new Float32Array(rows * columns)],
  );
  heap.bytes(raw!, w.length).set(w);
  heap.bytes(xAt!, x.byteLength).set(new Int8Array(x.buffer));
  heap.kernels.pack(raw!, packed!, inner, columns);
  heap.kernels.multiply(xAt!, xScalesAt!, packed!, wScalesAt!, biasAt!, out!, rows, inner, columns, first, last);
  const expected = Array.from({ length: rows * columns }, (_, i) => {
    const [row, column] = [Math.floor(i / columns), i % columns];
    if (column < first || column >= last) return 0;
    let sum = 0;
    for (let k = 0; k < inner; k++) sum += x[row * inner + k]! * w[k * columns + column]!;
    return sum * xScales[row]! * wScales[column]! + bias[column]!;
  });
  return { found: heap.floats(out!, rows * columns).slice(), expected };
}

test('pack and multiply: any number of rows, panels of columns, all or some of them', () => {
  const eighths = fc.integer({ min: 1, max: 8 });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 13 }), eighths, eighths, seeds, (rows, inner, columns, seed) => {
      const { found, expected } = multiplied(rows, 8 * inner, 8 * columns, seed);
      close(found, expected, 1e-5);
    }),
  );
  const { found, expected } = multiplied(5, 16, 32, 7, 8, 24);
  close(found, expected, 1e-5);
});

test('multiply: sums of the largest products stay within 32 bits at the widest models', () => {
  const inner = 8192;
  const [raw, packed, x, scales, out] = put(inner * 8, inner * 8, 8 * inner, new Float32Array(64).fill(1), 8 * 4 * 4);
  heap.bytes(raw!, inner * 8).fill(127);
  new Int16Array(heap.bytes(x!, 8 * inner).buffer, x!, 4 * inner).fill(2047);
  heap.kernels.pack(raw!, packed!, inner, 8);
  heap.kernels.multiply(x!, scales!, packed!, scales!, scales!, out!, 1, inner, 8, 0, 8);
  expect(heap.floats(out!, 1)[0]).toBe(Math.fround(2047 * 127 * inner + 1));
});

test('gelu: the exact one, within 1e-6', () => {
  const x = Float32Array.from({ length: 4000 }, (_, i) => (i - 2000) / 150);
  const [at] = put(x);
  heap.kernels.gelu(at!, x.length);
  close(
    heap.floats(at!, x.length),
    Array.from(x, (value) => (value * (1 + erf(value / Math.SQRT2))) / 2),
    1e-6,
  );
});

test('normalize: mean 0 and variance 1, with or without a residual', () => {
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
});

function attended(tokens: number, queries: number, heads: number, size: number, seed: number) {
  const hidden = heads * size;
  const qkv = numbers(tokens * 3 * hidden, seed);
  const [at, out, scratch] = put(qkv, queries * hidden * 4, 4 * (size + 4) * (tokens + 7));
  heap.kernels.attend(at!, out!, scratch!, tokens, queries, heads, size);
  const part = (token: number, which: number, head: number, d: number) =>
    qkv[token * 3 * hidden + which * hidden + head * size + d]!;
  const expected = Array.from({ length: queries }, (_, query) =>
    Array.from({ length: heads }, (_, head) => {
      const scores = Array.from({ length: tokens }, (_, token) => {
        let sum = 0;
        for (let d = 0; d < size; d++) sum += part(query, 0, head, d) * part(token, 1, head, d);
        return sum;
      });
      const peak = scores.reduce((a, b) => Math.max(a, b));
      const weights = scores.map((score) => Math.exp(score - peak));
      const total = weights.reduce((a, b) => a + b);
      return Array.from(
        { length: size },
        (_, d) => weights.reduce((sum, weight, token) => sum + weight * part(token, 2, head, d), 0) / total,
      );
    }),
  ).flat(2);
  return { found: heap.floats(out!, queries * hidden).slice(), expected };
}

test('attend: all queries or the first, any number of tokens', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 21 }),
      fc.integer({ min: 1, max: 3 }),
      fc.constantFrom(8, 32, 64),
      seeds,
      (tokens, heads, size, seed) => {
        for (const queries of [tokens, 1]) {
          const { found, expected } = attended(tokens, queries, heads, size, seed);
          close(found, expected, 2e-4);
        }
      },
    ),
    { numRuns: 40 },
  );
  for (const tokens of [512, 8192]) {
    const { found, expected } = attended(tokens, 5, 1, 32, tokens);
    close(found, expected, 2e-4);
  }
});

test('what is not a number stays visible: a row with NaN gives NaN, others are as before', () => {
  const x = numbers(2 * 8, 5);
  x[3] = Number.NaN;
  const [at, weight, bias] = put(x, new Float32Array(8).fill(1), new Float32Array(8));
  heap.kernels.normalize(at!, 0, weight!, bias!, 2, 8, 1e-12);
  const found = heap.floats(at!, 16);
  expect(found.subarray(0, 8).every(Number.isNaN)).toBe(true);
  expect(found.subarray(8).every(Number.isFinite)).toBe(true);
  for (const strange of [Number.NaN, Number.POSITIVE_INFINITY]) {
    const rows = numbers(2 * 8, 9);
    rows[2] = strange;
    const [from, to, scales] = put(rows, 64, 8);
    heap.kernels.quantize(from!, 0, to!, scales!, 2, 8);
    expect(heap.floats(scales!, 2)[0]).toBeNaN();
    expect(heap.floats(scales!, 2)[1]).toBeGreaterThan(0);
  }
});

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
