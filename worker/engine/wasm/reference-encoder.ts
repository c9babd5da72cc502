import type { Classifier, EncoderWeights, Matrix, Norm, Product, Table } from './weights';

// A plain encoder in float64, for tests: slow, and nothing but the formulas. Source: transformers, `BertModel`.

/** The last hidden states of a text: tokens × hidden. */
export function hiddenStates(weights: EncoderWeights, ids: readonly number[]): Float64Array {
  const { hidden, heads, epsilon, positions, words, padding } = weights;
  let x: Float64Array = new Float64Array(ids.length * hidden);
  let place = 0;
  for (const [token, id] of ids.entries()) {
    const position = id === padding?.id ? padding.position : positions.subarray(place++ * hidden);
    for (let d = 0; d < hidden; d++) x[token * hidden + d] = cell(words, id, d) + position[d]!;
  }
  normalize(x, weights.embeddingNorm, epsilon);
  for (let index = 0; index < weights.layers; index++) {
    const layer = weights.layer(index);
    const { qkv } = layer;
    const parts = qkv.map((product) => multiply(x, product));
    // The columns of token t: queries, keys and values side by side, in one array or in three.
    const at = (part: number, token: number, d: number) =>
      parts.length === 3 ? parts[part]![token * hidden + d]! : parts[0]![(token * 3 + part) * hidden + d]!;
    const y = add(multiply(attend(at, ids.length, heads, hidden / heads), layer.attentionOut), x);
    normalize(y, layer.attentionNorm, epsilon);
    x = add(multiply(multiply(y, layer.ffnIn).map(gelu), layer.ffnOut), y);
    normalize(x, layer.ffnNorm, epsilon);
  }
  return x;
}

/** The logit of a reranker. */
export function logit({ dense, out }: Classifier, states: Float64Array, hidden: number): number {
  return multiply(multiply(states.slice(0, hidden), dense).map(Math.tanh), out)[0]!;
}

function attend(
  at: (part: number, token: number, d: number) => number,
  tokens: number,
  heads: number,
  size: number,
): Float64Array {
  const context = new Float64Array(tokens * heads * size);
  for (let head = 0; head < heads; head++)
    for (let query = 0; query < tokens; query++) {
      const scores = Float64Array.from({ length: tokens }, (_, key) => {
        let dot = 0;
        for (let d = head * size; d < (head + 1) * size; d++) dot += at(0, query, d) * at(1, key, d);
        return dot;
      });
      const highest = Math.max(...scores);
      const weights = scores.map((score) => Math.exp(score - highest));
      const sum = weights.reduce((a, b) => a + b);
      for (let d = head * size; d < (head + 1) * size; d++)
        for (let key = 0; key < tokens; key++)
          context[query * heads * size + d]! += (weights[key]! / sum) * at(2, key, d);
    }
  return context;
}

function cell(table: Table, row: number, column: number): number {
  const at = row * table.columns + column;
  if (table.kind === 'float32') return table.values[at]!;
  return (table.values[at]! - table.zeroPoint) * table.scales[Math.floor(at / table.block)]!;
}

function multiply(x: Float64Array, { matrix, bias, smooth }: Product): Float64Array {
  const { inputs, outputs } = matrix;
  const values = dequantized(matrix);
  const rows = x.length / inputs;
  const y = new Float64Array(rows * outputs);
  for (let row = 0; row < rows; row++) {
    const out = y.subarray(row * outputs, (row + 1) * outputs);
    out.set(bias);
    for (let i = 0; i < inputs; i++) {
      const factor = x[row * inputs + i]! * (smooth?.[i] ?? 1);
      for (let j = 0; j < outputs; j++) out[j]! += factor * values[i * outputs + j]!;
    }
  }
  return y;
}

function dequantized(matrix: Matrix): Float32Array | Float64Array {
  if (matrix.kind === 'float32') return matrix.values;
  const { values, scales, zeroPoints, outputs } = matrix;
  return Float64Array.from(values, (value, i) => (value - (zeroPoints?.[i % outputs] ?? 0)) * scales[i % outputs]!);
}

function normalize(x: Float64Array, { weight, bias }: Norm, epsilon: number): void {
  for (let start = 0; start < x.length; start += weight.length) {
    const row = x.subarray(start, start + weight.length);
    const mean = row.reduce((a, b) => a + b) / row.length;
    const variance = row.reduce((sum, value) => sum + (value - mean) ** 2, 0) / row.length;
    for (let d = 0; d < row.length; d++)
      row[d] = ((row[d]! - mean) / Math.sqrt(variance + epsilon)) * weight[d]! + bias[d]!;
  }
}

function add(x: Float64Array, y: Float64Array): Float64Array {
  return x.map((value, i) => value + y[i]!);
}

function gelu(x: number): number {
  return (x / 2) * (1 + erf(x / Math.SQRT2));
}

/** The Maclaurin series, good to 1e-8 for arguments up to 4, beyond which erf is ±1 to 2e-8. */
function erf(x: number): number {
  if (Math.abs(x) > 4) return Math.sign(x);
  let term = x;
  let sum = x;
  for (let n = 1; n < 100; n++) {
    term *= (-x * x) / n;
    sum += term / (2 * n + 1);
  }
  return (2 / Math.sqrt(Math.PI)) * sum;
}
