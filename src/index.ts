export { createEmbedder, Embedder, type EncodeOptions, type StreamOptions, type TokenizeOptions } from './embedder.js';
export { Embeddings, similarity } from './embeddings.js';
export { deleteModel, listModels, persist, type StoredModel, storageEstimate } from './model-cache.js';
export type { EmbedderOptions } from './options.js';
export { BgeError, type BgeErrorName, isBgeError } from './shared/errors.js';
export { type Dtype, type ModelSpec, registerModel } from './shared/models.js';
export type { Device, EmbedderInfo, EncodeEvent, LoadEvent, TextKind, Tokens } from './shared/protocol.js';
