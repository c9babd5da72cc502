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

/** The last hidden state of a text's first token. */
const firstState = (encoder: Encoder, ids: Int32Array) => encoder.encode(ids, [ids.length], 'first').slice();

// FlagEmbedding 1.4.2, float32: odd texts, up to 512 tokens.
test.each([
  ['bge-small-en-v1.5', 12, 0.9996, 0.998],
  ['bge-small-zh-v1.5', 8, 0.9998, 0.9995],
] as const)(
  '%s gives the vectors of the reference',
  async (name, heads, mean, worst) => {
    const encoder = await Encoder.open(weightsOf(name, heads), 'i16');
    const { cases } = json(`e2e/goldens/${name}.json`);
    const cosines: number[] = cases.map(({ input_ids, embedding }: { input_ids: number[]; embedding: number[] }) =>
      cosine(firstState(encoder, Int32Array.from(input_ids)), embedding),
    );
    expect(cosines.reduce((a, b) => a + b) / cosines.length).toBeGreaterThan(mean);
    expect(Math.min(...cosines)).toBeGreaterThan(worst);
  },
  60_000,
);

test('a text has the same vector to the last bit, whatever ran before and whatever stands beside it', async () => {
  const encoder = await Encoder.open(weightsOf('bge-small-zh-v1.5', 8), 'i16');
  const tokenizer = createTokenizer(read('public/models/BAAI/bge-small-zh-v1.5/tokenizer.json'));
  const texts = ['蜜蜂酿蜜。', '潮水涨落，面包师傅烤面包。'.repeat(100), '', '蜜蜂酿蜜。'].map(
    (text) => tokenizer.encode(text, 512).ids,
  );
  const alone = texts.map((ids) => firstState(encoder, ids));
  const lengths = texts.map((ids) => ids.length);
  const ids = Int32Array.from(texts.flatMap((text) => [...text]));
  const together = encoder.encode(ids, lengths, 'first').slice();
  const all = encoder.encode(ids, lengths, 'all').slice();
  let token = 0;
  for (const [i, vector] of alone.entries()) {
    expect(together.subarray(i * 512, (i + 1) * 512)).toEqual(vector);
    expect(all.subarray(token * 512, (token + 1) * 512)).toEqual(vector);
    token += lengths[i]!;
  }
  const copy = await Encoder.from(encoder.packed, encoder.heap.kept().slice());
  expect(firstState(copy, texts[0]!)).toEqual(alone[0]);
});

test('ids and lengths that the model does not have are refused', async () => {
  const encoder = await Encoder.open(weightsOf('bge-small-zh-v1.5', 8), 'i16');
  expect(() => firstState(encoder, Int32Array.of(101, 21_128, 102))).toThrow(
    "token id 21128 is not among the model's 21128",
  );
  expect(() => firstState(encoder, Int32Array.of(101, -1, 102))).toThrow('token id -1');
  expect(() => firstState(encoder, new Int32Array(513))).toThrow('a text has 513 tokens, the model has places for 512');
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
  expect(() => readPrepared(without('layer.2.ffn_out.weight'), source, 8).layer(2)).toThrow(
    'there is no layer.2.ffn_out.weight',
  );
});
