export { createEmbedder, Embedder, type EncodeOptions, type StreamOptions, type TokenizeOptions } from './embedder';
export { Embeddings, similarity } from './embeddings';
export { deleteModel, listModels, persist, type StoredModel, storageEstimate } from './model-cache';
export type { EmbedderOptions } from './options';
export { BgeError, type BgeErrorName, isBgeError } from './shared/errors';
export { type Dtype, type ModelSpec, registerModel } from './shared/models';
export type { Device, EmbedderInfo, EncodeEvent, LoadEvent, TextKind, Tokens } from './shared/protocol';
