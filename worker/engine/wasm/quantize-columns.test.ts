import fc from 'fast-check';
import { expect, test } from 'vitest';
import { quantizeColumns, quantizeTable } from './quantize-columns';

const matrix = (inputs: number, outputs: number, values: readonly number[]) =>
  ({ kind: 'float32', inputs, outputs, values: Float32Array.from(values) }) as const;
const table = (rows: number, columns: number, values: readonly number[]) =>
  ({ kind: 'float32', rows, columns, values: Float32Array.from(values) }) as const;

test('a scale a column, ties to even, zeros stay zeros', () => {
  const columns = [
    [127, 0.5, 1.5, -0.5, -2.5, 126.5],
    [-0.254, 0.127, 0.002, 0, -0.0008, 0.0031],
    [0, 0, 0, 0, 0, 0],
  ];
  const rounded = quantizeColumns(
    matrix(
      6,
      3,
      columns[0]!.flatMap((_, row) => columns.map((column) => column[row]!)),
    ),
    127,
  );
  expect([...rounded.scales]).toEqual([1, Math.fround(0.254 / 127), 0]);
  const column = (index: number) => [...rounded.values].filter((_, i) => i % 3 === index);
  expect(column(0)).toEqual([127, 0, 2, 0, -2, 126]); // numpy.rint
  expect(column(1)).toEqual([-127, 64, 1, 0, 0, 2]);
  expect(column(2)).toEqual([0, 0, 0, 0, 0, 0]);
  expect(rounded.zeroPoints).toBeNull();
});

// Smaller numbers would have scales that float32 cannot tell from 0.
const number = fc
  .float({ noNaN: true, noDefaultInfinity: true, min: -1e6, max: 1e6 })
  .map((value) => (Math.abs(value) < 1e-30 ? 0 : value));

test('every weight is half a step away at most, and the largest of a column is 127 steps', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 9 }), fc.array(number, { minLength: 9, maxLength: 90 }), (outputs, list) => {
      const inputs = Math.floor(list.length / outputs);
      const { values } = matrix(inputs, outputs, list.slice(0, inputs * outputs));
      const rounded = quantizeColumns({ kind: 'float32', inputs, outputs, values }, 127);
      for (let column = 0; column < outputs; column++) {
        const scale = rounded.scales[column]!;
        const rows = Array.from({ length: inputs }, (_, row) => row * outputs + column);
        for (const i of rows)
          expect(Math.abs(rounded.values[i]! * scale - values[i]!)).toBeLessThanOrEqual(scale * 0.50001);
        if (scale > 0) expect(Math.max(...rows.map((i) => Math.abs(rounded.values[i]!)))).toBe(127);
      }
    }),
  );
});

test('a table has a scale for every 32 neighbours; int8 tables stay', () => {
  const values = Array.from({ length: 3 * 64 }, (_, i) => Math.sin(i) * (1 + Math.floor(i / 32)));
  const rounded = quantizeTable(table(3, 64, values));
  expect(rounded).toMatchObject({ kind: 'int8', rows: 3, columns: 64, zeroPoint: 0, block: 32 });
  expect(rounded.scales.length).toBe(6);
  for (const [i, value] of values.entries()) {
    const scale = rounded.scales[Math.floor(i / 32)]!;
    expect(Math.abs(rounded.values[i]! * scale - value)).toBeLessThanOrEqual(scale * 0.50001);
  }
  for (let block = 0; block < 6; block++)
    expect(Math.max(...rounded.values.slice(block * 32, block * 32 + 32).map(Math.abs))).toBe(127);
  expect(quantizeTable(rounded)).toBe(rounded);
});

test.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])('%d is refused, wherever it is', (odd) => {
  for (const at of [0, 17, 31]) {
    const values = Array.from({ length: 32 }, (_, i) => (i === at ? odd : i));
    expect(() => quantizeColumns(matrix(8, 4, values), 127)).toThrow('not finite');
    expect(() => quantizeTable(table(1, 32, values))).toThrow('not finite');
  }
});

test('a row that blocks do not divide has one scale', () => {
  expect(quantizeTable(table(2, 48, Array(96).fill(1)))).toMatchObject({ block: 48, scales: { length: 2 } });
});

test('integers with zero points go to fewer steps', () => {
  const { values } = matrix(4, 2, [-1, 100, 0, -100, 5, 28, 2, -36]);
  const rounded = quantizeColumns(
    {
      kind: 'int8',
      inputs: 4,
      outputs: 2,
      values: Int8Array.from(values),
      scales: Float32Array.of(0.5, 2),
      zeroPoints: Float32Array.of(2, -28),
    },
    63,
  );
  // Distances from the zero points: −3, −2, 3, 0 and 128, −72, 56, −8.
  expect([...rounded.values]).toEqual([-63, 63, -42, -35, 63, 28, 0, -4]);
  expect([...rounded.scales]).toEqual([Math.fround(1.5 / 63), Math.fround(256 / 63)]);
  expect(rounded.zeroPoints).toBeNull();
});
