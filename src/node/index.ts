import { Embedder } from '../embedder.js';
import { embedderConfig, rerankerConfig } from '../options.js';
import { Reranker } from '../reranker.js';
import type { EmbedderInfo, ModelInfo } from '../shared/protocol.js';
import { LocalClient } from './local-client.js';
import { browserOptions, cacheFolder, type EmbedderOptions, type RerankerOptions } from './options.js';

export { ColbertEmbeddings, colbertScore, type TokenVectors } from '../colbert.js';
export {
  type CallOptions,
  Embedder,
  type EncodeOptions,
  type ExplainOptions,
  type ScoreOptions,
  type StreamOptions,
  type TokenizeOptions,
} from '../embedder.js';
export { Embeddings, type EmbeddingsData, similarity } from '../embeddings.js';
export type { HeadChoice, HeadEmbeddings, NamedHeads } from '../heads.js';
export { fromNpy, type NpyArray, type NpySource, toNpy } from '../npy.js';
export {
  dequantize,
  type Precision,
  type QuantizedEmbeddings,
  quantize,
  type Ranges,
  rangesOf,
  truncateDim,
} from '../quantize.js';
export type {
  Ranked,
  RankOptions,
  Reranker,
  RerankOptions,
  RerankProgress,
  ScorePairsOptions,
} from '../reranker.js';
export { BgeError, type BgeErrorName, isBgeError } from '../shared/errors.js';
export { type Dtype, type ModelDescription, type ModelSpec, registerModel, type TokenHead } from '../shared/models.js';
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
} from '../shared/protocol.js';
export { type LexicalWeights, lexicalScore, SparseEmbeddings } from '../sparse.js';
export type { EmbedderOptions, ModelOptions, RerankerOptions } from './options.js';

/**
 * Gives an embedder whose model is loaded, checked and warm, on the CPU and in the thread that calls: between batches, of 64 tokens or
 * one longer text, other work gets its turn. The first call downloads the model, unless `modelBase` is a folder, and stores it in
 * `cacheDir`. Rejects with InvalidInputError, UnknownModelError, WrongModelError, ModelFileNotFoundError, DownloadError, IntegrityError,
 * ModelTooLargeError, CorruptModelError, CorruptTokenizerError, EngineError (also for a model that our engine does not run), SelfCheckError,
 * or the reason of `signal`.
 */
export async function createEmbedder(options: EmbedderOptions = {}): Promise<Embedder> {
  const config = embedderConfig(browserOptions(options));
  const { onProgress, signal } = options;
  const client = await LocalClient.start<EmbedderInfo>(config, {
    cacheFolder: cacheFolder(options),
    onProgress,
    signal,
  });
  return new Embedder(client, config.model.maxLength);
}

/** Gives a reranker whose model is loaded, checked and warm, on the CPU and in the thread that calls. Rejects as `createEmbedder`. */
export async function createReranker(options: RerankerOptions = {}): Promise<Reranker> {
  const config = rerankerConfig(browserOptions(options));
  const { onProgress, signal } = options;
  const client = await LocalClient.start<ModelInfo>(config, { cacheFolder: cacheFolder(options), onProgress, signal });
  return new Reranker(client, config.model.maxLength);
}
