import { readdirSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { PbfWriter } from 'pbf';
import { expect, test } from 'vitest';
import { farthest, readAnswers } from '../../../../e2e/encoder-answers';
import { hiddenStates, logit } from '../reference-encoder';
import { readOnnxWeights } from './read';

// Files as exporters and quantisers write them, with random weights: scripts/prepare-models/export_fixtures.py.

const folder = new URL('../../../../e2e/models/encoders/', import.meta.url);
const unpacked = (name: string) => new Uint8Array(gunzipSync(readFileSync(new URL(name, folder))));
const file = (name: string) => unpacked(`${name}.onnx.gz`);

/** For int8 files, of the weights that the integers stand for. */
const answers = readAnswers();

test.each([
  ['bert', 'bert'],
  ['bert-opset-17', 'bert'],
  ['bert-transformers-4', 'bert'],
  ['bert-dynamo-20', 'bert'],
  ['bert-dynamo-23', 'bert'],
  ['bert-fused', 'bert'],
  ['distilbert', 'distilbert'],
  ['xlm-roberta-transformers-4', 'xlm-roberta'],
  ['xlm-roberta-dynamo', 'xlm-roberta'],
  ['xlm-roberta-sentence', 'xlm-roberta'],
  ['reranker', 'reranker'],
  ['reranker-dynamo', 'reranker'],
])('float32: %s gives what PyTorch gives', (name, model) => {
  const weights = readOnnxWeights(file(name), []);
  expect(weights).toMatchObject({
    hidden: 32,
    heads: 4,
    layers: 2,
    words: { kind: 'float32', rows: 120, columns: 32 },
  });
  expect(weights.epsilon).toBeCloseTo(['xlm-roberta', 'reranker'].includes(model) ? 1e-5 : 1e-12, 12);
  expect(weights.classifier !== null).toBe(model === 'reranker');
  expect(weights.positions.length).toBe(40 * 32);
  expect(farthest(weights, answers[model]!)).toBeLessThan(1e-6);
});

// The weights are float16 numbers to begin with; what differs is ε, which the converter raises to 1e-7.
test.each([
  ['bert-float16', 'bert'],
  ['bert-float16-io', 'bert'],
  ['bert-fused-float16', 'bert'],
  ['bert-lists', 'bert'],
  ['reranker-float16', 'reranker'],
])('float16: %s gives what PyTorch gives', (name, model) => {
  expect(farthest(readOnnxWeights(file(name), []), answers[model]!)).toBeLessThan(1e-5);
});

test.each([
  'bert-int8',
  'bert-uint8',
  'bert-int8-channels',
  'bert-uint8-channels',
  'bert-int8-products',
  'xlm-roberta-int8',
])('%s gives what PyTorch gives with the rounded weights', (name) => {
  const weights = readOnnxWeights(file(name), []);
  const { matrix } = weights.layer(1).ffnIn;
  expect(matrix).toMatchObject({ kind: 'int8', inputs: 32, outputs: 64 });
  expect(matrix.kind === 'int8' && matrix.zeroPoints !== null).toBe(name.includes('uint8'));
  expect(weights.words.kind).toBe(name.includes('products') ? 'float32' : 'int8');
  expect(farthest(weights, answers[name]!)).toBeLessThan(1e-6);
});

test('operators that the runtime puts together give the same', () => {
  expect(farthest(readOnnxWeights(file('bert-runtime-uint8'), []), answers['bert-uint8']!)).toBeLessThan(1e-6);
});

test('integers in lists are the same as in bytes', () => {
  const [listed, raw] = ['bert-int8-lists', 'bert-uint8-channels'].map((name) => readOnnxWeights(file(name), []));
  expect(listed!.words).toEqual(raw!.words);
  expect(listed!.positions).toEqual(raw!.positions);
  expect(listed!.layer(1)).toEqual(raw!.layer(1));
});

// Rounded weights, but not those of another file: rounding alone moves states by about as much.
test.each([
  ['bert-fused-uint8', 'bert'],
  ['reranker-int8', 'reranker'],
])('%s is near to what PyTorch gives without rounding', (name, model) => {
  const weights = readOnnxWeights(file(name), []);
  expect(weights.layer(0).ffnOut.matrix.kind).toBe('int8');
  expect(farthest(weights, answers[model]!)).toBeLessThan(0.15);
});

test('weights in a file beside the graph', () => {
  const graph = file('xlm-roberta');
  const data = unpacked('xlm-roberta.onnx_data.gz');
  const weights = readOnnxWeights(graph, [{ path: 'xlm-roberta.onnx_data', data }]);
  expect(farthest(weights, answers['xlm-roberta']!)).toBeLessThan(1e-6);
  const read = (path: string, bytes: Uint8Array) => () => {
    const { layers, layer } = readOnnxWeights(graph, [{ path, data: bytes }]);
    for (let index = 0; index < layers; index++) layer(index);
  };
  expect(read('another', data)).toThrow('are in xlm-roberta.onnx_data, which is missing');
  expect(read('xlm-roberta.onnx_data', data.subarray(0, data.length - 5000))).toThrow(/has \d+ bytes; .* are expected/);
});

test('the number of heads that the caller knows goes before that of the graph', () => {
  expect(readOnnxWeights(file('bert-fused'), [], { heads: 4 }).heads).toBe(4);
  expect(() => readOnnxWeights(file('bert'), [], { heads: 8 })).toThrow('its attention is scaled by');
  expect(() => readOnnxWeights(file('bert'), [], { heads: 5 })).toThrow('5 heads do not divide 32 columns');
});

test.each([
  ['other-gelu-tanh', 'its activation is Mul, not GELU with erf'],
  ['other-gelu-tanh-dynamo', 'its activation is Gelu, not GELU with erf'],
  ['other-relu', 'its activation is Relu, not GELU with erf'],
  ['other-decoder', 'its attention has a bias'],
  ['other-mpnet', 'its attention has a bias'],
  ['other-albert', 'does not normalise a linear layer and what went into it'],
  ['other-gpt2', 'not this engine'],
  ['other-t5', 'it has 0 layer normalisations'],
  ['other-cross-encoder', 'its classifier tells two texts apart by their token types'],
  ['other-fused-uint8', 'its embeddings are a QEmbedLayerNormalization'],
])('another architecture is refused: %s', (name, reason) => {
  expect(() => readOnnxWeights(file(name), [])).toThrow(
    expect.objectContaining({ name: 'UnsupportedGraphError', message: expect.stringContaining(reason) }),
  );
});

// FlagEmbedding's answers with the small checkpoints of the real architectures; texts of up to 64 tokens.
const json = (path: string) => JSON.parse(readFileSync(new URL(`../../../../e2e/${path}`, import.meta.url), 'utf8'));
const tiny = (path: string) =>
  new Uint8Array(readFileSync(new URL(`../../../../e2e/models/${path}`, import.meta.url).pathname));
const tinyGraph = (path: string) => new Uint8Array(gunzipSync(tiny(`${path}.onnx.gz`)));

test.each([
  'model',
  'model_all_heads',
  'model_external',
])('bge-m3/%s gives the dense vectors of FlagEmbedding', (name) => {
  const externals =
    name === 'model_external'
      ? [
          { path: 'model.onnx_data', data: tinyGraph('bge-m3/model') },
          { path: 'Constant_7_attr__value', data: tiny('bge-m3/Constant_7_attr__value') },
        ]
      : [];
  const weights = readOnnxWeights(tinyGraph(`bge-m3/${name}`), externals);
  expect(weights).toMatchObject({ heads: 4, layers: 2, words: { kind: 'int8', rows: 250_002 }, classifier: null });
  expect(weights.positions.length).toBe(8192 * 32);
  const cases: { input_ids: number[]; dense: number[] }[] = json('goldens/m3/m3_encode.json').cases;
  const short = cases.filter(({ input_ids }) => input_ids.length <= 64);
  expect(short.length).toBeGreaterThan(10);
  for (const { input_ids, dense } of short) {
    const state = hiddenStates(weights, input_ids).subarray(0, 32);
    const length = Math.hypot(...state);
    for (const [d, value] of dense.entries()) expect(state[d]! / length).toBeCloseTo(value, 5);
  }
});

test('bge-reranker gives the logits of FlagEmbedding', () => {
  const weights = readOnnxWeights(tinyGraph('bge-reranker/model'), []);
  const cases: { default: { input_ids: number[]; score: number } }[] = json('goldens/m3/reranker.json').cases;
  const short = cases.map((one) => one.default).filter(({ input_ids }) => input_ids.length <= 64);
  expect(short.length).toBeGreaterThan(5);
  for (const { input_ids, score } of short)
    expect(logit(weights.classifier!, hiddenStates(weights, input_ids), 32)).toBeCloseTo(score, 5);
});

test('every architecture of the folder is tested', () => {
  const tested = readFileSync(new URL(import.meta.url), 'utf8');
  for (const name of readdirSync(folder).filter((path) => path.endsWith('.onnx.gz')))
    expect(tested).toContain(`'${name.replace('.onnx.gz', '')}'`);
});

test('a file that is cut anywhere is refused, never read by halves', () => {
  const whole = file('bert-int8');
  for (let size = 0; size < whole.length; size += 997)
    expect(() => readOnnxWeights(whole.subarray(0, size), []), `${size} bytes`).toThrow(Error);
});

test('what is no ONNX file is refused', () => {
  expect(() => readOnnxWeights(new TextEncoder().encode('<!doctype html><html>'), [])).toThrow(Error);
});

test('damage gives an error or other numbers, and never hangs', () => {
  const whole = file('bert-uint8-channels');
  const place = fc.nat(whole.length - 1);
  fc.assert(
    fc.property(fc.array(fc.tuple(place, fc.nat(255)), { minLength: 1, maxLength: 8 }), (changes) => {
      const damaged = whole.slice();
      for (const [at, byte] of changes) damaged[at] = byte;
      try {
        const weights = readOnnxWeights(damaged, []);
        for (let index = 0; index < weights.layers; index++) weights.layer(index);
        expect(weights.words.values.length).toBe(weights.words.rows * weights.words.columns);
      } catch (error) {
        expect((error as Error).message).not.toMatch(/undefined|not a function|not iterable|call stack/);
      }
    }),
    { numRuns: 300 },
  );
});

test('an operator that waits for itself is refused', () => {
  const writer = new PbfWriter();
  const graph = (_: null, pbf: PbfWriter) => pbf.writeMessage(1, node, null);
  const node = (_: null, pbf: PbfWriter) => {
    for (const field of [1, 2]) pbf.writeStringField(field, 'x'); // input, output
    pbf.writeStringField(4, 'Add');
  };
  writer.writeMessage(7, graph, null);
  expect(() => readOnnxWeights(writer.finish(), [])).toThrow('x is used before it is made');
});
