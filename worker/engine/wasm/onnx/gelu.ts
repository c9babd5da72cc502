import { UnsupportedGraphError } from '../unsupported';
import type { Graph } from './graph';

const NEAR = 2e-3; // half precision

/** The values whose sum goes through GELU to give this value. Throws UnsupportedGraphError for any other activation than the GELU with erf. */
export function findGelu(graph: Graph, value: string): string[] {
  const node = graph.node(value);
  const terms = (input: string) => graph.terms(input, new Set());
  if (node?.opType === 'BiasGelu') return node.inputs.flatMap(terms);
  if (node?.opType === 'Gelu' && (node.attributes.get('approximate')?.text || 'none') === 'none')
    return terms(node.inputs[0]!);
  const input = node?.opType === 'Mul' ? spelledOut(graph, value) : null;
  if (input === null)
    throw new UnsupportedGraphError(`its activation is ${node?.opType ?? 'unknown'}, not GELU with erf`);
  return terms(input);
}

/** x · ½ · (1 + erf(x / √2)), in any order. */
function spelledOut(graph: Graph, value: string): string | null {
  const factors = findFactors(graph, value);
  const numbers = factors.map((factor) => graph.number(factor)).filter((number) => number !== null);
  const others = factors.filter((factor) => graph.number(factor) === null);
  const [gate, input] = [0, 1].map((i) => others.find((factor) => (erfInput(graph, factor) !== null) === (i === 0)));
  if (others.length !== 2 || gate === undefined || input === undefined) return null;
  const half = numbers.reduce((product, number) => product * number, 1);
  return Math.abs(half - 0.5) < NEAR && erfInput(graph, gate) === graph.origin(input) ? input : null;
}

/** The values that are multiplied for this one, except that int8 products, which end in a Mul too, stay whole. */
function findFactors(graph: Graph, value: string): string[] {
  const mul = graph.made(value, 'Mul');
  const leaf = !mul || mul.inputs.some((input) => graph.made(input, 'MatMulInteger'));
  return leaf ? [value] : mul.inputs.flatMap((input) => findFactors(graph, input));
}

/** x of 1 + erf(x / √2). */
function erfInput(graph: Graph, value: string): string | null {
  const add = graph.made(value, 'Add');
  const erf = add?.inputs.map((input) => graph.made(input, 'Erf')).find((node) => node);
  const one = add?.inputs.some((input) => graph.number(input) === 1);
  const inner = graph.made(erf?.inputs[0], 'Div', 'Mul');
  if (!one || !inner) return null;
  const [first = '', second = ''] = inner.inputs;
  const [a, b] = [graph.number(first), graph.number(second)];
  const factor = inner.opType === 'Div' ? b && 1 / b : (b ?? a);
  if (!factor || Math.abs(factor - Math.SQRT1_2) > NEAR) return null;
  return graph.origin(b === null ? second : first);
}
