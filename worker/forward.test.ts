import { expect, test } from 'vitest';
import { BgeError } from '../src/shared/errors';
import type { Engine, HeadOutputs, TokenBatch } from './engine/engine';
import { Forward, type Turn } from './forward';

const turn: Turn = (work) => work();

/** An engine that holds so many tokens and no more, and gives each row its first id. */
function engineOf(capacity: number, outputs?: (batch: TokenBatch) => HeadOutputs) {
  const batches: number[][] = [];
  const engine: Engine = {
    info: { engine: 'ort', device: 'webgpu', dtype: 'fp32', threads: 1 },
    batching: { maxTokens: 1000, maxRows: 256 },
    has: () => true,
    attach: async () => {},
    async run(batch) {
      batches.push([batch.rows, batch.length]);
      if (batch.ids.length > capacity) throw new BgeError('EngineError', 'out of memory');
      return (
        outputs?.(batch) ?? {
          dense: Float32Array.from({ length: batch.rows }, (_, row) => batch.ids[row * batch.length]!),
        }
      );
    },
  };
  return { engine, batches };
}

const rowsOf = (count: number, length: number) =>
  Array.from({ length: count }, (_, i) => new Int32Array(length).fill(i));

async function run({ engine }: { engine: Engine }, rows: Int32Array[], dim = 1) {
  const found: number[] = [];
  await new Forward(engine, { id: 'me/mine', dim }).run(rows, ['dense'], turn, ({ indices }, outputs) => {
    for (const [row, index] of indices.entries()) found[index] = outputs(row).dense![0]!;
  });
  return found;
}

test('a batch that does not fit is tried again with 3/4 of its rows, later ones are no larger, and every row has its own', async () => {
  const device = engineOf(50);
  const found = await run(device, [...rowsOf(20, 10), ...rowsOf(30, 5)]);
  expect(found).toEqual([...Array(20).keys(), ...Array(30).keys()]);
  const sizes = [20, 15, 11, 8, 6, 4, 4, 4, 4, 4].map((rows) => [rows, 10]);
  expect(device.batches).toEqual([...sizes, ...[8, 8, 8, 6].map((rows) => [rows, 5])]);
});

test('what fails alone fails for good, and so does what is no matter of size', async () => {
  await expect(run(engineOf(5), rowsOf(3, 10))).rejects.toMatchObject({
    name: 'EngineError',
    message: 'out of memory',
  });
  const { engine, batches } = engineOf(1000, () => {
    throw new BgeError('DeviceLostError', 'gone');
  });
  await expect(run({ engine }, rowsOf(3, 10))).rejects.toMatchObject({ name: 'DeviceLostError' });
  expect(batches).toEqual([[3, 10]]);
});

test.each([
  ['NaN', { dense: Float32Array.of(1, Number.NaN) }, 'EngineError', 'not numbers'],
  [
    'other dimensions',
    { dense: new Float32Array(6) },
    'CorruptModelError',
    'dense outputs of 1 dimensions from me/mine, its model file gives 3',
  ],
  ['too few weights', { sparse: new Float32Array(2) }, 'CorruptModelError', 'sparse outputs of 4 dimensions'],
  [
    'ColBERT vectors of other dimensions',
    { colbert: new Float32Array(12) },
    'CorruptModelError',
    'colbert outputs of 1 dimensions from me/mine, its model file gives 2',
  ],
])('%s does not leave the engine', async (_, outputs, name, message) => {
  const device = engineOf(1000, () => outputs);
  await expect(run(device, rowsOf(2, 4))).rejects.toMatchObject({ name, message: expect.stringContaining(message) });
});
