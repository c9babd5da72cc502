import { readOnnxWeights } from '../worker/engine/wasm/onnx/read';
import { dequantized } from '../worker/engine/wasm/quantize-columns';
import type { EncoderWeights, Norm, Product, Table } from '../worker/engine/wasm/weights';

/** An XLM-RoBERTa of an ONNX file as transformers saves it: model.safetensors in float32, and config.json. */
export function checkpointOf(onnx: Uint8Array): { tensors: Buffer; config: Buffer } {
  const weights = readOnnxWeights(new Uint8Array(onnx), []); // not a Buffer, whose slices are views
  const { hidden, heads, layers, epsilon, classifier } = weights;
  const config = {
    architectures: [classifier ? 'XLMRobertaForSequenceClassification' : 'XLMRobertaModel'],
    ...{ model_type: 'xlm-roberta', hidden_act: 'gelu', pad_token_id: 1, layer_norm_eps: epsilon },
    ...{ hidden_size: hidden, num_attention_heads: heads, num_hidden_layers: layers },
  };
  const tensors = [...tensorsOf(weights, classifier ? 'roberta.' : '')];
  return { tensors: safetensors(tensors), config: Buffer.from(JSON.stringify(config)) };
}

type Tensor = readonly [name: string, shape: readonly number[], values: Float32Array];

function* tensorsOf(weights: EncoderWeights, prefix: string): Generator<Tensor> {
  const { hidden, heads, words, positions, padding, embeddingNorm, classifier } = weights;
  yield [`${prefix}embeddings.word_embeddings.weight`, [words.rows, hidden], floats(words)];
  // Before the first place stand that of padding, and one that nothing uses.
  const first = Float32Array.from([...new Float32Array(hidden), ...padding!.position]);
  const places = Float32Array.from([...first, ...positions]);
  yield [`${prefix}embeddings.position_embeddings.weight`, [places.length / hidden, hidden], places];
  // The vector of token type 0 is in the places already.
  yield [`${prefix}embeddings.token_type_embeddings.weight`, [1, hidden], new Float32Array(hidden)];
  yield* norm(`${prefix}embeddings.LayerNorm`, embeddingNorm);
  for (let index = 0; index < weights.layers; index++) {
    const layer = weights.layer(index);
    const name = (part: string) => `${prefix}encoder.layer.${index}.${part}`;
    const [query, key, value] = layer.qkv;
    yield* linear(name('attention.self.query'), query!, Math.sqrt(hidden / heads));
    yield* linear(name('attention.self.key'), key!);
    yield* linear(name('attention.self.value'), value!);
    yield* linear(name('attention.output.dense'), layer.attentionOut);
    yield* norm(name('attention.output.LayerNorm'), layer.attentionNorm);
    yield* linear(name('intermediate.dense'), layer.ffnIn);
    yield* linear(name('output.dense'), layer.ffnOut);
    yield* norm(name('output.LayerNorm'), layer.ffnNorm);
  }
  if (!classifier) return;
  yield* linear('classifier.dense', classifier.dense);
  yield* linear('classifier.out_proj', classifier.out);
}

function floats(table: Table): Float32Array {
  if (table.kind === 'float32') return table.values;
  const { values, zeroPoint, block, scales } = table;
  return Float32Array.from(values, (value, at) => (value - zeroPoint) * scales[Math.floor(at / block)]!);
}

function* norm(name: string, { weight, bias }: Norm): Generator<Tensor> {
  yield [`${name}.weight`, [weight.length], weight];
  yield [`${name}.bias`, [bias.length], bias];
}

/** PyTorch keeps weights as outputs × inputs. */
function* linear(name: string, { matrix, bias }: Product, factor = 1): Generator<Tensor> {
  const { inputs, outputs, values } = dequantized(matrix);
  const flipped = values.map((_, at) => values[(at % inputs) * outputs + Math.floor(at / inputs)]! * factor);
  yield [`${name}.weight`, [outputs, inputs], flipped];
  yield [`${name}.bias`, [outputs], bias.map((value) => value * factor)];
}

function safetensors(tensors: readonly Tensor[]): Buffer {
  let at = 0;
  const header = tensors.map(([name, shape, { byteLength }]) => {
    const offsets = [at, at + byteLength];
    at += byteLength;
    return [name, { dtype: 'F32', shape, data_offsets: offsets }] as const;
  });
  const json = Buffer.from(JSON.stringify(Object.fromEntries(header)));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  const data = tensors.map(([, , { buffer, byteOffset, byteLength }]) => Buffer.from(buffer, byteOffset, byteLength));
  return Buffer.concat([length, json, ...data]);
}
