import { transpose } from '../transpose';
import { UnsupportedGraphError } from '../unsupported';
import type { Matrix, Product } from '../weights';
import type { Graph, Quantization, Stored } from './graph';
import type { Tensor } from './tensor';

/** A linear layer in a graph. */
export interface FoundLinear {
  readonly input: string;
  readonly weight: Stored;
  /** Added up; what is left out is 0. */
  readonly biases: readonly Tensor[];
  readonly inputs: number;
  readonly outputs: number;
}

/** The linear layer whose result is the sum of these values; null if it is none. */
export function findLinear(graph: Graph, terms: readonly string[]): FoundLinear | null {
  const biases = terms.map((term) => graph.tensor(term)).filter((tensor) => tensor !== null);
  const [product, ...more] = terms.filter((term) => !graph.tensor(term));
  const found = product !== undefined && more.length === 0 ? findProduct(graph, product) : null;
  return found && linear(graph, found.input, found.weight, [...biases, ...(found.biases ?? [])]);
}

interface FoundProduct {
  readonly input: string;
  readonly weight: Stored;
  readonly biases?: readonly Tensor[];
}

function linear(graph: Graph, input: string, weight: Stored, biases: readonly Tensor[]): FoundLinear {
  const [rows = 0, columns = 0, ...more] = weight.tensor.dims;
  if (more.length > 0) throw new UnsupportedGraphError(`${weight.tensor.name} has ${weight.tensor.dims.length} axes`);
  const [inputs, outputs] = weight.transposed ? [columns, rows] : [rows, columns];
  const odd = biases.find((bias) => bias.size !== outputs);
  if (odd) throw new UnsupportedGraphError(`${odd.name} has ${odd.size} numbers beside a matrix of ${outputs} columns`);
  return { input: graph.origin(input), weight, biases, inputs, outputs };
}

function findProduct(graph: Graph, value: string): FoundProduct | null {
  const node = graph.node(value);
  if (!node) return null;
  const { inputs, attributes } = node;
  const stored = (index: number) => graph.constant(inputs[index]);
  switch (node.opType) {
    case 'MatMul': {
      const weight = stored(1);
      return weight && { input: inputs[0]!, weight };
    }
    case 'Reshape': {
      // Some tools flatten the tokens of all rows around a Gemm.
      const gemm = graph.made(inputs[0], 'Gemm') && findProduct(graph, inputs[0]!);
      return gemm ? { ...gemm, input: graph.made(gemm.input, 'Reshape')?.inputs[0] ?? gemm.input } : null;
    }
    case 'Gemm': {
      const number = (name: string, usual: number) => attributes.get(name)?.numbers[0] ?? usual;
      const weight = stored(1);
      if (!weight || number('alpha', 1) !== 1 || number('beta', 1) !== 1 || number('transA', 0) !== 0) return null;
      const transposed = weight.transposed !== (number('transB', 0) === 1);
      return { input: inputs[0]!, weight: { ...weight, transposed }, biases: constants(graph, inputs[2]) };
    }
    case 'Mul':
      return findIntegerProduct(graph, inputs);
    case 'MatMulIntegerToFloat': {
      const scale = inputs[3];
      const [input, weight] = [quantized(graph, inputs[0]), stored(1)];
      if (!input || !weight) return null;
      const quantization = graph.quantization(scale, inputs[5], outputAxis(weight));
      return { input, weight: { ...weight, quantization }, biases: constants(graph, inputs[6]) };
    }
    case 'DynamicQuantizeMatMul': {
      const weight = stored(1);
      if (!weight) return null;
      const quantization = graph.quantization(inputs[2], inputs[3], outputAxis(weight));
      return { input: inputs[0]!, weight: { ...weight, quantization }, biases: constants(graph, inputs[4]) };
    }
    default:
      return null;
  }
}

/** Cast(MatMulInteger(x, w)) · (the scale of x · the scale of w), as onnxruntime's dynamic quantisation writes it. */
function findIntegerProduct(graph: Graph, factors: readonly string[]): FoundProduct | null {
  const product = factors.map((factor) => graph.made(factor, 'MatMulInteger')).find((node) => node);
  const scales = factors.map((factor) => graph.made(factor, 'Mul')).find((node) => node);
  const input = quantized(graph, product?.inputs[0]);
  const weight = graph.constant(product?.inputs[1]);
  const scale = scales?.inputs.find((value) => graph.tensor(value));
  if (!product || !scales || !input || !weight || !scale) return null;
  return {
    input,
    weight: { ...weight, quantization: graph.quantization(scale, product.inputs[3], outputAxis(weight)) },
  };
}

/** What was rounded to integers at run time. */
function quantized(graph: Graph, value: string | undefined): string | null {
  return graph.made(value, 'DynamicQuantizeLinear')?.inputs[0] ?? null;
}

function outputAxis(weight: Stored): number {
  return weight.transposed ? 0 : 1;
}

function constants(graph: Graph, value: string | undefined): Tensor[] {
  if (!value) return [];
  const tensor = graph.tensor(value);
  if (!tensor) throw new UnsupportedGraphError(`${value}, a bias, is no constant`);
  return [tensor];
}

/** Reads a linear layer. The first `scaled` results are multiplied by `factor`. */
export function readProduct({ weight, biases, outputs }: FoundLinear, factor = 1, scaled = 0): Product {
  const bias = new Float32Array(outputs);
  for (const tensor of biases) for (const [i, value] of tensor.floats().entries()) bias[i]! += value;
  scaleRow(bias, 0, scaled, factor);
  return { matrix: readMatrix(weight, factor, scaled), bias, smooth: null };
}

function scaleRow(values: Float32Array, start: number, length: number, factor: number): void {
  for (let i = start; i < start + length; i++) values[i]! *= factor;
}

function readMatrix(weight: Stored, factor: number, scaled: number): Matrix {
  const { tensor, transposed, quantization } = weight;
  const [rows = 0, columns = 0] = tensor.dims;
  const [inputs, outputs] = transposed ? [columns, rows] : [rows, columns];
  if (!quantization) {
    const stored = tensor.floats(); // may be a view of the file
    const values = transposed ? transpose(stored, rows, columns) : scaled > 0 ? stored.slice() : stored;
    for (let row = 0; row < inputs && scaled > 0; row++) scaleRow(values, row * outputs, scaled, factor);
    return { kind: 'float32', inputs, outputs, values };
  }
  const { scales, zeroPoints } = readQuantization(weight, quantization, outputs);
  const values = transposed ? transpose(tensor.int8(), rows, columns) : tensor.int8();
  scaleRow(scales, 0, scaled, factor);
  return {
    kind: 'int8',
    inputs,
    outputs,
    values,
    scales,
    zeroPoints: zeroPoints.some((zero) => zero !== 0) ? zeroPoints : null,
  };
}

/** A scale and a zero point a column, whether the file has one for each or one for all. */
function readQuantization(weight: Stored, { scale, zeroPoint, axis }: Quantization, outputs: number) {
  for (const tensor of [scale, zeroPoint])
    if (tensor && tensor.size !== 1 && (tensor.size !== outputs || axis !== outputAxis(weight)))
      throw new UnsupportedGraphError(`${tensor.name} does not have a number a column`);
  const scales = scale.floats();
  const zeros = zeroPoint?.int8() ?? [weight.tensor.format === 'uint8' ? -128 : 0];
  const spread = (values: ArrayLike<number>) =>
    Float32Array.from({ length: outputs }, (_, column) => values[values.length === 1 ? 0 : column]!);
  return { scales: spread(scales), zeroPoints: spread(zeros) };
}
