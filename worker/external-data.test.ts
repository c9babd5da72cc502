import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { externalFiles } from './external-data';

const graph = (name: string) =>
  new Uint8Array(gunzipSync(readFileSync(new URL(`../e2e/models/bge-m3/${name}.onnx.gz`, import.meta.url))));

test('finds the files that initialisers and constants name', () => {
  expect(externalFiles(graph('model_external')).sort()).toEqual(['Constant_7_attr__value', 'model.onnx_data']);
  expect(externalFiles(graph('model'))).toEqual([]);
});

test.each([
  '../../../secret.1',
  'http://a.bc/d.1',
  'a/b/model.data1',
])('a name that leaves the folder is refused: %s', (name) => {
  const bytes = graph('model_external');
  const [from, to] = ['model.onnx_data', name].map((text) => new TextEncoder().encode(text.padEnd(15).slice(0, 15)));
  for (let at = 0; at + 15 < bytes.length; at++)
    if (from!.every((byte, i) => bytes[at + i] === byte)) bytes.set(to!, at);
  expect(() => externalFiles(bytes)).toThrow(
    expect.objectContaining({
      name: 'CorruptModelError',
      message: expect.stringContaining('not from a file beside it'),
    }),
  );
});

test('what is no ONNX file is refused', () => {
  expect(() => externalFiles(new TextEncoder().encode('<!doctype html><html>'))).toThrow(
    expect.objectContaining({ name: 'CorruptModelError' }),
  );
});
