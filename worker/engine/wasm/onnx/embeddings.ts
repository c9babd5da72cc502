import { UnsupportedGraphError } from '../unsupported';
import type { EncoderWeights, Table } from '../weights';
import type { Graph, Stored } from './graph';
import type { FoundNorm } from './layer-norms';

/** The tables whose rows are added up for each token. */
export interface FoundEmbeddings {
  readonly words: Stored;
  readonly positions: Stored;
  readonly order: Order;
  /** Null where there are none. */
  readonly types: Stored | null;
}

/** How tokens are numbered. */
interface Order {
  /** The row of the first token. */
  readonly first: number;
  /** The token that is not counted, and has the row before the first; null where all are. */
  readonly padding: number | null;
}

interface Lookup {
  readonly table: Stored;
  readonly index: string;
}

/** The embeddings that the first layer normalisation takes. Throws UnsupportedGraphError for any others than words + absolute positions (+ token types). */
export function findEmbeddings(graph: Graph, norm: FoundNorm): FoundEmbeddings {
  const found = norm.embeddings ? fused(graph, norm.embeddings.inputs) : spelledOut(graph, norm);
  const { words, positions, types } = found;
  const odd = [words, positions, types].find((table) => table && table.tensor.dims[1] !== words.tensor.dims[1]);
  if (odd) throw new UnsupportedGraphError('its embeddings have different sizes');
  return found;
}

function spelledOut(graph: Graph, norm: FoundNorm): FoundEmbeddings {
  let words: Stored | null = null;
  let positions: Stored | null = null;
  let order: Order | null = null;
  let types: Stored | null = null;
  for (const term of norm.inputs.flatMap((input) => graph.terms(input, new Set()))) {
    const lookup = findLookup(graph, term);
    if (!lookup) throw new UnsupportedGraphError(`${term} is part of the embeddings, and no row of a table`);
    const found = findOrder(graph, lookup.index);
    const input = graph.origin(lookup.index);
    if (graph.isInput(input) && !/type|segment|position/.test(input) && !words) words = lookup.table;
    else if (found && !positions) [positions, order] = [lookup.table, found];
    else if ((/type|segment/.test(input) || isZero(graph, lookup.index)) && !types) types = lookup.table;
    else throw new UnsupportedGraphError(`${lookup.index} tells a row of its embeddings in an unknown way`);
  }
  if (!words || !positions || !order)
    throw new UnsupportedGraphError(`it has no embeddings of ${words ? 'absolute positions' : 'words'}`);
  return { words, positions, order, types };
}

function fused(graph: Graph, inputs: readonly string[]): FoundEmbeddings {
  const [words, positions] = [graph.constant(inputs[2]), graph.constant(inputs[3])];
  const order = inputs[8] ? findOrder(graph, inputs[8]) : { first: 0, padding: null };
  if (!words || !positions || !order) throw new UnsupportedGraphError('its embeddings are no constants');
  return { words, positions, order, types: graph.constant(inputs[4]) };
}

/** A row of a table of floats, or of integers that become floats before or after. */
function findLookup(graph: Graph, value: string): Lookup | null {
  const node = graph.node(value);
  const inner = node && node.opType !== 'Gather' ? findLookup(graph, node.inputs[0]!) : null;
  switch (node?.opType) {
    case 'Gather': {
      const table = graph.constant(node.inputs[0]);
      const rows = table?.tensor.dims.length === 2 && (node.attributes.get('axis')?.numbers[0] ?? 0) === 0;
      return rows && !table.transposed ? { table, index: node.inputs[1]! } : null;
    }
    case 'DequantizeLinear':
      return inner && { ...inner, table: graph.dequantized(inner.table, node) };
    case 'Mul':
      return (
        inner && { ...inner, table: { ...inner.table, quantization: graph.quantization(node.inputs[1], undefined, 1) } }
      );
    default:
      return null;
  }
}

/**
 * How positions go up by 1 from token to token: as a constant row of numbers, a range, or the count of the tokens that are no
 * padding, as RoBERTa has it. Null for anything else.
 */
function findOrder(graph: Graph, value: string): Order | null {
  const tensor = graph.tensor(value);
  if (tensor) return from(ascending(tensor.numbers()));
  const node = graph.node(value);
  const [first = '', second = ''] = node?.inputs ?? [];
  switch (node?.opType) {
    case 'Expand':
    case 'Unsqueeze':
    case 'Squeeze':
    case 'Reshape':
      return findOrder(graph, first);
    case 'Slice':
      return later(findOrder(graph, first), graph.number(second));
    case 'Range':
      return graph.number(node.inputs[2]) === 1 ? from(graph.number(first)) : null;
    case 'CumSum': {
      const usual = !node.attributes.get('exclusive')?.numbers[0] && !node.attributes.get('reverse')?.numbers[0];
      return usual ? { first: 1, padding: paddingOf(graph, first) } : null;
    }
    case 'Add':
      return (
        later(findOrder(graph, first), graph.number(second)) ?? later(findOrder(graph, second), graph.number(first))
      );
    case 'Mul':
      // By 1 for tokens, and by 0 for padding.
      return graph.isMask(second) ? findOrder(graph, first) : null;
    default:
      return null;
  }
}

function from(first: number | null): Order | null {
  return first === null ? null : { first, padding: null };
}

function later(order: Order | null, by: number | null): Order | null {
  return order && by !== null ? { ...order, first: order.first + by } : null;
}

/** The id that tokens are told to differ from. */
function paddingOf(graph: Graph, value: string): number | null {
  const equal = graph.made(graph.made(value, 'Not')?.inputs[0], 'Equal');
  return equal ? (equal.inputs.map((input) => graph.number(input)).find((id) => id !== null) ?? null) : null;
}

function ascending(numbers: readonly number[]): number | null {
  const [first = 0] = numbers;
  return numbers.length > 1 && numbers.every((number, i) => number === first + i) ? first : null;
}

/** True for a value of zeros only, whatever its shape. */
function isZero(graph: Graph, value: string): boolean {
  const tensor = graph.tensor(value);
  if (tensor) return tensor.numbers().every((number) => number === 0);
  const node = graph.node(value);
  if (node?.opType === 'ConstantOfShape') return (node.attributes.get('value')?.tensor?.numbers()[0] ?? 0) === 0;
  const passes = ['Expand', 'Slice', 'Unsqueeze', 'Squeeze', 'Reshape', 'Gather', 'GatherElements', 'Tile'];
  return node !== undefined && passes.includes(node.opType) && isZero(graph, node.inputs[0]!);
}

/** The word vectors: integers stay integers where one zero point does for all. */
export function readTable({ tensor, quantization }: Stored): Table {
  const [rows = 0, columns = 0] = tensor.dims;
  if (!quantization) return { kind: 'float32', rows, columns, values: tensor.floats() };
  const { scale, zeroPoint, axis } = quantization;
  if (scale.size !== 1 && (scale.size !== rows || axis !== 0))
    throw new UnsupportedGraphError(`${scale.name} does not have a number a row`);
  const [zero = 0, ...zeros] = zeroPoint?.int8() ?? [tensor.format === 'uint8' ? -128 : 0];
  const scales = scale.floats();
  const scaleOf = (row: number) => scales[scales.length === 1 ? 0 : row]!;
  const values = tensor.int8();
  if (zeros.every((other) => other === zero))
    return {
      kind: 'int8',
      rows,
      columns,
      values,
      zeroPoint: zero,
      block: columns,
      scales: scales.length === rows ? scales : new Float32Array(rows).fill(scaleOf(0)),
    };
  const floats = new Float32Array(values.length);
  for (let row = 0; row < rows; row++) {
    const rowZero = row === 0 ? zero : zeros[row - 1]!;
    for (let i = row * columns; i < (row + 1) * columns; i++) floats[i] = (values[i]! - rowZero) * scaleOf(row);
  }
  return { kind: 'float32', rows, columns, values: floats };
}

/** The position vectors from the first token's on, places × columns, and that of padding; each with the vector of token type 0 added. */
export function readPositions({
  positions,
  order,
  types,
}: FoundEmbeddings): Pick<EncoderWeights, 'positions' | 'padding'> {
  const sums = asFloats(readTable(positions)).slice();
  const [, columns = 0] = positions.tensor.dims;
  if (types) {
    const type = asFloats(readTable(types));
    for (let i = 0; i < sums.length; i++) sums[i]! += type[i % columns]!;
  }
  const start = order.first * columns;
  return {
    positions: sums.subarray(start),
    ...(order.padding !== null && {
      padding: { id: order.padding, position: sums.subarray(start - columns, start) },
    }),
  };
}

function asFloats(table: Table): Float32Array {
  if (table.kind === 'float32') return table.values;
  const { values, zeroPoint, scales, block } = table;
  const floats = new Float32Array(values.length);
  for (let i = 0; i < floats.length; i++) floats[i] = (values[i]! - zeroPoint) * scales[Math.floor(i / block)]!;
  return floats;
}
