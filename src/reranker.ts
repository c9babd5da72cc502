import {
  checkInteger,
  checkOneOf,
  checkPairs,
  checkPositive,
  checkPriority,
  checkString,
  checkStrings,
} from './inputs.js';
import type { ModelClient } from './model-client.js';
import { callLength, type RerankerOptions, rerankerConfig } from './options.js';
import { invalidInput } from './shared/errors.js';
import type { ModelInfo, RerankEvent, TextPair } from './shared/protocol.js';
import { startClient } from './start.js';

export interface RerankOptions {
  /** Scores from 0 to 1, by the sigmoid, in place of logits. Default false. It does not change the order. */
  normalize?: boolean;
  /** The most tokens of a pair in this call, special tokens included, 2 to the model's maximum. Default: the reranker's. */
  maxLength?: number;
  /** The most tokens of the query, without special tokens, 1 to `maxLength`. Default: 3/4 of `maxLength`, rounded down. */
  maxQueryLength?: number;
  /** What happens to a pair of more tokens. `truncate` (default): its query is cut to `maxQueryLength`, then its passage to what is left. `error`: TextTooLongError. */
  overflow?: 'truncate' | 'error';
  /** Ends the call: it rejects with the signal's reason at once, and the worker drops it at the next batch. */
  signal?: AbortSignal;
  /** Any finite number; higher goes first at each batch boundary. Default 1. */
  priority?: number;
}

export interface ScorePairsOptions extends RerankOptions {
  /** Hears, after each batch, how many pairs and tokens are done. */
  onProgress?: (event: RerankProgress) => void;
}

export interface RankOptions extends RerankOptions {
  /** How many passages to give, the best ones: an integer above 0. Default all. */
  topK?: number;
  /** Hears, after each batch, how many passages and tokens are done, and the ranking of those that are. */
  onProgress?: (event: RerankProgress & { readonly ranking: readonly Ranked[] }) => void;
}

export interface RerankProgress {
  readonly phase: 'rerank';
  readonly pairs: number;
  readonly totalPairs: number;
  readonly tokens: number;
}

/** A passage's place in the list that was given, and its score. */
export interface Ranked {
  readonly index: number;
  readonly score: number;
}

/**
 * Gives a reranker whose model is loaded, checked and warm, in a Web Worker of its own. A reranker reads query and
 * passage together, and so judges better than vectors do, at the cost of a pass through the model for each pair: for the top of a search.
 * Rejects as `createEmbedder`.
 */
export async function createReranker(options: RerankerOptions = {}): Promise<Reranker> {
  const config = rerankerConfig(options);
  return new Reranker(await startClient<ModelInfo>(options, config), config.model.maxLength);
}

/** A loaded reranker: pairs in, scores out. Made by `createReranker`. */
export class Reranker {
  readonly #client: ModelClient;
  readonly #modelMaxLength: number;

  /** @internal */
  constructor(client: ModelClient, modelMaxLength: number) {
    this.#client = client;
    this.#modelMaxLength = modelMaxLength;
  }

  /** What runs the model, and why it was chosen; may change when a device is lost. */
  get info(): ModelInfo {
    return this.#client.info!;
  }

  /**
   * Gives one score a pair, in their order: the model's logit (any number, higher for a better passage), or with
   * `normalize` its sigmoid, computed in float64. An empty array gives none. Pairs that are too long are cut, see `overflow`.
   * Source: FlagEmbedding, `FlagReranker.compute_score`. Rejects with InvalidInputError, TextTooLongError, EngineError,
   * WorkerDiedError, WorkerUnresponsiveError, DisposedError, or the reason of `signal`.
   */
  async score(pairs: readonly (readonly string[])[], options: ScorePairsOptions = {}): Promise<Float64Array> {
    const { onProgress } = options;
    return this.#score(
      checkPairs(pairs),
      options,
      onProgress && (({ logits, indices, ...event }) => onProgress(event)),
    );
  }

  /** Gives the passages' places and scores, best first; equal ones in the order given. Rejects as `score`. */
  async rank(query: string, passages: readonly string[], options: RankOptions = {}): Promise<Ranked[]> {
    const { topK, onProgress } = options;
    checkString('query', query);
    if (topK !== undefined) checkPositive('topK', topK);
    const pairs = checkStrings('passages', passages).map((passage) => [query, passage] as const);
    const done: Ranked[] = [];
    const listen = ({ logits, indices, ...event }: RerankEvent) => {
      if (event.pairs === indices.length) done.length = 0; // the first batch, also of a replay on another device
      for (const [i, logit] of logits.entries()) done.push({ index: indices[i]!, score: scoreOf(logit, options) });
      onProgress?.({ ...event, ranking: bestFirst(done, topK) });
    };
    const scores = await this.#score(pairs, options, onProgress && listen);
    return bestFirst(
      Array.from(scores, (score, index) => ({ index, score })),
      topK,
    );
  }

  /** Ends the worker and frees its memory. Pending and later calls reject with DisposedError. */
  dispose(): void {
    this.#client.dispose();
  }

  async #score(
    pairs: readonly TextPair[],
    options: RerankOptions,
    onProgress: ((event: RerankEvent) => void) | undefined,
  ): Promise<Float64Array> {
    const { signal, priority = 1, maxQueryLength = null, normalize = false, overflow = 'truncate' } = options;
    if (typeof normalize !== 'boolean') throw invalidInput('normalize', 'a boolean', normalize);
    const maxLength = callLength('maxLength', options.maxLength, this.#modelMaxLength);
    const limit = maxLength ?? this.info.maxLength;
    if (maxQueryLength !== null) checkInteger('maxQueryLength', maxQueryLength, 1, limit);
    const request = {
      pairs,
      maxLength,
      maxQueryLength,
      overflow: checkOneOf('overflow', ['truncate', 'error'], overflow),
      priority: checkPriority(priority),
    };
    const logits = await this.#client.call((api, callId) => api.rerank({ ...request, callId }), signal, onProgress);
    return Float64Array.from(logits, (logit) => scoreOf(logit, options));
  }
}

function scoreOf(logit: number, { normalize = false }: RerankOptions): number {
  return normalize ? 1 / (1 + Math.exp(-logit)) : logit;
}

function bestFirst(ranked: readonly Ranked[], topK: number | undefined): Ranked[] {
  return [...ranked].sort((a, b) => b.score - a.score || a.index - b.index).slice(0, topK);
}
