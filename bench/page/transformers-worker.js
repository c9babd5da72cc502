// transformers.js as its documentation shows it, in a module worker; bundled by bench/site.mjs.
import { env, pipeline } from '@huggingface/transformers';

env.allowRemoteModels = false;
env.allowLocalModels = true;
// The files that it takes from a CDN otherwise: the same build of the runtime (asyncify), which it then caches itself.
env.backends.onnx.wasm.wasmPaths = {
  mjs: `${location.origin}/vendor/ort/ort-wasm-simd-threaded.asyncify.mjs`,
  wasm: `${location.origin}/vendor/ort/ort-wasm-simd-threaded.asyncify.wasm`,
};

let extract;

const answers = {
  async load({ models, dtype }) {
    env.localModelPath = models;
    extract = await pipeline('feature-extraction', 'BAAI/bge-small-en-v1.5', { dtype, device: 'wasm' });
  },

  async encode({ texts, batch }) {
    const rows = [];
    for (let from = 0; from < texts.length; from += batch) {
      const output = await extract(texts.slice(from, from + batch), { pooling: 'cls', normalize: true });
      const [count, dim] = output.dims;
      for (let row = 0; row < count; row++) rows.push(output.data.slice(row * dim, (row + 1) * dim));
      output.dispose();
    }
    return rows;
  },
};

addEventListener('message', async ({ data }) => {
  const [[what, question]] = Object.entries(data);
  try {
    postMessage({ answer: await answers[what](question) });
  } catch (error) {
    postMessage({ error: String(error) });
  }
});
