import { Embedder } from '../embedder.js';
import { embedderConfig, rerankerConfig } from '../options.js';
import { Reranker } from '../reranker.js';
import type { EmbedderInfo, ModelInfo } from '../shared/protocol.js';
import { LocalClient } from './local-client.js';
import { browserOptions, cacheFolder, type EmbedderOptions, type RerankerOptions } from './options.js';

export * from '../common.js';
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
