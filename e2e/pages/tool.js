// What the tests do in the page, over and over. They reach it by `window.bge`.
import * as bge from '/dist/index.js';

/** The small models are as exact as the reference only in float32. */
const dtypeOf = (model) => (model?.startsWith('tiny/') ? 'fp32' : 'auto');

/** @param {import('bge-web').EmbedderOptions} options */
const create = (options = {}) =>
  bge.createEmbedder({ modelBase: '/models/', device: 'wasm', dtype: dtypeOf(options.model), ...options });

bge.registerModel({ id: 'tiny/bge-m3', dim: 32, heads: ['sparse', 'colbert'], maxLength: 8192 });
for (const variant of ['external', 'torch', 'headless', 'checkpoint'])
  bge.registerModel({ id: `tiny/bge-m3-${variant}`, dim: 32, heads: ['sparse', 'colbert'], maxLength: 8192 });
bge.registerModel({
  id: 'tiny/bge-m3-all-heads',
  dim: 32,
  heads: ['sparse', 'colbert'],
  maxLength: 8192,
  graphs: { fp32: 'model.onnx' },
});
for (const variant of ['', '-checkpoint'])
  bge.registerModel({ id: `tiny/bge-reranker${variant}`, task: 'rerank', maxLength: 8192 });

/** @param {import('bge-web').RerankerOptions} options */
const createReranker = (options = {}) =>
  bge.createReranker({ model: 'tiny/bge-reranker', modelBase: '/models/', device: 'wasm', dtype: 'fp32', ...options });

/** What a call ended with: its value, or the error as plain data. */
const outcome = async (promise) => {
  try {
    return { value: await promise };
  } catch (error) {
    const { name, message, details, cause } = error;
    return { error: { name, message, details, cause: cause && String(cause), isBgeError: bge.isBgeError(error) } };
  }
};

const rows = (embeddings) => Array.from(embeddings, (row) => [...row]);

Object.assign(window, { bge: { ...bge, create, createReranker, outcome, rows } });
