import type { Graph } from './graph';
import { type FoundLinear, findLinear } from './linear';

export interface FoundClassifier {
  readonly dense: FoundLinear;
  readonly out: FoundLinear;
}

/** The head that gives one output of the graph as out(tanh(dense(the first token's hidden state))); null if there is none with one label. */
export function findClassifier(graph: Graph, hiddenStates: string): FoundClassifier | null {
  for (const output of graph.model.outputs) {
    const out = findLinear(graph, graph.terms(withoutReshape(graph, output), new Set()));
    const tanh = graph.made(out?.input, 'Tanh');
    const dense = tanh && findLinear(graph, graph.terms(tanh.inputs[0]!, new Set()));
    if (out?.outputs === 1 && dense && takesFirstToken(graph, dense.input, hiddenStates)) return { dense, out };
  }
  return null;
}

/** Some exports drop the axis of the one label. */
function withoutReshape(graph: Graph, value: string): string {
  const node = graph.made(value, 'Squeeze', 'Reshape', 'Flatten');
  return node && !graph.made(node.inputs[0], 'Gemm') ? node.inputs[0]! : value;
}

function takesFirstToken(graph: Graph, value: string, hiddenStates: string): boolean {
  const node = graph.node(value);
  const [from = '', index] = node?.inputs ?? [];
  if (graph.origin(value) === hiddenStates) return false;
  switch (node?.opType) {
    case 'Gather':
      return (
        graph.number(index) === 0 &&
        node.attributes.get('axis')?.numbers[0] === 1 &&
        throughSlices(graph, from) === hiddenStates
      );
    case 'Squeeze':
    case 'Reshape':
    case 'Flatten': {
      const slice = graph.made(from, 'Slice');
      const [start, end, axis] = [1, 2, 3].map((input) => graph.number(slice?.inputs[input]));
      return (
        slice !== undefined && start === 0 && end === 1 && axis === 1 && graph.origin(slice.inputs[0]!) === hiddenStates
      );
    }
    default:
      return false;
  }
}

/** `x[:, 0]` is written as a slice of all rows, then the first token. */
function throughSlices(graph: Graph, value: string): string {
  const slice = graph.made(value, 'Slice');
  return slice && graph.number(slice.inputs[3]) === 0 ? throughSlices(graph, slice.inputs[0]!) : graph.origin(value);
}
