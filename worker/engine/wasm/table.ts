import type { Heap } from './heap';
import { quantizeTable } from './quantize-columns';
import type { Table } from './weights';

/** Word vectors that lie in the heap; `values` and `scales` are addresses. */
export type PackedTable =
  | {
      readonly kind: 'int8';
      readonly rows: number;
      readonly columns: number;
      readonly values: number;
      readonly zeroPoint: number;
      readonly block: number;
      readonly scales: number;
    }
  | { readonly kind: 'float32'; readonly rows: number; readonly columns: number; readonly values: number };

/** @param asBytes whether float32 vectors are kept as int8 */
export function keepTable(heap: Heap, table: Table, asBytes: boolean): PackedTable {
  if (table.kind === 'float32' && !asBytes) return { ...table, values: heap.keep(table.values) };
  const { rows, columns, zeroPoint, block, values, scales } = quantizeTable(table);
  const packed = { values: heap.take(values.length), scales: heap.keep(scales) };
  heap.bytes(packed.values, values.length).set(values);
  return { kind: 'int8', rows, columns, zeroPoint, block, ...packed };
}

/** Adds the vectors of words to rows of float32 at `to`, one a word. Throws Error for an id that the table does not have. */
export function addWords(heap: Heap, table: PackedTable, ids: Int32Array, to: number): void {
  const { rows, columns } = table;
  const unknown = ids.find((id) => id < 0 || id >= rows);
  if (unknown !== undefined) throw new Error(`token id ${unknown} is not among the model's ${rows}`);
  const out = heap.floats(to, ids.length * columns);
  if (table.kind === 'float32') {
    for (const [row, id] of ids.entries()) {
      const vector = heap.floats(table.values + 4 * id * columns, columns);
      for (let d = 0; d < columns; d++) out[row * columns + d]! += vector[d]!;
    }
    return;
  }
  const { block, zeroPoint } = table;
  const blocks = columns / block;
  for (const [row, id] of ids.entries()) {
    const vector = heap.bytes(table.values + id * columns, columns);
    const scales = heap.floats(table.scales + 4 * id * blocks, blocks);
    const at = row * columns;
    for (let b = 0; b < blocks; b++) {
      const scale = scales[b]!;
      for (let d = b * block; d < (b + 1) * block; d++) out[at + d]! += (vector[d]! - zeroPoint) * scale;
    }
  }
}
