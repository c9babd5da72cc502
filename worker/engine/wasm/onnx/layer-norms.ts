import type { Graph } from './graph';
import type { Node } from './model';

/** A layer normalisation in a graph: of the sum of its inputs. */
export interface FoundNorm {
  readonly output: string;
  readonly inputs: readonly string[];
  readonly weight: string;
  readonly bias: string;
  readonly epsilon: number;
  /** The operator that also looks up and adds the embeddings, where there is one. */
  readonly embeddings: Node | null;
}

/** All layer normalisations, first to last, whether they are one operator or spelled out. */
export function findNorms(graph: Graph): FoundNorm[] {
  const consumers = new Map<string, Node[]>();
  for (const node of graph.model.nodes)
    for (const input of new Set(node.inputs.map((input) => graph.origin(input))))
      consumers.set(input, [...(consumers.get(input) ?? []), node]);
  return graph.model.nodes.flatMap((node) => fused(node) ?? spelledOut(graph, node, consumers) ?? []);
}

function fused(node: Node): FoundNorm | null {
  const { opType, inputs, outputs } = node;
  const named = { output: outputs[0]!, epsilon: node.attributes.get('epsilon')?.numbers[0] ?? 1e-5, embeddings: null };
  if (opType === 'LayerNormalization')
    return { ...named, inputs: [inputs[0]!], weight: inputs[1]!, bias: inputs[2] ?? '' };
  if (opType === 'SkipLayerNormalization') {
    const [input = '', skip = '', weight = '', bias = '', added = ''] = inputs;
    return { ...named, inputs: [input, skip, ...(added ? [added] : [])], weight, bias, epsilon: epsilonOf(node) };
  }
  if (opType === 'EmbedLayerNormalization')
    return { ...named, inputs: [], weight: inputs[5]!, bias: inputs[6]!, epsilon: epsilonOf(node), embeddings: node };
  return null;
}

/** onnxruntime's own operators have another default than ONNX's. */
function epsilonOf(node: Node): number {
  return node.attributes.get('epsilon')?.numbers[0] ?? 1e-12;
}

/** x − mean → squared → mean + ε → root; (x − mean) / root · weight + bias. The divisor is where all of it meets. */
function spelledOut(graph: Graph, div: Node, consumers: ReadonlyMap<string, readonly Node[]>): FoundNorm | null {
  if (div.opType !== 'Div') return null;
  const centred = graph.made(div.inputs[0], 'Sub');
  const variance = graph.made(graph.made(div.inputs[1], 'Sqrt')?.inputs[0], 'Add');
  const squared = variance?.inputs.map((input) => graph.made(input, 'ReduceMean')).find((node) => node);
  const square = graph.made(squared?.inputs[0], 'Pow', 'Mul');
  const mean = graph.made(centred?.inputs[1], 'ReduceMean');
  if (!centred || !variance || !square || !mean) return null;
  const input = graph.origin(centred.inputs[0]!);
  const epsilon = variance.inputs.map((value) => graph.number(value)).find((value) => value !== null);
  const power = graph.number(square.inputs[1]);
  const squares = square.opType === 'Pow' ? power === 2 : square.inputs[0] === square.inputs[1];
  // Old exports subtract the mean twice.
  const same = graph.made(square.inputs[0], 'Sub')?.inputs.every((value, i) => value === centred.inputs[i]);
  if (graph.origin(mean.inputs[0]!) !== input || epsilon === undefined || !squares || !same) return null;
  const next = (value: string, opType: string) => {
    const only = consumers.get(value)?.find((node) => node.opType === opType);
    const constant = only?.inputs.find((other) => graph.constant(other));
    return only && constant ? { value: only.outputs[0]!, constant } : null;
  };
  const scaled = next(div.outputs[0]!, 'Mul');
  const output = scaled && next(scaled.value, 'Add');
  if (!scaled || !output) return null;
  return {
    output: output.value,
    inputs: [input],
    weight: scaled.constant,
    bias: output.constant,
    epsilon,
    embeddings: null,
  };
}
