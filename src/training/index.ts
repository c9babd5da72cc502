export {
  type EvaluateOptions,
  type Evaluation,
  evaluate,
  type Measure,
  type Measures,
  type Qrels,
  type Ranking,
  type Rankings,
  type ScoredId,
} from './evaluate.js';
export { fromJsonl, type Source, type TrainingExample, toJsonl } from './examples.js';
export { type MinedExample, type MiningEvent, type MiningOptions, mineHardNegatives } from './hard-negatives.js';
export type { TrainingEmbedder, TrainingReranker } from './models.js';
export { adapted, adapterFrom, QueryAdapter, type QueryAdapterData, type TrainingReport } from './query-adapter.js';
export {
  type FoundRankings,
  type IdentifiedEmbeddings,
  type IndexRankOptions,
  type RankEvent,
  type RankingIndex,
  type RankOptions,
  rank,
} from './rank.js';
export { type SimilarityReport, similarityReport } from './similarity-report.js';
export { type TrainingEvent, type TrainingOptions, trainQueryAdapter } from './train-query-adapter.js';
