import type { WireError } from './errors.js';
import type { SparseData, TextPair } from './protocol.js';

// What crosses between the page and the search worker.

/** A value that a document's field may have. */
export type FieldValue = string | number | boolean | null | readonly string[] | readonly number[];

/** What belongs to a text. Fields of your own can be filtered by, and come back with each hit. */
export interface DocumentFields {
  /** Not empty. A document of the same id takes the place of the one before it. */
  readonly id: string;
  /** Found by its words, and put before each passage when it is embedded. */
  readonly title?: string;
  readonly url?: string;
  readonly tags?: readonly string[];
  /** In any unit that filters then use, such as seconds since 1970. */
  readonly date?: number;
  /** How `text` is read: by its headings and paragraphs (`markdown`), by its elements (`html`), or by its blank lines. Default `text`. */
  readonly format?: DocumentFormat;
  readonly [field: string]: FieldValue | undefined;
}

/** A text to be found, and what belongs to it. */
export interface IndexDocument extends DocumentFields {
  /** May be empty: the document is kept, and never found by its vector. */
  readonly text: string;
}

export type DocumentFormat = 'text' | 'markdown' | 'html';

/** What a field must have: this value (one of its values, for a list), one of these, or a value within these limits. */
export type Condition = string | number | boolean | null | readonly (string | number | boolean | null)[] | Limits;

/** Limits of numbers or, by their code units, of strings. */
export interface Limits {
  readonly gt?: number | string;
  readonly gte?: number | string;
  readonly lt?: number | string;
  readonly lte?: number | string;
}

/** Every field that is named must have what its condition says; a document without the field does not match. */
export type Filter = Readonly<Record<string, Condition>>;

/** By vectors, by words, or by both. */
export type SearchMode = 'dense' | 'lexical' | 'hybrid';

/** How the rankings by vectors and by words become one: by their scores, 0.7 × dense + 0.3 × lexical, each scaled to 0 … 1; or by their places (reciprocal rank fusion). */
export type Fusion = 'weighted' | 'rrf';

/** How words are ranked: by how often they occur (`bm25`), or by the weights that BGE-M3's sparse head gives the tokens (`weights`). */
export type Lexical = 'bm25' | 'weights';

/** How an index is made and opened. */
export interface IndexConfig {
  /** Null for an index in memory. */
  readonly name: string | null;
  /** Where a finished index is read from; null for one of this browser's own. */
  readonly url: string | null;
  /** Names the embedding space of the embedder. */
  readonly space: string;
  readonly dim: number;
  readonly vectors: 'int8' | 'float32' | 'binary';
  /** Null for what the index has, or for a new one the weights if the embedder `hasWeights`. */
  readonly lexical: Lexical | null;
  readonly hasWeights: boolean;
  /** Tokens of a passage, and of it that the next one has too. */
  readonly passageTokens: number;
  readonly overlapTokens: number;
  readonly onSpaceChange: 'error' | 'rebuild';
}

export interface AddRequest {
  readonly callId: number;
  readonly documents: readonly IndexDocument[];
}

/** What became of the documents of an `add`. */
export interface AddReport {
  /** New ones, and those that took the place of another. */
  readonly added: number;
  readonly replaced: number;
  /** The same as before, in every field: nothing was done. */
  readonly unchanged: number;
  /** Passages of the added and replaced ones. */
  readonly passages: number;
  /** Passages that went through the model: the others were there before. */
  readonly embedded: number;
}

export interface SearchRequest {
  readonly callId: number;
  readonly query: string;
  readonly k: number;
  readonly filter: Filter | null;
  readonly mode: SearchMode;
  readonly fusion: Fusion;
  /** How many of the best passages are scored by the reranker; 0 for none. */
  readonly rerank: number;
  /** 0 to 1: how much unlikeness counts beside the score; 0 for nothing. */
  readonly diversity: number;
  readonly explain: boolean;
}

/** A stretch of a document. */
export interface Passage {
  readonly text: string;
  /** UTF-16 positions in the document's text. */
  readonly start: number;
  readonly end: number;
}

/** A passage that matches, and its score. */
export interface Match extends Passage {
  readonly score: number;
}

/** Where a hit's score comes from; null where that side did not find it, or was not asked. */
export interface HitExplanation {
  /** Inner product of the vectors of query and passage. */
  readonly dense: number | null;
  /** BM25, or the sum of products of M3's weights. */
  readonly lexical: number | null;
  /** The reranker's logit. */
  readonly rerank: number | null;
  /** Places in the two rankings, from 1. */
  readonly denseRank: number | null;
  readonly lexicalRank: number | null;
  /** The words (or tokens of M3) of the query that the passage has. */
  readonly terms: readonly string[];
}

/** A document that was found, by its best passage. */
export interface Hit {
  readonly id: string;
  /** Orders the hits of one search, and nothing else: what it is depends on `mode` and `rerank`. */
  readonly score: number;
  /**
   * 0 to 1, comparable between searches: how likely a pair of this score is a relevant one, were both kinds as frequent; by the index's own calibration (see
   * `calibrate`), else the model's; from the reranker where it was asked. Null where neither is known, and where words alone were searched.
   */
  readonly relevance: number | null;
  readonly passage: Passage;
  /** All its fields but `text`; `get` gives that. */
  readonly document: DocumentFields;
  /** Its passages that were found, the best first. */
  readonly matches: readonly Match[];
  /** With `explain` only. */
  readonly explanation?: HitExplanation;
}

/** A passage, and whose it is. */
export interface OwnedPassage extends Passage {
  /** The document's. */
  readonly id: string;
}

/** Documents that belong together. */
export interface Cluster {
  /** The words that tell them best from the others, the best first. */
  readonly terms: readonly string[];
  readonly ids: readonly string[];
}

/** Where a document stands on a map, each 0 to 1. */
export interface MapPoint {
  readonly id: string;
  readonly x: number;
  readonly y: number;
}

export interface IndexStats {
  readonly documents: number;
  readonly passages: number;
  /** Passages of removed and replaced documents, whose room `compact` gives back. */
  readonly removed: number;
  /** Bytes of the vectors in memory. */
  readonly memory: number;
  /** Bytes of the index as it is stored. */
  readonly stored: number;
  readonly segments: number;
  /** Of the vectors that answer now; another one than the embedder's while the index is rebuilt. */
  readonly space: string;
  readonly dim: number;
  readonly lexical: Lexical;
  readonly rebuilding: boolean;
}

export type IndexEvent =
  /** Another tab writes to the index; this one waits. */
  | { readonly phase: 'wait' }
  /** After each piece: documents that are stored, passages that are embedded. */
  | {
      readonly phase: 'add';
      readonly documents: number;
      readonly totalDocuments: number;
      readonly passages: number;
    }
  /** How much of a map, or of the comparing for near-duplicates, is done, 0 to 1. */
  | { readonly phase: 'map' | 'duplicates'; readonly part: number }
  /** Bytes of the file of `url`; `total` is at least what is loaded, and exact once its head has come. */
  | { readonly phase: 'download'; readonly loaded: number; readonly total: number }
  | { readonly phase: 'rebuild'; readonly documents: number; readonly totalDocuments: number };

/** What scores mean in a corpus: how random pairs score, and how far above them relevant pairs do. Plain data, to be stored. */
export interface Calibration {
  /** Median of the scores of a query and a passage that have nothing to do with each other. */
  readonly middle: number;
  /** Standard deviation of those scores, of their upper half where that is the wider one. */
  readonly deviation: number;
  /** How many deviations above `middle` relevant pairs score in the mean. */
  readonly separation: number;
}

/** What is asked of a threshold. */
export type ThresholdGoal =
  /** The part of random pairs that may lie above it, above 0 and below 1. */
  | { readonly falsePositiveRate: number }
  /** The part of what lies above it that shall be relevant; `prevalence` is the part of all compared pairs that is: 1 ÷ passages where one passage answers. */
  | { readonly precision: number; readonly prevalence: number };

/** Vectors, rows × dim, and the lexical weights of the same texts. */
export interface Embedded {
  readonly vectors: Float32Array<ArrayBuffer>;
  readonly weights: SparseData;
}

/** What the index asks of the page, which has the models. A call of 0 belongs to the index itself. */
export interface SearchHost {
  /** rows × dim float32 values, in the order of the texts. */
  embed(callId: number, kind: 'query' | 'passage', texts: readonly string[]): Promise<Float32Array<ArrayBuffer>>;
  /** As `embed`, with the lexical weights of each text, from the same pass. */
  embedWithWeights(callId: number, kind: 'query' | 'passage', texts: readonly string[]): Promise<Embedded>;
  /** Tokens of each text, without special ones. */
  countTokens(callId: number, texts: readonly string[]): Promise<number[]>;
  /** One logit a passage. */
  rerank(callId: number, query: string, passages: readonly string[]): Promise<number[]>;
}

/** The vectors of an index, and beside each, in the same order, what it belongs to. */
export interface ExportedVectors {
  /** rows × dim: float32 values, or float16 values as their bits. */
  readonly data: Float32Array<ArrayBuffer> | Uint16Array<ArrayBuffer>;
  readonly rows: number;
  readonly dim: number;
  /** A line of JSON a row: `id`, `start`, `end`, `text` and the fields of the document. */
  readonly lines: string;
}

interface OfCall {
  readonly callId: number;
}

/** What the page may ask of the search worker, over comlink. */
export interface SearchApi {
  /** `lifeLock` names the Web Lock that the worker holds as long as it lives. */
  connect(lifeLock: string): Promise<void>;
  open(request: OfCall & { readonly config: IndexConfig }, host: SearchHost): Promise<void>;
  rebuilt(request: OfCall): Promise<void>;
  add(request: AddRequest): Promise<AddReport>;
  remove(request: OfCall & { readonly ids: readonly string[] }): Promise<number>;
  compact(request: OfCall): Promise<void>;
  search(request: SearchRequest): Promise<Hit[]>;
  /** Null where there is no such document. */
  similar(
    request: OfCall & { readonly id: string; readonly k: number; readonly filter: Filter | null },
  ): Promise<Hit[] | null>;
  duplicates(request: OfCall & { readonly threshold: number }): Promise<OwnedPassage[][]>;
  clusters(request: OfCall & { readonly k: number; readonly seed: number }): Promise<Cluster[]>;
  map(request: OfCall & { readonly neighbours: number; readonly seed: number }): Promise<MapPoint[]>;
  calibrate(request: OfCall & { readonly relevant: readonly TextPair[] }): Promise<Calibration>;
  threshold(request: OfCall & { readonly goal: ThresholdGoal }): Promise<number>;
  get(request: OfCall & { readonly ids: readonly string[] }): Promise<(IndexDocument | null)[]>;
  stats(request: OfCall): Promise<IndexStats>;
  /** The parts of a file that has the whole index. */
  exportFile(request: OfCall): Promise<Uint8Array<ArrayBuffer>[]>;
  importFile(request: OfCall & { readonly file: Uint8Array<ArrayBuffer> }): Promise<void>;
  exportVectors(request: OfCall): Promise<ExportedVectors>;
  /** Ends the call as soon as it can; it then rejects with an AbortError that the page replaces by the signal's reason. */
  cancel(callId: number): void;
}

/** What the search worker tells without being asked. A call of 0 is the index itself. */
export type SearchWorkerEvent =
  | { readonly type: 'call'; readonly callId: number; readonly event: IndexEvent }
  | { readonly type: 'fatal'; readonly error: WireError };
