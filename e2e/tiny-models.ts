import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { readOnnxWeights } from '../worker/engine/wasm/onnx/read';
import { dequantized } from '../worker/engine/wasm/quantize-columns';
import { checkpointOf } from './checkpoint';

const here = import.meta.dirname;

/**
 * Unpacks the small checkpoints of e2e/models in the hub's layout: `bge-m3` and `bge-reranker`; `bge-m3-all-heads`, with all
 * heads in the graph; `bge-m3-external`, with its weights beside the graph; `bge-m3-torch`, with heads as PyTorch saves them;
 * `bge-m3-headless`, without them; `bge-m3-checkpoint` and `bge-reranker-checkpoint`, as transformers saves them.
 */
export function unpackTinyModels(folder: string): void {
  const m3Tokenizer = unpacked('goldens/tokenizer/bge-m3-tokenizer.json.gz');
  const write = (model: string, files: Record<string, Uint8Array>) => {
    for (const [path, bytes] of Object.entries({ 'tokenizer.json': m3Tokenizer, ...files })) {
      const file = join(folder, model, path);
      mkdirSync(join(file, '..'), { recursive: true });
      writeFileSync(file, bytes);
    }
  };
  const graph = unpacked('models/bge-m3/model.onnx.gz');
  write('bge-m3', {
    'onnx/model.onnx': graph,
    'sparse_linear.safetensors': read('models/heads/sparse_linear.safetensors'),
    'colbert_linear.safetensors': read('models/heads/colbert_linear.safetensors'),
  });
  write('bge-m3-all-heads', { 'model.onnx': unpacked('models/bge-m3/model_all_heads.onnx.gz') });
  write('bge-m3-external', {
    'onnx/model.onnx': unpacked('models/bge-m3/model_external.onnx.gz'),
    'onnx/model.onnx_data': graph,
    'onnx/Constant_7_attr__value': read('models/bge-m3/Constant_7_attr__value'),
  });
  write('bge-m3-torch', {
    'onnx/model.onnx': graph,
    'sparse_linear.pt': read('models/heads/sparse_linear_fp16.pt'),
    'colbert_linear.pt': read('models/heads/colbert_linear_fp16.pt'),
  });
  write('bge-m3-headless', { 'onnx/model.onnx': graph });
  const checkpoint = (onnx: Uint8Array) => {
    const { tensors, config } = checkpointOf(onnx);
    return { 'model.safetensors': tensors, 'config.json': config };
  };
  write('bge-m3-checkpoint', {
    ...checkpoint(graph),
    'sparse_linear.safetensors': read('models/heads/sparse_linear.safetensors'),
    'colbert_linear.safetensors': read('models/heads/colbert_linear.safetensors'),
  });
  const reranker = unpacked('models/bge-reranker/model.onnx.gz');
  const tokenizer = { 'tokenizer.json': rerankerTokenizer(m3Tokenizer.toString()) };
  write('bge-reranker', { 'onnx/model.onnx': reranker, ...tokenizer });
  write('bge-reranker-checkpoint', { ...checkpoint(reranker), ...tokenizer });
}

/** What the last layer is multiplied by, so that the logits pass the self-check by those that are published. */
const AS_PUBLISHED = -5;

/** The small reranker by the names that the hub has for BAAI/bge-reranker-base. */
export function publishedReranker(): Record<string, Buffer> {
  const graph = unpacked('models/bge-reranker/model.onnx.gz');
  const { values } = dequantized(readOnnxWeights(new Uint8Array(graph), []).classifier!.out.matrix);
  const start = graph.indexOf(Buffer.from(values.buffer, values.byteOffset, values.byteLength));
  for (const [i, value] of values.entries()) graph.writeFloatLE(value * AS_PUBLISHED, start + 4 * i);
  const tokenizer = rerankerTokenizer(unpacked('goldens/tokenizer/bge-m3-tokenizer.json.gz').toString());
  return { 'onnx/model_quantized.onnx': graph, 'tokenizer.json': tokenizer };
}

/** The tokenizer.json of BAAI/bge-reranker-v2-m3, byte for byte. */
export function rerankerTokenizer(m3: string): Buffer {
  const { edits, result_sha256 } = JSON.parse(read('models/bge-reranker/tokenizer.edits.json').toString());
  let text = m3;
  for (const [from, to] of edits) text = text.split(from).join(to);
  if (createHash('sha256').update(text).digest('hex') !== result_sha256) throw new Error('the tokenizer differs');
  return Buffer.from(text);
}

function read(path: string): Buffer {
  return readFileSync(join(here, path));
}

function unpacked(path: string): Buffer {
  return gunzipSync(read(path));
}
