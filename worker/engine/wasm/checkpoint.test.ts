import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { farthest, readAnswers } from '../../../e2e/encoder-answers';
import { readCheckpoint } from './checkpoint';

const answers = readAnswers();
const read = (name: string) => readFileSync(new URL(`../../../e2e/models/encoders/${name}`, import.meta.url));
const weightsFile = (name: string) => new Uint8Array(gunzipSync(read(`${name}.safetensors.gz`)));
const config = (name: string, change: object = {}) =>
  new TextEncoder().encode(JSON.stringify({ ...JSON.parse(read(`${name}.config.json`).toString()), ...change }));

test.each([
  ['bert', 'float32'],
  ['xlm-roberta', 'bfloat16'],
  ['reranker', 'float16'],
])('%s in %s gives what PyTorch gives', (name) => {
  const weights = readCheckpoint(weightsFile(name), config(name));
  expect(weights).toMatchObject({ hidden: 32, heads: 4, layers: 2 });
  expect(weights.epsilon).toBe(['xlm-roberta', 'reranker'].includes(name) ? 1e-5 : 1e-12);
  expect(weights.positions.length).toBe(40 * 32);
  expect(weights.classifier !== null).toBe(name === 'reranker');
  expect(farthest(weights, answers[name]!)).toBeLessThan(1e-6);
});

test('what does not lie at a multiple of four bytes is read too', () => {
  const whole = weightsFile('bert');
  const shifted = new Uint8Array(whole.length + 1);
  shifted.set(whole, 1);
  const [even, odd] = [whole, shifted.subarray(1)].map((file) => readCheckpoint(file, config('bert')));
  expect(odd!.words).toEqual(even!.words);
  expect(odd!.layer(1)).toEqual(even!.layer(1));
});

test('a checkpoint that does not say that it is a reranker is an embedder', () => {
  const change = { architectures: ['XLMRobertaModel'] };
  expect(readCheckpoint(weightsFile('reranker'), config('reranker', change)).classifier).toBeNull();
});

test.each([
  [{ model_type: 'gpt2' }, 'its model type is gpt2'],
  [{ hidden_act: 'gelu_new' }, 'its activation is gelu_new, not GELU with erf'],
  [{ position_embedding_type: 'relative_key' }, 'its positions are relative_key'],
  [{ is_decoder: true }, 'it is a decoder'],
  [{ architectures: ['BertForSequenceClassification'] }, 'its classifier tells two texts apart by their token types'],
])('another architecture is refused: %o', (change, reason) => {
  expect(() => readCheckpoint(weightsFile('bert'), config('bert', change))).toThrow(
    expect.objectContaining({ name: 'UnsupportedGraphError', message: `not this engine: ${reason}` }),
  );
});

test('damage is told', () => {
  const whole = weightsFile('bert');
  expect(() => readCheckpoint(whole.subarray(0, whole.length - 1), config('bert'))).toThrow('it is cut');
  expect(() => readCheckpoint(whole, new TextEncoder().encode('<html>'))).toThrow('config.json cannot be read');
  expect(() => readCheckpoint(whole, config('bert', { num_attention_heads: 5 }))).toThrow('5 heads do not divide');
  expect(() => readCheckpoint(whole, config('bert', { num_hidden_layers: 3 })).layer(2)).toThrow(
    'there is no encoder.layer.2.attention.self.query.weight',
  );
  const renamed = new TextDecoder('latin1').decode(whole).replace('word_embeddings', 'word_embeddimgs');
  const file = Uint8Array.from(renamed, (char) => char.charCodeAt(0));
  expect(() => readCheckpoint(file, config('bert'))).toThrow('there is no embeddings.word_embeddings.weight');
});
