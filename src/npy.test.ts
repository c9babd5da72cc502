import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Embeddings } from './embeddings.js';
import { fromNpy, toNpy } from './npy.js';
import { quantize } from './quantize.js';

const read = (name: string) => readFileSync(new URL(`../e2e/goldens/npy/${name}`, import.meta.url));
/** Written by NumPy 2.4.6. */
const { files } = JSON.parse(read('values.json').toString());

test.each(['f4', 'f2', 'f8', 'f4_1d', 'f4_be', 'i1', 'u1'])('reads what NumPy wrote: %s', (name) => {
  const { shape, values } = files[`${name}.npy`];
  const array = fromNpy(read(`${name}.npy`));
  expect(array.shape).toEqual(shape);
  expect([...array.data]).toEqual(values.map((value: number) => (name === 'f8' ? Math.fround(value) : value)));
});

test.each(['f4', 'i1', 'u1', 'f4_1d'])('writes the bytes that NumPy writes: %s', (name) => {
  const file = read(`${name}.npy`);
  expect(Buffer.from(toNpy(fromNpy(file))).equals(file)).toBe(true);
});

test('float16 is written from its bits', () => {
  const file = read('f2.npy');
  const bits = new Uint16Array(file.buffer.slice(file.byteOffset + 128, file.byteOffset + file.length));
  expect(Buffer.from(toNpy({ data: bits, shape: [2, 3] })).equals(file)).toBe(true);
});

test('embeddings are rows × dim, quantised ones rows × bytes', () => {
  const embeddings = new Embeddings({
    data: Float32Array.from({ length: 36 }, (_, i) => i - 17),
    dim: 12,
    space: 'a/b',
  });
  expect(fromNpy(toNpy(embeddings))).toEqual({ data: embeddings.data, shape: [3, 12] });
  expect(fromNpy(toNpy(quantize(embeddings, 'ubinary'))).shape).toEqual([3, 2]);
});

test('any array comes back', () => {
  fc.assert(
    fc.property(fc.array(fc.float({ noNaN: true }), { minLength: 1, maxLength: 60 }), (values) => {
      const data = Float32Array.from(values);
      expect(fromNpy(toNpy({ data, shape: [data.length, 1] }))).toEqual({ data, shape: [data.length, 1] });
    }),
  );
});

test('what cannot be read is refused', () => {
  const file = new Uint8Array(read('f4.npy'));
  expect(() => fromNpy(read('f4_fortran.npy'))).toThrow('got Fortran order');
  expect(() => fromNpy(file.subarray(0, 150))).toThrow('22 bytes for 12 numbers');
  expect(() => fromNpy(file.subarray(0, 5))).toThrow('got something else');
  expect(() => fromNpy(new TextEncoder().encode('<!doctype html><html></html>'))).toThrow('got something else');
  const header = new TextDecoder('latin1').decode(file).replace("'<f4'", "'<i8'");
  expect(() => fromNpy(Uint8Array.from(header, (char) => char.charCodeAt(0)))).toThrow('numbers of type i8');
  expect(() => toNpy({ data: new Float32Array(5), shape: [2, 3] })).toThrow(
    'Expected `shape` to be of 5 values, got 2 × 3',
  );
});
