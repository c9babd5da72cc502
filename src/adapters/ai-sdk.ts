import type {
  EmbeddingModelV4,
  EmbeddingModelV4CallOptions,
  EmbeddingModelV4Result,
  RerankingModelV4,
  RerankingModelV4CallOptions,
  SharedV4Warning,
} from '@ai-sdk/provider';
import type { Embedder, EncodeOptions } from '../embedder.js';
import type { Embeddings } from '../embeddings.js';
import { checkInteger, checkOneOf, checkStrings } from '../inputs.js';
import { truncateDim } from '../quantize.js';
import type { RankOptions, Reranker } from '../reranker.js';
import { invalidInput, misfit } from '../shared/errors.js';
import { type Lazy, lazily } from './lazy.js';

export type { Lazy } from './lazy.js';

type Encoder = Pick<Embedder, 'encodeCorpus' | 'encodeQueries' | 'info'>;
type Input = 'query' | 'passage';

/** What `providerOptions: { bge: … }` may have for `embed` and `embedMany`. */
export type BgeProviderOptions = {
  /** In place of the model's own: `query` puts the model's instruction before each value, `passage` does not. */
  input?: Input;
  /** As `encode` takes them. */
  maxLength?: number;
  overflow?: 'truncate' | 'error' | 'chunk';
};

/** What `providerOptions: { bge: … }` may have for `rerank`. */
export type BgeRerankingOptions = {
  /** Scores from 0 to 1 by the sigmoid (default), or with `false` the model's logits. */
  normalize?: boolean;
  /** As `rank` takes them. */
  maxLength?: number;
  maxQueryLength?: number;
  overflow?: 'truncate' | 'error';
};

/**
 * Gives the two sides of a retrieval as models of the AI SDK: `query` for what is searched for, with the model's instruction, and
 * `passage` for what is found, and for texts that are compared with each other. The embedder stays yours.
 * Calls reject as `encode`; `usage.tokens` counts what the model has seen, a warning names what was cut, and `providerMetadata.bge.space` names the
 * embedding space. Throws InvalidInputError.
 */
export function embeddingModels(embedder: Lazy<Encoder>): {
  readonly query: EmbeddingModelV4;
  readonly passage: EmbeddingModelV4;
} {
  const there = lazily('embedder', embedder, 'encodeCorpus');
  let modelId = typeof embedder === 'function' ? 'bge' : embedder.info.model;
  const modelOf = (defaultInput: Input): EmbeddingModelV4 => ({
    specificationVersion: 'v4',
    provider: 'bge-web',
    /** `bge` until a model that is made at the first call is there. */
    get modelId() {
      return modelId;
    },
    maxEmbeddingsPerCall: Number.POSITIVE_INFINITY,
    supportsParallelCalls: true,
    async doEmbed({ values, abortSignal, dimensions, providerOptions }: EmbeddingModelV4CallOptions) {
      const { input = defaultInput, ...options } = own<BgeProviderOptions>(providerOptions, EMBED_OPTIONS);
      checkOneOf('providerOptions.bge.input', ['query', 'passage'], input);
      const checked = checkStrings('values', values);
      const encoder = await there();
      modelId = encoder.info.model;
      if (dimensions !== undefined) checkInteger('dimensions', dimensions, 1, encoder.info.dim);
      const call: EncodeOptions = { ...options, ...(abortSignal && { signal: abortSignal }) };
      const embeddings = await (input === 'query'
        ? encoder.encodeQueries(checked, call)
        : encoder.encodeCorpus(checked, call));
      const isCut = dimensions !== undefined && dimensions < embeddings.dim;
      return resultOf(
        isCut ? truncateDim(embeddings, dimensions) : embeddings,
        options.maxLength ?? encoder.info.maxLength,
      );
    },
  });
  return { query: modelOf('query'), passage: modelOf('passage') };
}

/**
 * Gives a reranker as a model of the AI SDK, for `rerank`. Objects are read as JSON, with a warning. The reranker stays yours.
 * Calls reject as `rank`. Throws InvalidInputError.
 */
export function rerankingModel(reranker: Lazy<Pick<Reranker, 'rank' | 'info'>>): RerankingModelV4 {
  const there = lazily('reranker', reranker, 'rank');
  let modelId = typeof reranker === 'function' ? 'bge' : reranker.info.model;
  return {
    specificationVersion: 'v4',
    provider: 'bge-web',
    get modelId() {
      return modelId;
    },
    async doRerank({ documents, query, topN, abortSignal, providerOptions }: RerankingModelV4CallOptions) {
      const options = own<BgeRerankingOptions>(providerOptions, RERANK_OPTIONS);
      const isObjects = documents.type === 'object';
      const passages = isObjects ? documents.values.map((value) => JSON.stringify(value)) : documents.values;
      const call: RankOptions = { normalize: true, ...options };
      if (topN !== undefined) call.topK = topN;
      if (abortSignal) call.signal = abortSignal;
      const model = await there();
      modelId = model.info.model;
      const ranked = await model.rank(query, passages, call);
      return {
        ranking: ranked.map(({ index, score }) => ({ index, relevanceScore: score })),
        warnings: isObjects ? [{ type: 'compatibility', feature: 'object documents', details: 'Read as JSON.' }] : [],
      };
    },
  };
}

const EMBED_OPTIONS = ['input', 'maxLength', 'overflow'] as const;
const RERANK_OPTIONS = ['normalize', 'maxLength', 'maxQueryLength', 'overflow'] as const;

/** Ours of the options for all providers. Throws InvalidInputError for names that are not known: a misspelt one would do nothing. */
function own<Options>(
  providerOptions: Record<string, Record<string, unknown>> | undefined,
  names: readonly string[],
): Options {
  const options = providerOptions?.bge ?? {};
  if (typeof options !== 'object' || Array.isArray(options))
    throw invalidInput('providerOptions.bge', 'an object', options);
  const unknown = Object.keys(options).find((name) => !names.includes(name));
  if (unknown !== undefined) throw misfit('providerOptions.bge', `of ${names.join(', ')}`, `\`${unknown}\``);
  return { ...options } as Options;
}

function resultOf(embeddings: Embeddings, maxLength: number): EmbeddingModelV4Result {
  return {
    embeddings: embeddings.toArray(),
    usage: { tokens: embeddings.tokenCounts.reduce((sum, count) => sum + count, 0) },
    warnings: warningsOf(embeddings, maxLength),
    providerMetadata: { bge: { space: embeddings.space } },
  };
}

const NAMED = 5;

function warningsOf({ truncated }: Embeddings, maxLength: number): SharedV4Warning[] {
  const cut = Array.from(truncated.keys()).filter((i) => truncated[i] === 1);
  if (cut.length === 0) return [];
  const names = cut.slice(0, NAMED).map((i) => `values[${i}]`);
  const rest = cut.length > NAMED ? ` and ${cut.length - NAMED} more` : '';
  return [{ type: 'other', message: `Cut to ${maxLength} tokens: ${names.join(', ')}${rest}` }];
}
