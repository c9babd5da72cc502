import fc from 'fast-check';
import type { Heap, RelaxedKernels } from './heap';

// Each kernel beside a plain twin in float64, on random shapes; run by kernels.test.ts in Node and by e2e/kernels.spec.ts in a browser,
// since Node 20 has no relaxed SIMD that works.

/** What the checks run on. */
let heap: Heap;

export const use = (which: Heap) => {
  heap = which;
};

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

function assert(holds: boolean, message: string): asserts holds {
  if (!holds) throw new Error(message);
}

const close = (actual: ArrayLike<number>, expected: readonly number[], tolerance: number) => {
  assert(actual.length === expected.length, `${actual.length} numbers instead of ${expected.length}`);
  for (const [i, value] of expected.entries())
    if (!(Math.abs(actual[i]! - value) <= tolerance * Math.max(1, Math.abs(value))))
      throw new Error(`${i}: ${actual[i]} instead of ${value}`);
};

const seeds = fc.integer({ min: 1, max: 2 ** 31 });

/** Addresses, as many as are asked for. */
type Addresses = [number, number, number, number, number, number, number, number, number, number, number];

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

function productOf(
  rows: number,
  inner: number,
  columns: number,
  first: number,
  last: number,
  factors: (row: number, k: number, column: number) => [number, number],
  bias: Float32Array,
): number[] {
  return Array.from({ length: rows * columns }, (_, i) => {
    const [row, column] = [Math.floor(i / columns), i % columns];
    if (column < first || column >= last) return 0;
    let sum = bias[column]!;
    for (let k = 0; k < inner; k++) {
      const [x, w] = factors(row, k, column);
      sum += x * w;
    }
    return sum;
  });
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

function attended(
  kernel: 'attend' | 'attendWords',
  tokens: number,
  queries: number,
  heads: number,
  size: number,
  seed: number,
) {
  const hidden = heads * size;
  // Small enough for float32: scores of hundreds would lose the digits that the softmax makes visible.
  const qkv = numbers(tokens * 3 * hidden, seed).map((value) => value / Math.sqrt(size));
  const [at, out, scratch] = put(qkv, queries * hidden * 4, 4 * (2 * size + 4) * (tokens + 7)) as Addresses;
  const [keys, row] = [at + 4 * hidden, 12 * hidden];
  heap.kernels[kernel](at, row, keys, keys + 4 * hidden, row, out, scratch, tokens, queries, heads, size);
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
  return { found: heap.floats(out, queries * hidden).slice(), expected };
}

function checkAttention(kernel: 'attend' | 'attendWords', tolerance: number): void {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 21 }),
      fc.integer({ min: 1, max: 3 }),
      fc.constantFrom(8, 32, 64),
      seeds,
      (tokens, heads, size, seed) => {
        for (const queries of [tokens, 1]) {
          const { found, expected } = attended(kernel, tokens, queries, heads, size, seed);
          close(found, expected, tolerance);
        }
      },
    ),
    { numRuns: 40 },
  );
  for (const tokens of [512, 8192]) {
    const { found, expected } = attended(kernel, tokens, 5, 1, 32, tokens);
    close(found, expected, tolerance);
  }
}

export const checks: Readonly<Record<string, () => void>> = {
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

  'attend: all queries or the first, any number of tokens'() {
    checkAttention('attend', 2e-4);
  },

  'attendWords: the same in int16'() {
    checkAttention('attendWords', 3e-3);
  },

  'attendWords: many faint tokens count beside a loud one, and what is not a number stays visible'() {
    const [tokens, size] = [2048, 32];
    const qkv = new Float32Array(tokens * 3 * size);
    qkv[0] = 1;
    for (let token = 0; token < tokens; token++) {
      qkv[token * 3 * size + size] = token === 0 ? Math.log(1000) : 0; // a thousand times the weight of each other
      qkv[token * 3 * size + 2 * size] = token === 0 ? 0 : 1;
    }
    const attended = () => {
      const [at, out, scratch] = put(qkv, 4 * size, 4 * (2 * size + 4) * (tokens + 7)) as Addresses;
      heap.kernels.attendWords(at, 0, at + 4 * size, at + 8 * size, 12 * size, out, scratch, tokens, 1, 1, size);
      return heap.floats(out, size).slice();
    };
    close(attended().subarray(0, 1), [(tokens - 1) / (tokens + 999)], 2e-3);
    for (const place of [0, size, 2 * size]) {
      const before = qkv[place]!;
      qkv[place] = Number.NaN;
      assert(Number.isNaN(attended()[0]), `NaN at ${place} is lost`);
      qkv[place] = before;
    }
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
