import { BaseEmbedding } from '@llamaindex/core/embeddings';
import type { MessageContentDetail } from '@llamaindex/core/llms';
import type { Embedder, EncodeOptions } from '../embedder.js';
import { checkString, checkStrings } from '../inputs.js';
import { BgeError, invalidInput } from '../shared/errors.js';
import { type Lazy, lazily } from './lazy.js';

export type { Lazy } from './lazy.js';

export interface BgeEmbeddingParams {
  /** Of `createEmbedder`, from `bge-web` or `bge-web/node`, or what makes it at the first call. It stays yours. */
  embedder: Lazy<Pick<Embedder, 'encodeCorpus' | 'encodeQueries'>>;
  /** Texts of one call of `getTextEmbeddingsBatch`, an integer above 0. Default 256. */
  embedBatchSize?: number;
  /** For every call: `signal`, `onProgress`, `maxLength`, `overflow`. */
  encodeOptions?: Pick<EncodeOptions, 'signal' | 'onProgress' | 'maxLength' | 'overflow'>;
}

/** LlamaIndex.TS's embedding by BGE: queries get the model's instruction, texts do not. Rejects as `encode`. */
export class BgeEmbedding extends BaseEmbedding {
  readonly #embedder: () => Promise<Pick<Embedder, 'encodeCorpus' | 'encodeQueries'>>;
  readonly #options: EncodeOptions;

  /** Throws InvalidInputError. */
  constructor(params: BgeEmbeddingParams) {
    super();
    if (typeof params !== 'object' || params === null) throw invalidInput('params', 'an object', params);
    const { embedder, embedBatchSize = 256, encodeOptions = {} } = params;
    if (!(Number.isInteger(embedBatchSize) && embedBatchSize > 0))
      throw invalidInput('embedBatchSize', 'an integer above 0', embedBatchSize);
    this.#embedder = lazily('embedder', embedder, 'encodeCorpus');
    this.#options = encodeOptions;
    this.embedBatchSize = embedBatchSize;
    // LlamaIndex reads it unbound.
    this.getTextEmbeddings = async (texts) => {
      const checked = checkStrings('texts', texts);
      return (await (await this.#embedder()).encodeCorpus(checked, this.#options)).toArray();
    };
  }

  async getTextEmbedding(text: string): Promise<number[]> {
    return (await this.getTextEmbeddings([checkString('text', text)]))[0]!;
  }

  /** Gives the vector of a query, with its instruction. Rejects with WrongModelError for a query that is not text. */
  override async getQueryEmbedding(query: MessageContentDetail): Promise<number[]> {
    if (query?.type !== 'text')
      throw new BgeError('WrongModelError', `BGE reads text only, and the query is of type ${query?.type}`);
    const text = checkString('query.text', query.text);
    return (await (await this.#embedder()).encodeQueries([text], this.#options)).toArray()[0]!;
  }
}
