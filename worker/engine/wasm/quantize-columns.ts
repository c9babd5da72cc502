import type { FloatMatrix, IntegerMatrix, Table } from './weights';

const LARGEST = 127;

/** 1.5 · 2^52: added and taken off again, it leaves the nearest integer, ties to even; three times as fast as Math.round. */
const SHIFT = 6_755_399_441_055_744;

/**
 * Rounds a matrix to int8, symmetric, a scale a column: the column's largest magnitude is 127 steps, and each number goes to the
 * nearest one, ties to even. A column of zeros has scale 0. Throws Error for numbers that are not finite.
 */
export function quantizeColumns({ inputs, outputs, values }: FloatMatrix): IntegerMatrix {
  const scales = new Float32Array(outputs); // the largest magnitudes, at first
  for (let start = 0; start < values.length; start += outputs)
    for (let column = 0; column < outputs; column++)
      scales[column] = Math.max(scales[column]!, Math.abs(values[start + column]!)); // keeps NaN
  const steps = new Float64Array(outputs);
  for (let column = 0; column < outputs; column++) {
    steps[column] = stepsOf(scales[column]!);
    scales[column]! /= LARGEST;
  }
  const rounded = new Int8Array(inputs * outputs);
  for (let start = 0; start < rounded.length; start += outputs)
    for (let column = 0; column < outputs; column++)
      rounded[start + column] = values[start + column]! * steps[column]! + SHIFT - SHIFT;
  return { kind: 'int8', inputs, outputs, values: rounded, scales, zeroPoints: null };
}

/**
 * Rounds word vectors to int8, symmetric, a scale for each `block` neighbours of a row; else as `quantizeColumns`. Int8 tables
 * stay as they are. Throws RangeError if `block` does not divide the columns, Error for numbers that are not finite.
 */
export function quantizeTable(table: Table, block = 32): Table & { kind: 'int8' } {
  if (table.kind === 'int8') return table;
  const { rows, columns, values } = table;
  if (columns % block !== 0) throw new RangeError(`blocks of ${block} do not divide ${columns} columns`);
  const rounded = new Int8Array(rows * columns);
  const scales = new Float32Array(rounded.length / block);
  for (let index = 0; index < scales.length; index++) {
    const start = index * block;
    const end = start + block;
    let peak = 0;
    for (let i = start; i < end; i++) peak = Math.max(peak, Math.abs(values[i]!));
    const steps = stepsOf(peak);
    scales[index] = peak / LARGEST;
    for (let i = start; i < end; i++) rounded[i] = values[i]! * steps + SHIFT - SHIFT;
  }
  return { kind: 'int8', rows, columns, values: rounded, zeroPoint: 0, block, scales };
}

/** How many steps make 1, where the largest magnitude is 127 of them. */
function stepsOf(peak: number): number {
  if (!Number.isFinite(peak)) throw new Error('it has weights that are not finite');
  return peak > 0 ? LARGEST / peak : 0;
}
