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
    batching: { maxTokens: 1000, maxRows: 256, equalLengths: true },
    lanes: 1,
    slots: () => 1,
    has: () => true,
    attach: async () => {},
    async run(batch) {
      const { ids, lengths } = batch;
      const [length = 0] = lengths;
      batches.push([lengths.length, length]);
      if (ids.length > capacity) throw new BgeError('EngineError', 'out of memory');
      return (
        outputs?.(batch) ?? {
          dense: Float32Array.from(lengths, (_, row) => ids[row * length]!),
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
  await new Forward(engine, { id: 'me/mine', dim }).run(rows, ['dense'], turn, (indices, outputs) => {
    for (const [i, index] of indices.entries()) found[index] = outputs[i]!.dense![0]!;
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
  [
    'too few weights',
    { sparse: new Float32Array(2) },
    'CorruptModelError',
    'sparse outputs of 1 dimensions from me/mine, its model file gives 0.25',
  ],
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

test('texts of different lengths in one batch: each gets what is its own', async () => {
  const seen: (readonly number[])[] = [];
  const engine: Engine = {
    ...engineOf(1000).engine,
    batching: { maxTokens: 8, maxRows: 8, equalLengths: false },
    async run({ ids, lengths }) {
      seen.push(lengths);
      return { dense: Float32Array.from(lengths), sparse: Float32Array.from(ids) };
    },
  };
  const found: HeadOutputs[] = [];
  const rows = [2, 3, 9, 4].map((length, i) => new Int32Array(length).fill(i));
  await new Forward(engine, { id: 'me/mine', dim: 1 }).run(rows, ['dense', 'sparse'], turn, (indices, outputs) => {
    for (const [i, index] of indices.entries()) found[index] = outputs[i]!;
  });
  expect(seen).toEqual([[9], [4, 3], [2]]);
  expect(found.map(({ dense }) => [...dense!])).toEqual([[2], [3], [9], [4]]);
  expect(found.map(({ sparse }) => [...sparse!])).toEqual(rows.map((row) => [...row]));
});

test('as many batches at a time as the engine has lanes; after a failure nothing more is taken', async () => {
  let running = 0;
  let most = 0;
  const engine: Engine = {
    ...engineOf(1000).engine,
    lanes: 3,
    async run({ ids }) {
      most = Math.max(most, ++running);
      await new Promise((resolve) => setTimeout(resolve, ids[0]! === 2 ? 1 : 5));
      running--;
      if (ids[0] === 2) throw new BgeError('DeviceLostError', 'gone');
      return { dense: Float32Array.of(ids[0]!) };
    },
    batching: { maxTokens: 1, maxRows: 1, equalLengths: true },
  };
  const taken: number[] = [];
  const work = new Forward(engine, { id: 'me/mine', dim: 1 }).run(rowsOf(9, 4), ['dense'], turn, (indices) => {
    taken.push(...indices);
  });
  await expect(work).rejects.toMatchObject({ name: 'DeviceLostError' });
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect([most, taken, running]).toEqual([3, [], 0]);
});
