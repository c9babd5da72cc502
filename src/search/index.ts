export * from './common.js';
export { createIndex } from './create-index.js';
export type { IndexOptions } from './options.js';
export { deleteIndex, listIndexes, type StoredIndex } from './stored.js';
