import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { Embeddings } from './embeddings.js';
import { dequantize, type Precision, type QuantizedEmbeddings, quantize, truncateDim } from './quantize.js';

interface QuantizeCase {
  readonly name: string;
  readonly precision: Precision;
  readonly input: 'embeddings' | 'odd';
  readonly source?: string;
  readonly ranges?: [number[], number[]];
  readonly expected: number[][];
}

/** Answers of sentence-transformers 6.2.0; versions inside. */
const goldens = JSON.parse(readFileSync(new URL('../e2e/goldens/quantize.json', import.meta.url), 'utf8'));

function make(rows: number[][], space = 'me/mine@main/fp32/cls-l2/0/16'): Embeddings {
  return new Embeddings({ data: Float32Array.from(rows.flat()), dim: rows[0]!.length, space });
}

const rowsOf = ({ data, rows, rowBytes }: QuantizedEmbeddings) =>
  Array.from({ length: rows }, (_, i) => [...data.subarray(i * rowBytes, (i + 1) * rowBytes)]);

test.each(goldens.cases as QuantizeCase[])('$name as $precision is what the reference gives', (golden) => {
  const { precision, input, ranges, name, expected } = golden;
  const options =
    name === 'calibration'
      ? { calibration: make(goldens.calibration) }
      : ranges && name !== 'data'
        ? { ranges: { min: Float32Array.from(ranges[0]), max: Float32Array.from(ranges[1]) } }
        : {};
  const quantized = quantize(make(goldens[input]), precision, options);
  expect(rowsOf(quantized)).toEqual(expected);
  expect(quantized.data.constructor).toBe(precision === 'int8' || precision === 'binary' ? Int8Array : Uint8Array);
});

test('int8 and uint8 come back to half a step, whole vectors nearly unchanged', () => {
  const embeddings = make(goldens.embeddings);
  for (const precision of ['int8', 'uint8'] as const) {
    const quantized = quantize(embeddings, precision, { calibration: make(goldens.calibration) });
    const back = dequantize(quantized);
    const { min, max } = quantized.ranges!;
    for (const [i, value] of back.data.entries()) {
      const step = (max[i % 16]! - min[i % 16]!) / 255;
      expect(Math.abs(value - embeddings.data[i]!)).toBeLessThanOrEqual(step / 2 + 1e-6);
    }
    expect(back).toMatchObject({ rows: 20, dim: 16, space: embeddings.space });
  }
});

test('signs come back as vectors of length 1, also where dim is no multiple of 8', () => {
  const embeddings = make(goldens.odd);
  for (const precision of ['binary', 'ubinary'] as const) {
    const back = dequantize(quantize(embeddings, precision));
    expect(back.toArray().map((row) => row.map(Math.sign))).toEqual(
      embeddings.toArray().map((row) => row.map((value) => (value > 0 ? 1 : -1))),
    );
    for (const row of back) expect(Math.hypot(...row)).toBeCloseTo(1, 6);
  }
});

test('what does not fit is refused', () => {
  const embeddings = make(goldens.embeddings);
  expect(() => quantize(embeddings, 'int4' as 'int8')).toThrow("Expected `precision` to be 'int8' or");
  expect(() => quantize(make([[1, Number.NaN]]), 'binary')).toThrow(
    'Expected `embeddings.data[1]` to be a finite number',
  );
  expect(() => quantize(make([[1, 2]]), 'int8')).toThrow('two vectors at least (a hundred are good), got 1 vectors');
  expect(() => quantize(embeddings, 'int8', { calibration: make(goldens.odd) })).toThrow(
    'Expected `ranges` to be of 16 dimensions',
  );
  const quantized = quantize(embeddings, 'int8');
  expect(() => dequantize({ ...quantized, rows: 3 })).toThrow('Expected `data` to be 3 × 16 values, got 320');
  expect(() => dequantize({ ...quantized, ranges: null })).toThrow('Expected `ranges`');
});

test('shorter vectors have length 1 and a space of their own', () => {
  const short = truncateDim(
    make(
      [
        [3, 4, 100],
        [0, 0, 1],
      ],
      'me/mine@main/fp32/cls-l2/0/3',
    ),
    2,
  );
  expect(short.toArray().map((row) => row.map((value) => Math.round(value * 1e6) / 1e6))).toEqual([
    [0.6, 0.8],
    [0, 0],
  ]);
  expect(short.space).toBe('me/mine@main/fp32/cls-l2/0/2');
  expect(truncateDim(short, 9).dim).toBe(2);
  expect(() => truncateDim(short, 0)).toThrow('Expected `dim`');
});
