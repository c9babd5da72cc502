import { UnsupportedGraphError } from '../unsupported';
import type { Graph } from './graph';
import { type FoundLinear, findLinear } from './linear';
import type { Node } from './model';

/** The attention of a layer in a graph. */
export interface FoundAttention {
  /** Queries, keys and values: three linear layers of the same input, or one. */
  readonly qkv: readonly FoundLinear[];
  /** As the graph says; null if it does not. */
  readonly heads: number | null;
  /** What the graph multiplies queries · keys by. */
  readonly scale: number | null;
}

/** The attention that gives a value. Throws UnsupportedGraphError for any other than plain attention of all tokens to all. */
export function findAttention(graph: Graph, value: string): FoundAttention {
  const node = graph.node(value);
  if (node?.opType === 'Attention' && node.attributes.has('num_heads'))
    return fused(graph, node, node.inputs[3], [4, 5]);
  if (node?.opType === 'QAttention') return fused(graph, node, node.inputs[5], [8]);
  if (node?.opType === 'Reshape') return spelledOut(graph, node.inputs[0]!);
  throw new UnsupportedGraphError(`${node?.opType ?? 'nothing'} where attention is expected`);
}

/** onnxruntime's operators for attention with its linear layers inside. */
function fused(graph: Graph, node: Node, mask: string | undefined, absent: readonly number[]): FoundAttention {
  refuseOptions(node);
  if (absent.some((index) => node.inputs[index])) throw new UnsupportedGraphError('its attention has a bias or a past');
  checkMask(graph, mask);
  const weight = graph.constant(node.inputs[1]);
  const bias = graph.tensor(node.inputs[2]);
  if (!weight || !bias) throw new UnsupportedGraphError('the weights of its attention are no constants');
  const [inputs = 0, outputs = 0] = weight.tensor.dims;
  const integers = node.opType === 'QAttention';
  const input = integers ? graph.made(node.inputs[0], 'DynamicQuantizeLinear')?.inputs[0] : node.inputs[0];
  if (input === undefined) throw new UnsupportedGraphError('its attention is quantised ahead of time');
  const quantization = integers ? graph.quantization(node.inputs[4], node.inputs[7], 1) : weight.quantization;
  return {
    qkv: [{ input: graph.origin(input), weight: { ...weight, quantization }, biases: [bias], inputs, outputs }],
    heads: node.attributes.get('num_heads')!.numbers[0]!,
    scale: node.attributes.get('scale')?.numbers[0] || null,
  };
}

function refuseOptions(node: Node): void {
  const odd = ['unidirectional', 'do_rotary', 'is_causal', 'softcap', 'qkv_hidden_sizes'].find((name) =>
    node.attributes.get(name)?.numbers.some((number) => number !== 0),
  );
  if (odd) throw new UnsupportedGraphError(`its attention is ${odd}`);
}

function spelledOut(graph: Graph, merged: string): FoundAttention {
  const transpose = graph.made(merged, 'Transpose');
  const context = graph.made(transpose?.inputs[0], 'MatMul', 'Attention');
  if (!transpose || !context || transpose.attributes.get('perm')?.numbers.join() !== '0,2,1,3')
    throw new UnsupportedGraphError('its attention is not put together of heads');
  const scores =
    context.opType === 'Attention' ? operatorScores(graph, context) : softmaxScores(graph, context.inputs[0]!);
  const value = context.inputs[context.opType === 'Attention' ? 2 : 1]!;
  const parts = [scores.query, scores.key, value].map((part) => splitHeads(graph, part));
  const [query, key, last] = parts.map(({ scale }) => scale);
  if (last !== 1) throw new UnsupportedGraphError('its attention scales the values');
  const heads = new Set(parts.map((part) => part.heads));
  if (heads.size > 1) throw new UnsupportedGraphError(`its attention has ${[...heads].join(', ')} heads at once`);
  return {
    qkv: parts.map((part) => part.linear),
    heads: parts[0]!.heads,
    scale: scores.scale === null ? null : scores.scale * query! * key!,
  };
}

interface Scores {
  readonly query: string;
  readonly key: string;
  readonly scale: number | null;
}

/** ONNX's own operator, from opset 23 on. */
function operatorScores(graph: Graph, node: Node): Scores {
  refuseOptions(node);
  const [query, key, , mask, ...past] = node.inputs;
  if (past.some((input) => input)) throw new UnsupportedGraphError('its attention has a past');
  checkMask(graph, mask);
  return { query: query!, key: key!, scale: node.attributes.get('scale')?.numbers[0] ?? null };
}

/** Softmax of (queries · keys) · scale + mask. */
function softmaxScores(graph: Graph, value: string): Scores {
  // PyTorch 2 puts 0 where a row of padding gives no number.
  const guard = graph.made(value, 'Where');
  const guarded = guard && graph.made(guard.inputs[0], 'IsNaN') ? guard.inputs[2] : value;
  const softmax = graph.made(guarded, 'Softmax');
  const axis = softmax?.attributes.get('axis')?.numbers[0] ?? -1;
  if (!softmax || (axis !== -1 && axis !== 3)) throw new UnsupportedGraphError('its attention has no softmax');
  let scale = 1;
  for (let at = softmax.inputs[0]!; ; ) {
    const node = graph.node(at);
    const [first = '', second = '', third = ''] = node?.inputs ?? [];
    if (node?.opType === 'MatMul') return { query: first, key: second, scale };
    if (node?.opType === 'FusedMatMul')
      return { query: first, key: second, scale: scale * (node.attributes.get('alpha')?.numbers[0] ?? 1) };
    if (node?.opType === 'Add') at = masked(graph, first, second);
    else if (node?.opType === 'Where' && graph.isMask(first)) at = masked(graph, second, third);
    else if (node && scalar(graph, node)) {
      scale *= scalar(graph, node)!.factor;
      at = scalar(graph, node)!.value;
    } else throw new UnsupportedGraphError(`its attention has ${node?.opType ?? 'nothing'} before the softmax`);
  }
}

/** The one of two values that is no mask. */
function masked(graph: Graph, first: string, second: string): string {
  if (graph.isMask(second)) return first;
  if (graph.isMask(first)) return second;
  throw new UnsupportedGraphError('its attention has a bias');
}

function checkMask(graph: Graph, mask: string | undefined): void {
  if (mask && !graph.isMask(mask)) throw new UnsupportedGraphError('its attention has a bias');
}

/** Mul and Div by a known number. */
function scalar(graph: Graph, { opType, inputs }: Node): { value: string; factor: number } | null {
  const [first = '', second = ''] = inputs;
  const [a, b] = [graph.number(first), graph.number(second)];
  if (opType === 'Div' && b !== null) return { value: first, factor: 1 / b };
  if (opType === 'Mul' && b !== null) return { value: first, factor: b };
  if (opType === 'Mul' && a !== null) return { value: second, factor: a };
  return null;
}

/** Follows queries, keys or values back to their linear layer, by way of the splitting into heads. */
function splitHeads(graph: Graph, value: string): { linear: FoundLinear; heads: number | null; scale: number } {
  let scale = 1;
  let shape: readonly (number | null)[] | null = null;
  for (let at = value; ; ) {
    const node = graph.node(at);
    const factor = node && scalar(graph, node);
    if (factor) {
      scale *= factor.factor;
      at = factor.value;
    } else if (node?.opType === 'Transpose') at = node.inputs[0]!;
    else if (node?.opType === 'Reshape') {
      shape = graph.numbers(node.inputs[1]);
      at = node.inputs[0]!;
    } else {
      const linear = linearOf(graph, at);
      return { linear, heads: headsOf(shape, linear.outputs), scale };
    }
  }
}

/** Of a shape that ends in heads × size, where one may be left to be computed. */
function headsOf(shape: readonly (number | null)[] | null, hidden: number): number | null {
  const [heads, size] = [shape?.at(-2), shape?.at(-1)].map((part) => (part && part > 0 ? part : null));
  return heads ?? (size ? hidden / size : null);
}

function linearOf(graph: Graph, value: string): FoundLinear {
  const linear = findLinear(graph, graph.terms(value, new Set()));
  if (!linear) throw new UnsupportedGraphError('its attention is not of linear layers');
  return linear;
}
