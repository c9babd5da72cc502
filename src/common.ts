// What a page and Node have alike.
export { ColbertEmbeddings, colbertScore, type TokenVectors } from './colbert.js';
export {
  type CallOptions,
  Embedder,
  type EncodeOptions,
  type ExplainOptions,
  type ScoreOptions,
  type StreamOptions,
  type TokenizeOptions,
} from './embedder.js';
export { Embeddings, type EmbeddingsData, similarity } from './embeddings.js';
export type { HeadChoice, HeadEmbeddings, NamedHeads } from './heads.js';
export { fromNpy, type NpyArray, type NpySource, toNpy } from './npy.js';
export {
  dequantize,
  type Precision,
  type QuantizedEmbeddings,
  quantize,
  type Ranges,
  rangesOf,
  truncateDim,
} from './quantize.js';
export type { Ranked, RankOptions, Reranker, RerankOptions, RerankProgress, ScorePairsOptions } from './reranker.js';
export { BgeError, type BgeErrorName, isBgeError } from './shared/errors.js';
export { type Dtype, type ModelDescription, type ModelSpec, registerModel, type TokenHead } from './shared/models.js';
export type {
  ColbertData,
  ColbertFormat,
  Device,
  EmbedderInfo,
  EncodeEvent,
  Explanation,
  LoadEvent,
  ModelInfo,
  Overflow,
  PairScores,
  Span,
  SparseData,
  TextKind,
  TextPair,
  Tokens,
} from './shared/protocol.js';
export { type LexicalWeights, lexicalScore, SparseEmbeddings } from './sparse.js';
