import { expect, test } from 'vitest';
import { fillWeights } from './weights';

// One byte of something else first: real files do not align their tensors.
const int8 = [99, 1, -2, 3, -4, 5, 127];
const half = [0x3c00, 0xb800, 0x0001, 0x7bff]; // 1, -0.5, 2^-24, 65504
const single = [0.5, 2, 10];
const source = new Uint8Array([
  ...new Uint8Array(Int8Array.from(int8).buffer),
  ...new Uint8Array(Uint16Array.from(half).buffer),
  ...new Uint8Array(Float32Array.from(single).buffer),
]);
const HALF = 7;
const SINGLE = 15;

const fill = (dims: number[], from: object, offset = 0) => {
  const bytes = offset + 4 * dims.reduce((a, b) => a * b);
  const recipe = JSON.stringify({ path: 'w.bin', bytes, tensors: [{ name: 't', offset, dims, from }] });
  const { path, data } = fillWeights(new TextEncoder().encode(recipe), source);
  expect([path, data.length]).toEqual(['w.bin', bytes]);
  return [...new Float32Array(data.buffer, offset)];
};

test('floats are copied, halves widened', () => {
  expect(fill([3], { kind: 'float32', data: SINGLE })).toEqual(single);
  expect(fill([4], { kind: 'float16', data: HALF }, 8)).toEqual([1, -0.5, 2 ** -24, 65504]);
});

test('int8 takes a scale a column, a scale a row beside it, or a scale a block', () => {
  const perColumn = { kind: 'int8-per-column', data: 1, scale: SINGLE };
  expect(fill([2, 3], perColumn)).toEqual([0.5, -4, 30, -2, 10, 1270]);
  expect(fill([2, 3], { ...perColumn, rowScale: SINGLE })).toEqual([0.25, -2, 15, -4, 20, 2540]);
  const perBlock = { kind: 'int8-per-block', data: 1, scale: SINGLE, scaleType: 'float32', block: 2 };
  expect(fill([1, 6], perBlock)).toEqual([0.5, -1, 6, -8, 50, 1270]);
  expect(fill([1, 4], { ...perBlock, scale: HALF, scaleType: 'float16' })).toEqual([1, -2, -1.5, 2]);
});

test('a recipe that does not fit the file is refused', () => {
  expect(() => fill([9], { kind: 'float32', data: SINGLE })).toThrow('cannot be filled');
  expect(() => fill([1], { kind: 'int4', data: 0 })).toThrow('unknown kind');
  expect(() => fillWeights(new TextEncoder().encode('{"bytes":'), source)).toThrow('cannot be filled');
});
