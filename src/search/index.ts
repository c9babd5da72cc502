export type {
  AddReport,
  Calibration,
  Cluster,
  Condition,
  DocumentFormat,
  FieldValue,
  Filter,
  Fusion,
  Hit,
  HitExplanation,
  IndexDocument,
  IndexEvent,
  IndexStats,
  Limits,
  MapPoint,
  Match,
  OwnedPassage,
  Passage,
  SearchMode,
  ThresholdGoal,
} from '../shared/search.js';
export type { IndexEmbedder, IndexReranker } from './models.js';
export type { IndexOptions, SearchOptions } from './options.js';
export { type AddOptions, createIndex, type MapOptions, type SearchIndex } from './search-index.js';
export { deleteIndex, listIndexes, type StoredIndex } from './stored.js';
