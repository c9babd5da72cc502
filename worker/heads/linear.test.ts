import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { readLinear } from './linear';

const read = (path: string) => new Uint8Array(readFileSync(new URL(`../../e2e/${path}`, import.meta.url)));
const goldens = JSON.parse(new TextDecoder().decode(read('goldens/m3/heads.json')));

test.each(
  Object.keys(goldens).filter((name) => name !== 'meta' && !name.includes('cuda')),
)('reads what PyTorch %s holds', (name) => {
  const { weight, bias } = goldens[name];
  const linear = readLinear(read(`models/heads/${name}`), name, 32);
  expect(linear).toMatchObject({ inputs: 32, outputs: bias.shape[0] });
  expect(linear.weight).toEqual(Float32Array.from(weight.values));
  expect(linear.bias).toEqual(Float32Array.from(bias.values));
});

test.each(['sparse_linear', 'colbert_linear'])('reads the same from safetensors: %s', (name) => {
  const torch = readLinear(read(`models/heads/${name}.pt`), name, 32);
  expect(readLinear(read(`models/heads/${name}.safetensors`), name, 32)).toEqual(torch);
});

test('reads float16 safetensors', () => {
  const half = readLinear(read('models/heads/sparse_linear_fp16.safetensors'), 'half', 32);
  expect(half).toEqual(readLinear(read('models/heads/sparse_linear_fp16.pt'), 'half', 32));
});

const safetensors = read('models/heads/sparse_linear.safetensors');
const torch = read('models/heads/sparse_linear.pt');
const renamed = new TextDecoder('latin1').decode(safetensors).replace('weight', 'wright');
const bytes = (latin: string) => Uint8Array.from(latin, (char) => char.charCodeAt(0));

test.each([
  ['an empty file', new Uint8Array(), 'it is cut'],
  ['a web page', new TextEncoder().encode('<!doctype html><p>not found</p>'), 'it is cut'],
  ['a cut safetensors file', safetensors.subarray(0, 200), 'it is cut'],
  ['other names', bytes(renamed), 'it has bias, wright in place of weight, bias'],
  ['a cut PyTorch file', torch.subarray(0, 1500), 'it is a cut zip file'],
  ['another hidden size', read('models/heads/colbert_linear.pt').slice(), '32 × 33 are expected'],
])('%s is refused', (what, file, problem) => {
  expect(() => readLinear(file, 'head.pt', what === 'another hidden size' ? 33 : 32)).toThrow(
    expect.objectContaining({ name: 'CorruptModelError', message: expect.stringContaining(problem) }),
  );
});
