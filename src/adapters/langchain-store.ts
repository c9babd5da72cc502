import { type DocumentInterface, Document as LangChainDocument } from '@langchain/core/documents';
import type { EmbeddingsInterface } from '@langchain/core/embeddings';
import { VectorStore } from '@langchain/core/vectorstores';
import { checkOneOf, checkStrings } from '../inputs.js';
import type { SearchOptions } from '../search/options.js';
import type { AddOptions, SearchIndex } from '../search/search-index.js';
import { BgeError, invalidInput, misfit } from '../shared/errors.js';
import type { Filter, Hit } from '../shared/search.js';
import { documentOf, idOf, metadataOf } from './langchain-documents.js';
import { type Lazy, lazily } from './lazy.js';

type Index = Pick<SearchIndex, 'add' | 'search' | 'remove' | 'get'>;

export interface BgeVectorStoreConfig {
  /** Of `createIndex`, or what makes it at the first call. It stays yours. */
  index: Lazy<Index>;
  /** How every search is done, such as `{ mode: 'dense' }` or `{ rerank: 50 }`. Default: by vectors and words. Scores are those of the index in that mode. */
  search?: Omit<SearchOptions, 'k' | 'filter' | 'explain'>;
  /** What is found: a document as it was added (default), or its best passage, with `start` and `end` in its metadata (UTF-16 positions in the document's text). */
  returns?: 'document' | 'passage';
}

/**
 * LangChain's vector store over an index of `bge-web/search`, which cuts, embeds and stores by itself: vectors that others have made are refused.
 * Metadata that a field of the index can hold can be filtered by; `title` is also found by its words. Rejects as the index does.
 */
export class BgeVectorStore extends VectorStore {
  declare FilterType: Filter;
  readonly #index: () => Promise<Index>;
  readonly #search: BgeVectorStoreConfig['search'];
  readonly #returns: 'document' | 'passage';

  /** `embeddings` is for chains that ask the store for it; the index has its own embedder. Throws InvalidInputError. */
  constructor(embeddings: EmbeddingsInterface, config: BgeVectorStoreConfig) {
    super(embeddings, {});
    if (typeof config !== 'object' || config === null) throw invalidInput('config', 'an object', config);
    this.#index = lazily('index', config.index, 'search');
    this.#search = config.search;
    this.#returns = checkOneOf('returns', ['document', 'passage'], config.returns ?? 'document');
  }

  _vectorstoreType(): string {
    return 'bge-web';
  }

  /**
   * Puts documents in and gives their ids: those of `options.ids`, else of the documents, else a hash of text and metadata, so that adding
   * the same again costs nothing. Metadata that JSON does not hold rejects with InvalidInputError.
   */
  async addDocuments(
    documents: DocumentInterface[],
    options: AddOptions & { ids?: readonly string[] } = {},
  ): Promise<string[]> {
    const { ids, ...rest } = options;
    if (ids && checkStrings('ids', ids).length !== documents.length)
      throw misfit('ids', `of ${documents.length} documents`, ids.length);
    const added = await Promise.all(
      documents.map(async (document, i) =>
        documentOf(document, ids?.[i] ?? document.id ?? (await idOf(document, i)), i),
      ),
    );
    await (await this.#index()).add(added, rest);
    return added.map(({ id }) => id);
  }

  /** Takes documents out. */
  override async delete({ ids, signal }: { ids: readonly string[]; signal?: AbortSignal }): Promise<void> {
    await (await this.#index()).remove(checkStrings('ids', ids), signal ? { signal } : {});
  }

  override async similaritySearch(query: string, k = 4, filter?: Filter): Promise<LangChainDocument[]> {
    return (await this.similaritySearchWithScore(query, k, filter)).map(([document]) => document);
  }

  override async similaritySearchWithScore(
    query: string,
    k = 4,
    filter?: Filter,
  ): Promise<[LangChainDocument, number][]> {
    const index = await this.#index();
    const hits = await index.search(query, { ...this.#search, k, ...(filter && { filter }) });
    const whole = this.#returns === 'document' ? await index.get(hits.map(({ id }) => id)) : [];
    return hits.map((hit, i) => [found(hit, whole[i]?.text), hit.score]);
  }

  /** Rejects: the index makes its vectors itself. */
  async addVectors(): Promise<never> {
    throw new BgeError('InvalidInputError', 'The index makes its vectors itself: use addDocuments');
  }

  /** Rejects: the index searches by text. */
  async similaritySearchVectorWithScore(): Promise<never> {
    throw new BgeError('InvalidInputError', 'The index searches by text: use similaritySearchWithScore');
  }

  /** Gives a store with these texts in it. One object of metadata is for all of them. */
  static override async fromTexts(
    texts: string[],
    metadatas: object[] | object,
    embeddings: EmbeddingsInterface,
    config: BgeVectorStoreConfig,
  ): Promise<BgeVectorStore> {
    const metadataAt = (i: number) => (Array.isArray(metadatas) ? metadatas[i] : metadatas) ?? {};
    const documents = texts.map((pageContent, i) => new LangChainDocument({ pageContent, metadata: metadataAt(i) }));
    return BgeVectorStore.fromDocuments(documents, embeddings, config);
  }

  /** Gives a store with these documents in it. */
  static override async fromDocuments(
    documents: DocumentInterface[],
    embeddings: EmbeddingsInterface,
    config: BgeVectorStoreConfig,
  ): Promise<BgeVectorStore> {
    const store = new BgeVectorStore(embeddings, config);
    await store.addDocuments(documents);
    return store;
  }
}

/** @param text of the whole document; without it, the passage is given */
function found({ id, document, passage }: Hit, text: string | undefined): LangChainDocument {
  const { start, end } = passage;
  const metadata = metadataOf(document);
  return text === undefined
    ? new LangChainDocument({ id, pageContent: passage.text, metadata: { ...metadata, start, end } })
    : new LangChainDocument({ id, pageContent: text, metadata });
}
