import type { FloatMatrix, IntegerMatrix, Matrix } from './weights';

/**
 * Gives the matrix as integers of −`largest` to `largest` with a scale a column, chosen so that the largest weight of a column
 * is the largest integer; rounds to nearest. A matrix of integers is rounded once more unless it is fit already.
 */
export function quantizeColumns(matrix: Matrix, largest: number): IntegerMatrix {
  const { inputs, outputs } = matrix;
  const peaks = columnPeaks(matrix);
  const scales = new Float32Array(outputs);
  const factors = new Float32Array(outputs);
  for (let column = 0; column < outputs; column++) {
    const unit = matrix.kind === 'int8' ? matrix.scales[column]! : 1;
    scales[column] = (peaks[column]! / largest) * unit;
    factors[column] = peaks[column]! > 0 ? largest / peaks[column]! : 0;
  }
  const from = matrix.values;
  const zeros = matrix.kind === 'int8' ? matrix.zeroPoints : null;
  const values = new Int8Array(inputs * outputs);
  for (let at = 0; at < values.length; at += outputs) {
    for (let column = 0; column < outputs; column++) {
      const value = from[at + column]! - (zeros ? zeros[column]! : 0);
      values[at + column] = Math.round(value * factors[column]!);
    }
  }
  return { kind: 'int8', inputs, outputs, values, scales, zeroPoints: null };
}

/** The largest distance from zero in each column. */
function columnPeaks(matrix: Matrix): Float32Array {
  const { outputs, values } = matrix;
  const zeros = matrix.kind === 'int8' ? matrix.zeroPoints : null;
  const peaks = new Float32Array(outputs);
  for (let at = 0; at < values.length; at += outputs) {
    for (let column = 0; column < outputs; column++) {
      const size = Math.abs(values[at + column]! - (zeros ? zeros[column]! : 0));
      if (size > peaks[column]!) peaks[column] = size;
    }
  }
  return peaks;
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
