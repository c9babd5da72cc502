import { UnsupportedGraphError } from '../unsupported';
import type { Table } from '../weights';
import type { Graph, Stored } from './graph';
import type { FoundNorm } from './layer-norms';

/** The tables whose rows are added up for each token. */
export interface FoundEmbeddings {
  readonly words: Stored;
  readonly positions: Stored;
  /** The row of the first token. */
  readonly firstPosition: number;
  /** Null where there are none. */
  readonly types: Stored | null;
}

interface Lookup {
  readonly table: Stored;
  readonly index: string;
}

/** The embeddings that the first layer normalisation takes. Throws UnsupportedGraphError for any others than words + absolute positions (+ token types). */
export function findEmbeddings(graph: Graph, norm: FoundNorm): FoundEmbeddings {
  if (norm.embeddings) return fused(graph, norm.embeddings.inputs);
  let words: Stored | null = null;
  let positions: Stored | null = null;
  let firstPosition = 0;
  let types: Stored | null = null;
  for (const term of norm.inputs.flatMap((input) => graph.terms(input, new Set()))) {
    const lookup = findLookup(graph, term);
    if (!lookup) throw new UnsupportedGraphError(`${term} is part of the embeddings, and no row of a table`);
    const first = firstOf(graph, lookup.index);
    const input = graph.origin(lookup.index);
    if (graph.isInput(input) && !/type|segment|position/.test(input) && !words) words = lookup.table;
    else if (first !== null && !positions) [positions, firstPosition] = [lookup.table, first];
    else if ((/type|segment/.test(input) || isZero(graph, lookup.index)) && !types) types = lookup.table;
    else throw new UnsupportedGraphError(`${lookup.index} tells a row of its embeddings in an unknown way`);
  }
  if (!words || !positions)
    throw new UnsupportedGraphError(`it has no embeddings of ${words ? 'absolute positions' : 'words'}`);
  return { words, positions, firstPosition, types };
}

function fused(graph: Graph, inputs: readonly string[]): FoundEmbeddings {
  const [words, positions] = [graph.constant(inputs[2]), graph.constant(inputs[3])];
  const firstPosition = inputs[8] ? firstOf(graph, inputs[8]) : 0;
  if (!words || !positions || firstPosition === null)
    throw new UnsupportedGraphError('its embeddings are no constants');
  return { words, positions, firstPosition, types: graph.constant(inputs[4]) };
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
 * The position of the first token, where positions go up by 1 from token to token: a constant row of numbers, a range,
 * or the count of the tokens that are no padding, as RoBERTa has it. Null for anything else.
 */
function firstOf(graph: Graph, value: string): number | null {
  const tensor = graph.tensor(value);
  if (tensor) return ascending(tensor.numbers());
  const node = graph.node(value);
  const [first = '', second = ''] = node?.inputs ?? [];
  switch (node?.opType) {
    case 'Expand':
    case 'Unsqueeze':
    case 'Squeeze':
    case 'Reshape':
      return firstOf(graph, first);
    case 'Slice': {
      const [from, start] = [firstOf(graph, first), graph.number(second)];
      return from === null || start === null ? null : from + start;
    }
    case 'Range':
      return graph.number(node.inputs[2]) === 1 ? graph.number(first) : null;
    case 'CumSum':
      return node.attributes.get('exclusive')?.numbers[0] || node.attributes.get('reverse')?.numbers[0] ? null : 1;
    case 'Add':
    case 'Sub': {
      const [from, more] = [firstOf(graph, first), graph.number(second)];
      const sign = node.opType === 'Add' ? 1 : -1;
      if (from !== null && more !== null) return from + sign * more;
      const [other, less] = [firstOf(graph, second), graph.number(first)];
      return node.opType === 'Add' && other !== null && less !== null ? other + less : null;
    }
    case 'Mul':
      // By 1 for tokens, and by 0 for padding.
      return graph.isMask(second) ? firstOf(graph, first) : null;
    default:
      return null;
  }
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

/** The position vectors from the first token's on, each with the vector of token type 0 added: places × columns. */
export function readPositions({ positions, firstPosition, types }: FoundEmbeddings): Float32Array {
  const sums = asFloats(readTable(positions)).slice(firstPosition * positions.tensor.dims[1]!);
  if (!types) return sums;
  const type = asFloats(readTable(types));
  const columns = types.tensor.dims[1]!;
  for (let i = 0; i < sums.length; i++) sums[i]! += type[i % columns]!;
  return sums;
}

function asFloats(table: Table): Float32Array {
  if (table.kind === 'float32') return table.values;
  const { values, zeroPoint, scales, block } = table;
  const floats = new Float32Array(values.length);
  for (let i = 0; i < floats.length; i++) floats[i] = (values[i]! - zeroPoint) * scales[Math.floor(i / block)]!;
  return floats;
}
