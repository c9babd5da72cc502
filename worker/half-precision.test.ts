import { readFileSync } from 'node:fs';
import * as ort from 'onnxruntime-web';
import { expect, test } from 'vitest';
import { widenLayerNorms } from './half-precision';

// ReduceMean, Sub, Pow, ReduceMean, Add, Sqrt, Div, Mul, Add on float16, as float16 exports of BGE have it (opset 11).
const graph = new Uint8Array(readFileSync('e2e/goldens/layer-norm-fp16.onnx'));
const x = [400, -400, 20, -20, 1, 2, 3, 4];
const gamma = [1, 2, 1, 0.5];
const beta = [0, 0, 1, 0];

/** Without optimisation, so that the runtime runs the operators as they are. Its CPU computes them all in float32, so the overflow itself only shows on a GPU. */
async function run(model: Uint8Array): Promise<number[]> {
  const session = await ort.InferenceSession.create(model, { graphOptimizationLevel: 'disabled' });
  const input = new ort.Tensor('float16', Uint16Array.from(x, toHalf), [2, 4]);
  const { y } = await session.run({ x: input });
  return Array.from(y!.data as unknown as ArrayLike<number>, fromHalf);
}

test('squares, mean and root of a layer normalisation move to float32, and the result is right', async () => {
  const expected = [0, 4].flatMap((from) => {
    const row = x.slice(from, from + 4);
    const mean = row.reduce((a, b) => a + b) / 4;
    const deviation = Math.sqrt(row.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 4);
    return row.map((value, d) => ((value - mean) / deviation) * gamma[d]! + beta[d]!);
  });
  const widened = widenLayerNorms(graph);
  // The runtime refuses a graph whose types do not fit together, so these casts are where they must be.
  expect(operators(graph)).toMatchObject({ Cast: 0, Pow: 1 });
  expect(operators(widened)).toMatchObject({ Cast: 3, Pow: 0 });
  const after = await run(widened);
  for (const [i, value] of expected.entries()) expect(after[i]).toBeCloseTo(value, 2);
});

test('a graph that was widened, or has nothing to widen, comes back as it was', () => {
  const once = widenLayerNorms(graph);
  expect(widenLayerNorms(once)).toBe(once);
});

/** How often an operator is used; the name follows its field's tag and length. */
function operators(model: Uint8Array): Record<string, number> {
  const text = new TextDecoder('latin1').decode(model);
  return { Cast: text.split('"\x04Cast').length - 1, Pow: text.split('"\x03Pow').length - 1 };
}

function toHalf(value: number): number {
  const bits = new Uint32Array(Float32Array.of(value).buffer)[0]!;
  if (value === 0) return 0;
  return ((bits >>> 16) & 0x8000) | ((((bits >>> 23) & 0xff) - 112) << 10) | ((bits >>> 13) & 0x3ff);
}

function fromHalf(bits: number): number {
  const exponent = (bits >> 10) & 0x1f;
  const size = exponent === 0 ? (bits & 0x3ff) * 2 ** -24 : (1 + (bits & 0x3ff) / 1024) * 2 ** (exponent - 15);
  if (exponent === 0x1f) return bits & 0x3ff ? Number.NaN : Number.POSITIVE_INFINITY;
  return bits & 0x8000 ? -size : size;
}
