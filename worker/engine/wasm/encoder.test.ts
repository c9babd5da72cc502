import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { createTokenizer } from '../../tokenizer';
import { Encoder } from './encoder';
import { readPrepared } from './prepared-weights';

// The whole engine, without a browser, on the embedded models.

const read = (path: string) => new Uint8Array(readFileSync(new URL(`../../../${path}`, import.meta.url)));
const json = (path: string) => JSON.parse(new TextDecoder().decode(read(path)));

function weightsOf(name: string, heads: number) {
  const folder = `public/models/BAAI/${name}/onnx`;
  return readPrepared(read(`${folder}/model_webgpu.json`), read(`${folder}/model_quantized.onnx`), heads);
}

function cosine(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let [dot, aa, bb] = [0, 0, 0];
  for (let d = 0; d < a.length; d++) {
    dot += a[d]! * b[d]!;
    aa += a[d]! ** 2;
    bb += b[d]! ** 2;
  }
  return dot / Math.sqrt(aa * bb);
}

// FlagEmbedding 1.4.2, float32: odd texts, up to 512 tokens.
test.each([
  ['bge-small-en-v1.5', 12, 0.9996, 0.998],
  ['bge-small-zh-v1.5', 8, 0.9998, 0.9995],
] as const)(
  '%s gives the vectors of the reference',
  async (name, heads, mean, worst) => {
    const encoder = await Encoder.open(weightsOf(name, heads));
    const { cases } = json(`e2e/goldens/${name}.json`);
    const cosines: number[] = cases.map(({ input_ids, embedding }: { input_ids: number[]; embedding: number[] }) =>
      cosine(encoder.encode(Int32Array.from(input_ids)), embedding),
    );
    expect(cosines.reduce((a, b) => a + b) / cosines.length).toBeGreaterThan(mean);
    expect(Math.min(...cosines)).toBeGreaterThan(worst);
  },
  60_000,
);

test('what ran before leaves no trace', async () => {
  const encoder = await Encoder.open(weightsOf('bge-small-zh-v1.5', 8));
  const tokenizer = createTokenizer(read('public/models/BAAI/bge-small-zh-v1.5/tokenizer.json'));
  const ids = (text: string) => tokenizer.encode(text, 512).ids;
  const first = encoder.encode(ids('蜜蜂酿蜜。'));
  encoder.encode(ids('潮水涨落，面包师傅烤面包。'.repeat(100)));
  encoder.encode(ids(''));
  expect(encoder.encode(ids('蜜蜂酿蜜。'))).toEqual(first);
});

test('a recipe that does not fit is refused, in a way that leads to another engine', () => {
  const folder = 'public/models/BAAI/bge-small-zh-v1.5/onnx';
  const [recipe, source] = [read(`${folder}/model_webgpu.json`), read(`${folder}/model_quantized.onnx`)];
  const without = (name: string) => {
    const parsed = JSON.parse(new TextDecoder().decode(recipe));
    const tensors = parsed.tensors.filter((tensor: { name: string }) => tensor.name !== name);
    return new TextEncoder().encode(JSON.stringify({ ...parsed, tensors }));
  };
  const engine = expect.objectContaining({ name: 'CorruptModelError', details: { device: 'wasm', engine: 'wasm' } });
  expect(() => readPrepared(new TextEncoder().encode('{'), source, 8)).toThrow(engine);
  expect(() => readPrepared(recipe, source.subarray(0, 1_000_000), 8)).toThrow(engine);
  expect(() => readPrepared(without('layer.2.ffn_out.weight'), source, 8)).toThrow(
    'there is no layer.2.ffn_out.weight',
  );
});
