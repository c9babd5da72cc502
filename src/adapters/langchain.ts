import { type DocumentInterface, Document as LangChainDocument } from '@langchain/core/documents';
import { Embeddings, type EmbeddingsParams } from '@langchain/core/embeddings';
import { BaseDocumentCompressor } from '@langchain/core/retrievers/document_compressors';
import type { Embedder, EncodeOptions } from '../embedder.js';
import { checkString, checkStrings } from '../inputs.js';
import type { RankOptions, Reranker } from '../reranker.js';
import { invalidInput } from '../shared/errors.js';
import { type Lazy, lazily } from './lazy.js';

export { BgeVectorStore, type BgeVectorStoreConfig } from './langchain-store.js';
export type { Lazy } from './lazy.js';

export interface BgeEmbeddingsParams extends EmbeddingsParams {
  /** Of `createEmbedder`, from `bge-web` or `bge-web/node`, or what makes it at the first call. It stays yours. */
  embedder: Lazy<Pick<Embedder, 'encodeCorpus' | 'encodeQueries'>>;
  /** For every call: `signal`, `onProgress`, `maxLength`, `overflow`. */
  encodeOptions?: Pick<EncodeOptions, 'signal' | 'onProgress' | 'maxLength' | 'overflow'>;
}

/** LangChain's embeddings by BGE: queries get the model's instruction, documents do not. Rejects as `encode`; nothing is retried, since nothing goes over a network. */
export class BgeEmbeddings extends Embeddings {
  readonly #embedder: () => Promise<Pick<Embedder, 'encodeCorpus' | 'encodeQueries'>>;
  readonly #options: EncodeOptions;

  /** Throws InvalidInputError. */
  constructor(params: BgeEmbeddingsParams) {
    const { embedder, encodeOptions, ...rest } = checkParams(params);
    super(rest);
    this.#embedder = lazily('embedder', embedder, 'encodeCorpus');
    this.#options = encodeOptions ?? {};
  }

  /** Gives the vectors of passages, as `encodeCorpus`. */
  async embedDocuments(documents: string[]): Promise<number[][]> {
    const checked = checkStrings('documents', documents);
    return (await (await this.#embedder()).encodeCorpus(checked, this.#options)).toArray();
  }

  /** Gives the vector of a query, with its instruction, as `encodeQueries`. */
  async embedQuery(document: string): Promise<number[]> {
    const checked = checkString('document', document);
    return (await (await this.#embedder()).encodeQueries([checked], this.#options)).toArray()[0]!;
  }
}

export interface BgeRerankerParams {
  /** Of `createReranker`, from `bge-web` or `bge-web/node`, or what makes it at the first call. It stays yours. */
  reranker: Lazy<Pick<Reranker, 'rank'>>;
  /** How many documents to keep, the best ones. Default all. */
  topN?: number;
  /** Scores from 0 to 1 by the sigmoid (default), or with `false` the model's logits. */
  normalize?: boolean;
  /** For every call: `signal`, `maxLength`, `maxQueryLength`, `overflow`. */
  rankOptions?: Pick<RankOptions, 'signal' | 'maxLength' | 'maxQueryLength' | 'overflow'>;
}

/** LangChain's document compressor by a BGE reranker: the best documents, best first, with `metadata.relevanceScore`. Rejects as `rank`. */
export class BgeReranker extends BaseDocumentCompressor {
  readonly #reranker: () => Promise<Pick<Reranker, 'rank'>>;
  readonly #options: RankOptions;

  /** Throws InvalidInputError. */
  constructor(params: BgeRerankerParams) {
    super();
    const { reranker, topN, normalize = true, rankOptions } = checkParams(params);
    this.#reranker = lazily('reranker', reranker, 'rank');
    this.#options = { ...rankOptions, normalize, ...(topN !== undefined && { topK: topN }) };
  }

  async compressDocuments(documents: DocumentInterface[], query: string): Promise<DocumentInterface[]> {
    const texts = checkStrings(
      'documents',
      Array.from(documents, ({ pageContent }) => pageContent),
    );
    const ranked = await (await this.#reranker()).rank(query, texts, this.#options);
    return ranked.map(({ index, score }) => {
      const document = documents[index]!;
      return new LangChainDocument({ ...document, metadata: { ...document.metadata, relevanceScore: score } });
    });
  }
}

function checkParams<T extends object>(params: T): T {
  if (typeof params !== 'object' || params === null) throw invalidInput('params', 'an object', params);
  return params;
}
