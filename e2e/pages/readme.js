// The package as the examples of README.md and docs/ see it; only the models come from this server instead of the hub.
// BGE-M3 and its reranker are small random checkpoints here, with the real tokenizers.
import * as bge from '/dist/index.js';

bge.registerModel({ id: 'BAAI/bge-m3', dim: 32, heads: ['sparse', 'colbert'], maxLength: 8192 });
bge.registerModel({ id: 'BAAI/bge-reranker-base', task: 'rerank' });

const modelBase = `${location.origin}/models/`;
const made = [];
/** Notes a worker that `end` is to end. */
export const keep = (model) => {
  made.push(model);
  return model;
};

export * from '/dist/index.js';
export const createEmbedder = async (options) => keep(await bge.createEmbedder({ modelBase, ...options }));
// The self-check wants the logits of the real rerankers.
export const createReranker = async (options) =>
  keep(await bge.createReranker({ modelBase, selfCheck: false, ...options }));

/** Ends the workers that an example left behind. */
export const end = () => {
  for (const model of made.splice(0)) model.dispose();
};
