import { findOutputs } from '../../ort-outputs';
import { UnsupportedGraphError } from '../unsupported';
import type { Graph } from './graph';

/** What a model is to be used for. */
export interface Use {
  readonly task: 'embed' | 'rerank';
  readonly pooling: 'cls' | 'mean';
}

/** What takes a text's first token, and normalises. */
const CLS_POOLING = new Set([
  ...['Gather', 'Slice', 'Squeeze', 'Unsqueeze', 'Reshape', 'Cast', 'Identity'],
  ...['ReduceL2', 'LpNormalization', 'Clip', 'Max', 'Expand', 'Shape', 'Div'],
]);

/**
 * Checks that the graph's outputs are what our encoder makes of the hidden states: nothing that comes behind them may be left
 * out. Throws UnsupportedGraphError, or WrongModelError or CorruptModelError as `findOutputs`.
 */
export function checkOutputs(graph: Graph, states: string, hasClassifier: boolean, { task, pooling }: Use): void {
  const { own, hidden } = findOutputs(graph.model.outputs, task, true);
  if (own.sparse || own.colbert) throw new UnsupportedGraphError('it has heads of its own');
  if (task === 'rerank') {
    if (!hasClassifier) throw new UnsupportedGraphError('its classification head is unknown');
    return;
  }
  if (hidden && graph.origin(hidden) !== graph.origin(states))
    throw new UnsupportedGraphError(`its ${hidden} is not what the last layer gives`);
  if (own.dense && !(pooling === 'cls' && isMadeOf(graph, own.dense, states, CLS_POOLING)))
    throw new UnsupportedGraphError(`its ${own.dense} is not the first token's hidden state`);
}

/** Whether only these operators are between two values. */
function isMadeOf(graph: Graph, value: string, from: string, operators: ReadonlySet<string>): boolean {
  if (graph.origin(value) === graph.origin(from)) return true;
  const node = graph.node(value);
  if (!node) return true; // a constant, or an input
  return operators.has(node.opType) && node.inputs.every((input) => isMadeOf(graph, input, from, operators));
}
