// What the search has alike in a page and in Node.
export type {
  AddReport,
  Calibration,
  Cluster,
  Condition,
  DocumentFields,
  DocumentFormat,
  FieldValue,
  Filter,
  Fusion,
  Hit,
  HitExplanation,
  IndexDocument,
  IndexEvent,
  IndexStats,
  Lexical,
  Limits,
  MapPoint,
  Match,
  OwnedPassage,
  Passage,
  SearchMode,
  ThresholdGoal,
} from '../shared/search.js';
export type { IndexEmbedder, IndexReranker } from './models.js';
export type { SearchOptions } from './options.js';
export type { AddOptions, DuplicatesOptions, MapOptions, SearchIndex } from './search-index.js';
