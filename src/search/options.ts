import { checkInteger, checkOneOf, checkPositive, isIntegerIn } from '../inputs.js';
import { invalidInput, misfit } from '../shared/errors.js';
import type { Filter, Fusion, IndexConfig, IndexEvent, Lexical, SearchMode } from '../shared/search.js';
import { checkFilter } from './inputs.js';
import { hasWeights, type IndexEmbedder, type IndexReranker } from './models.js';

// The types of `bge-web/node` come here too, and a program without the DOM's has no Worker; with them this adds nothing.
declare global {
  interface Worker {}
}

/** How to make or open an index. Only `embedder` must be given. */
export interface IndexOptions {
  /** Gives the vectors. It stays yours: the index does not end it. */
  embedder: IndexEmbedder;
  /** Scores the best passages of a search that asks for it. It stays yours. */
  reranker?: IndexReranker;
  /** The index of this name in this browser's storage, which is made if there is none. Default: in memory, gone with the page. */
  name?: string;
  /** A file of `export`, or of `npx bge-web index`, on a server: opened to be read only, checked by its SHA-256. A transfer that breaks goes on where it stopped. Not together with `name`. */
  url?: string | URL;
  /**
   * How the vectors are scanned: `int8` (default; 3 bytes a dimension in memory, the best scored again from float16), `float32`
   * (4 bytes, exact), `binary` (2.1 bytes, 100,000 scanned twice as fast; may miss some, such as one in a thousand of the best 10). Stored are float16, for `float32` those.
   */
  vectors?: 'int8' | 'float32' | 'binary';
  /**
   * How words are ranked: `bm25`, by how often they occur, or `weights`, by those that BGE-M3's sparse head gives the tokens, from the same pass through the
   * model. Default: what the index was made with; for a new one `weights` where the embedder has that head. Another one than the index has is as another space.
   */
  lexical?: Lexical;
  /** The most tokens of a passage, an integer from 8 to the embedder's `maxLength`. Default 256, or `maxLength` where that is less. For documents from now on. */
  passageTokens?: number;
  /** Tokens of the last sentences of a passage that the next one begins with, from 0 to half of `passageTokens`. Default 1/8 of it, rounded down. */
  overlapTokens?: number;
  /**
   * What happens to an index that another model, number format or instruction has made. `error` (default): SpaceMismatchError.
   * `rebuild`: its documents are embedded anew in the background, while the old vectors answer, or where the model or the
   * dimension is another one, the words alone (BM25; where they are ranked by the old model's weights, searches reject until it is done).
   */
  onSpaceChange?: 'error' | 'rebuild';
  /** Makes the search worker. Default: the package's own `search-worker.js`. */
  worker?: () => Worker;
  /** Milliseconds without any sign of life during a call after which the search worker is given up. Default 300,000; Infinity for never. */
  deadline?: number;
  /** Hears of what happens outside of any call: how far the download of `url` is, and rebuilding. */
  onProgress?: (event: IndexEvent) => void;
  /** Ends the opening, which then rejects with the signal's reason. */
  signal?: AbortSignal;
}

export interface SearchOptions {
  /** How many documents at most, an integer above 0. Default 10. */
  k?: number;
  /** Which documents may be found. Default all. */
  filter?: Filter;
  /** By vectors, by words, or by both (default), which finds what either finds. */
  mode?: SearchMode;
  /** How `hybrid` joins its two rankings: by weighted scores (`weighted`, default), or by places (`rrf`, reciprocal rank fusion). */
  fusion?: Fusion;
  /** Score the best passages by the reranker: `true` for as many as `k`, at least 20, or their number, 1 to 1000. Default false. */
  rerank?: boolean | number;
  /**
   * Take documents that differ from each other, out of the best 4 × `k` (of those that the reranker scored, where it is asked): each time the one with
   * the highest (1 − diversity) × score, scaled to 0 … 1, − diversity × cosine with the most similar one taken before, of their best
   * passages. 0 (default) to 1: 0 takes them by score alone. Hits keep their scores, which do not
   * fall from hit to hit then. Maximal marginal relevance with λ = 1 − diversity (Carbonell and Goldstein 1998).
   */
  diversity?: number;
  /** Say where each hit's score comes from. Default false. */
  explain?: boolean;
  signal?: AbortSignal;
}

const MOST_RERANKED = 1000;

/** Throws InvalidInputError. */
export function indexConfig(options: IndexOptions): IndexConfig {
  const { embedder, reranker, name = null, url = null, vectors = 'int8', lexical = null } = options;
  const { onSpaceChange = 'error', worker } = options;
  const { space, dim, maxLength } = embedderInfo(embedder);
  if (reranker !== undefined && typeof reranker?.score !== 'function')
    throw invalidInput('reranker', 'a reranker', reranker);
  if (name !== null && (typeof name !== 'string' || name === ''))
    throw invalidInput('name', 'a string that is not empty', name);
  if (name !== null && url !== null) throw misfit('url', 'absent where `name` is given', String(url));
  checkOneOf('vectors', ['int8', 'float32', 'binary'], vectors);
  if (lexical !== null) checkOneOf('lexical', ['bm25', 'weights'], lexical);
  if (lexical === 'weights' && !hasWeights(embedder))
    throw misfit('lexical', "'bm25' where the embedder has no sparse head", lexical);
  checkOneOf('onSpaceChange', ['error', 'rebuild'], onSpaceChange);
  if (worker !== undefined && typeof worker !== 'function')
    throw invalidInput('worker', 'a function that makes a worker', worker);
  const { passageTokens = Math.min(256, maxLength) } = options;
  checkInteger('passageTokens', passageTokens, 8, maxLength, ", the embedder's maxLength");
  const { overlapTokens = Math.floor(passageTokens / 8) } = options;
  checkInteger('overlapTokens', overlapTokens, 0, Math.floor(passageTokens / 2));
  const address = url === null ? null : addressOf(url);
  return {
    ...{ name, url: address, space, dim, vectors, lexical, hasWeights: hasWeights(embedder) },
    ...{ passageTokens, overlapTokens, onSpaceChange },
  };
}

function embedderInfo(embedder: IndexEmbedder): IndexEmbedder['info'] {
  const methods = ['encodeCorpus', 'encodeQueries', 'tokenize'] as const;
  if (typeof embedder !== 'object' || embedder === null || methods.some((name) => typeof embedder[name] !== 'function'))
    throw invalidInput('embedder', 'an embedder, as of createEmbedder()', embedder);
  return embedder.info;
}

/** The worker's own address is not the page's, so it cannot resolve what is relative to the page. */
function addressOf(url: string | URL): string {
  try {
    return new URL(url, globalThis.document?.baseURI).href;
  } catch {
    throw invalidInput('url', 'a URL', url);
  }
}

/** What of a search's options goes to the worker. Throws InvalidInputError. */
export function searchConfig(options: SearchOptions, hasReranker: boolean) {
  const {
    k = 10,
    filter,
    mode = 'hybrid',
    fusion = 'weighted',
    rerank = false,
    diversity = 0,
    explain = false,
  } = options;
  checkPositive('k', k);
  checkOneOf('mode', ['dense', 'lexical', 'hybrid'], mode);
  checkOneOf('fusion', ['weighted', 'rrf'], fusion);
  if (typeof rerank !== 'boolean' && !isIntegerIn(rerank, 1, MOST_RERANKED))
    throw invalidInput('rerank', `a boolean or an integer from 1 to ${MOST_RERANKED}`, rerank);
  if (rerank && !hasReranker)
    throw misfit('rerank', 'false where createIndex() was given no `reranker`', String(rerank));
  if (!(typeof diversity === 'number' && diversity >= 0 && diversity <= 1))
    throw invalidInput('diversity', 'a number from 0 to 1', diversity);
  if (typeof explain !== 'boolean') throw invalidInput('explain', 'a boolean', explain);
  const reranked = rerank === true ? Math.min(Math.max(k, 20), MOST_RERANKED) : Number(rerank);
  return {
    ...{ k, filter: filter === undefined ? null : checkFilter(filter), mode, fusion },
    ...{ rerank: reranked, diversity, explain },
  };
}
