import type { FloatMatrix, IntegerMatrix, Matrix, Table } from './weights';

/** 1.5 · 2^52: added and taken off again, it leaves the nearest integer, ties to even; three times as fast as Math.round. */
const SHIFT = 6_755_399_441_055_744;

/** Neighbours that share a scale where we choose: finer than rows, which costs quality (Chinese), and 1/8 of a byte a number. */
const BLOCK = 32;

/**
 * Gives the matrix as integers of −`largest` to `largest` with a scale a column, chosen so that the largest weight of a column
 * is the largest integer; rounds to nearest, ties to even. A column of zeros has scale 0. A matrix of integers is rounded once
 * more. Throws Error for weights that are not finite.
 */
export function quantizeColumns(matrix: Matrix, largest: number): IntegerMatrix {
  const { inputs, outputs, values } = matrix;
  const zeros = (matrix.kind === 'int8' && matrix.zeroPoints) || new Float32Array(outputs);
  const peaks = new Float32Array(outputs);
  for (let start = 0; start < values.length; start += outputs)
    for (let column = 0; column < outputs; column++)
      peaks[column] = Math.max(peaks[column]!, Math.abs(values[start + column]! - zeros[column]!)); // keeps NaN
  const scales = new Float32Array(outputs);
  const steps = new Float64Array(outputs);
  for (let column = 0; column < outputs; column++) {
    steps[column] = stepsOf(peaks[column]!, largest);
    scales[column] = (peaks[column]! / largest) * (matrix.kind === 'int8' ? matrix.scales[column]! : 1);
  }
  const rounded = new Int8Array(inputs * outputs);
  for (let start = 0; start < rounded.length; start += outputs)
    for (let column = 0; column < outputs; column++)
      rounded[start + column] = (values[start + column]! - zeros[column]!) * steps[column]! + SHIFT - SHIFT;
  return { kind: 'int8', inputs, outputs, values: rounded, scales, zeroPoints: null };
}

/**
 * Gives word vectors as integers of −127 to 127 with a scale for each 32 neighbours of a row, or for a row whose length 32 does
 * not divide; else as `quantizeColumns`. Int8 tables stay as they are.
 */
export function quantizeTable(table: Table): Extract<Table, { kind: 'int8' }> {
  if (table.kind === 'int8') return table;
  const { rows, columns, values } = table;
  const block = columns % BLOCK === 0 ? BLOCK : columns;
  const rounded = new Int8Array(rows * columns);
  const scales = new Float32Array(rounded.length / block);
  for (let index = 0; index < scales.length; index++) {
    const start = index * block;
    const end = start + block;
    let peak = 0;
    for (let i = start; i < end; i++) peak = Math.max(peak, Math.abs(values[i]!));
    const steps = stepsOf(peak, 127);
    scales[index] = peak / 127;
    for (let i = start; i < end; i++) rounded[i] = values[i]! * steps + SHIFT - SHIFT;
  }
  return { kind: 'int8', rows, columns, values: rounded, zeroPoint: 0, block, scales };
}

/** How many steps make 1, where the largest magnitude is `largest` of them. */
function stepsOf(peak: number, largest: number): number {
  if (!Number.isFinite(peak)) throw new Error('it has weights that are not finite');
  return peak > 0 ? largest / peak : 0;
}

/** The weights as they are meant. */
export function dequantized(matrix: Matrix): FloatMatrix {
  if (matrix.kind === 'float32') return matrix;
  const { inputs, outputs, scales, zeroPoints } = matrix;
  const values = new Float32Array(inputs * outputs);
  for (let at = 0; at < values.length; at += outputs) {
    for (let column = 0; column < outputs; column++)
      values[at + column] = (matrix.values[at + column]! - (zeroPoints ? zeroPoints[column]! : 0)) * scales[column]!;
  }
  return { kind: 'float32', inputs, outputs, values };
}
