export * from './common.js';
export { createEmbedder } from './embedder.js';
export { deleteModel, listModels, persist, type StoredModel, storageEstimate } from './model-cache.js';
export type { EmbedderOptions, ModelOptions, RerankerOptions } from './options.js';
export { createReranker } from './reranker.js';
