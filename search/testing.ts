import type { IndexConfig, IndexDocument, IndexEvent, SearchHost, SearchRequest } from '../src/shared/search';
import { SemanticIndex } from './semantic-index';
import type { Store } from './store/store';
import type { Call, Surroundings } from './writer';

// A small world for the tests of the index: an embedder of bags of words, whose vectors are exact in float16.

const DIM = 32;

/** The vector of a text: how often it has words of each kind; two texts are alike if they share words. */
export function vectorOf(text: string): Float32Array<ArrayBuffer> {
  const vector = new Float32Array(DIM);
  for (const word of text.match(/\w+/g) ?? []) {
    let hash = 7;
    for (const char of word) hash = (hash * 31 + char.charCodeAt(0)) % 8191;
    vector[hash % DIM]! += 1;
  }
  return vector;
}

export class ToyHost implements SearchHost {
  /** Every text that was embedded as a passage. */
  readonly embedded: string[] = [];
  onEmbed: () => void | Promise<void> = () => {};

  async embed(_callId: number, kind: 'query' | 'passage', texts: readonly string[]) {
    if (kind === 'passage') {
      await this.onEmbed();
      this.embedded.push(...texts);
    }
    return Float32Array.from(texts.flatMap((text) => [...vectorOf(text)]));
  }

  async countTokens(_callId: number, texts: readonly string[]) {
    return texts.map((text) => (text.match(/\w+/g) ?? []).length + 2);
  }

  /** The longer passage is the better one. */
  async rerank(_callId: number, _query: string, passages: readonly string[]) {
    return passages.map((passage) => passage.length);
  }
}

export const CONFIG: IndexConfig = {
  ...{ name: 'test', url: null, space: 'toy/model@1/fp32/32', dim: DIM, vectors: 'int8' },
  ...{ passageTokens: 64, overlapTokens: 0, onSpaceChange: 'error' },
};

/** Writers of one store wait for each other, as tabs do. */
export function tabs(store: Store): (host: SearchHost) => Surroundings {
  let turn: Promise<unknown> = Promise.resolve();
  return (host) => ({
    ...{ store, host, announce: () => {}, onEvent: () => {} },
    exclusively: <T>(_signal: AbortSignal, _onWait: () => void, work: () => Promise<T>) => {
      const mine = turn.then(work);
      turn = mine.catch(() => {});
      return mine;
    },
  });
}

export function call(onEvent: (event: IndexEvent) => void = () => {}, signal = new AbortController().signal): Call {
  return { id: 1, signal, onEvent };
}

export const open = (store: Store, host: SearchHost = new ToyHost(), config: Partial<IndexConfig> = {}) =>
  SemanticIndex.open({ ...CONFIG, ...config }, tabs(store)(host));

export function search(index: SemanticIndex, query: string, options: Partial<SearchRequest> = {}) {
  const request = {
    callId: 1,
    query,
    k: 1000,
    filter: null,
    mode: 'dense',
    fusion: 'weighted',
    rerank: 0,
    diversity: 0,
    explain: false,
  } as const;
  return index.search({ ...request, ...options }, call());
}

export const document = (id: string, text: string, rest: Partial<IndexDocument> = {}): IndexDocument => ({
  ...{ id, text },
  ...rest,
});
