import { Embedder } from '../embedder.js';
import { embedderConfig, rerankerConfig } from '../options.js';
import { Reranker } from '../reranker.js';
import { indexConfig } from '../search/options.js';
import { SearchIndex } from '../search/search-index.js';
import type { EmbedderInfo, ModelInfo } from '../shared/protocol.js';
import { LocalClient } from './local-client.js';
import { LocalIndexClient } from './local-index.js';
import {
  browserOptions,
  cacheFolder,
  checkIndexOptions,
  type EmbedderOptions,
  type IndexOptions,
  type RerankerOptions,
} from './options.js';

export * from '../common.js';
export * from '../search/common.js';
export type { EmbedderOptions, IndexOptions, ModelOptions, RerankerOptions } from './options.js';

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

/**
 * Gives an empty index in memory: documents in, ranked passages out; `import` brings what `export` of Node or of a browser gave. It runs
 * in the thread that calls, where other work gets its turn every 20 ms, and between the embedder's batches.
 * Rejects with InvalidInputError, also for `name`, `url` and what else only browsers have, or the reason of `signal`.
 */
export async function createIndex(options: IndexOptions): Promise<SearchIndex> {
  checkIndexOptions(options);
  const client = await LocalIndexClient.open(options, indexConfig(options), options.signal);
  return new SearchIndex(client, { hasReranker: options.reranker !== undefined, isReadOnly: false });
}
