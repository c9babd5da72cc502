export type {
  AddReport,
  Condition,
  DocumentFormat,
  FieldValue,
  Filter,
  Hit,
  HitExplanation,
  IndexDocument,
  IndexEvent,
  IndexStats,
  Limits,
  Match,
  Passage,
  SearchMode,
} from '../shared/search.js';
export type { IndexEmbedder, IndexReranker } from './models.js';
export type { IndexOptions, SearchOptions } from './options.js';
export { type AddOptions, createIndex, type SearchIndex } from './search-index.js';
export { deleteIndex, listIndexes, type StoredIndex } from './stored.js';
