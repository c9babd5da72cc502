import { useEffect, useMemo, useRef, useState, useSyncExternalStore } from 'react';
import { createEmbedder, type Embedder, type EmbedderOptions, type LoadEvent } from '../index.js';
import {
  createIndex,
  type Hit,
  type IndexDocument,
  type IndexEmbedder,
  type IndexEvent,
  type IndexOptions,
  type SearchIndex,
  type SearchOptions,
} from '../search/index.js';
import { invalidInput } from '../shared/errors.js';
import { SharedStart, type Started } from './shared-start.js';

export interface UsedEmbedder {
  readonly status: 'loading' | 'ready' | 'error';
  /** Null until it is ready. Shared: do not dispose of it, see `disposeEmbedders`. */
  readonly embedder: Embedder | null;
  /** What was heard last of the start. */
  readonly progress: LoadEvent | null;
  readonly error: Error | null;
  /** Starts anew after an error. */
  readonly retry: () => void;
}

export type UseEmbedderOptions = Omit<EmbedderOptions, 'onProgress' | 'signal'>;

/** The app's embedders, by their options. */
const embedders = new Map<string, SharedStart<Embedder, LoadEvent>>();
/** Functions and workers have no text: each has a number. */
const numbers = new WeakMap<object, number>();
let lastNumber = 0;

/**
 * Gives the embedder of these options: one worker for all components of the app that name the same ones. It is loaded with the first of them, a load is
 * aborted when the last one is gone, and a loaded embedder is kept for the next, until `disposeEmbedders`. `error` is what `createEmbedder` rejects with.
 */
export function useEmbedder(options: UseEmbedderOptions = {}): UsedEmbedder {
  const shared = embedderOf(options);
  const { value, ...state } = useSyncExternalStore(shared.subscribe, shared.snapshot, shared.snapshot);
  return { ...state, embedder: value, retry: shared.retry };
}

/** Ends the workers of all embedders of `useEmbedder`. Components that still use one load it anew. */
export function disposeEmbedders(): void {
  for (const shared of embedders.values()) shared.end();
}

function embedderOf(options: UseEmbedderOptions): SharedStart<Embedder, LoadEvent> {
  if (typeof options !== 'object' || options === null) throw invalidInput('options', 'an object', options);
  const key = JSON.stringify(Object.entries(options).sort(), (_, value) =>
    typeof value === 'function' || (typeof Worker !== 'undefined' && value instanceof Worker) ? numberOf(value) : value,
  );
  let shared = embedders.get(key);
  if (!shared) {
    shared = new SharedStart((signal, onProgress) => createEmbedder({ ...options, signal, onProgress }), {
      dispose: (embedder) => embedder.dispose(),
      kept: true,
    });
    embedders.set(key, shared);
  }
  return shared;
}

function numberOf(value: object): string {
  if (!numbers.has(value)) numbers.set(value, ++lastNumber);
  return `#${numbers.get(value)}`;
}

export interface UseSemanticSearchOptions
  extends Pick<IndexOptions, 'reranker' | 'name' | 'vectors' | 'passageTokens' | 'overlapTokens' | 'onSpaceChange'> {
  /** Of `useEmbedder`; null while that loads. */
  embedder: IndexEmbedder | null;
  /** What is searched: those that are new or changed are embedded, and those that are no longer in the list are taken out. Keep the array from render to render, by `useState` or `useMemo`. Left out, what a named index has. */
  documents?: readonly IndexDocument[];
  /** Empty finds nothing. A new query ends the search before it. */
  query: string;
  /** How to search, as `SearchIndex.search` takes it. */
  search?: Omit<SearchOptions, 'signal'>;
}

export interface UsedSearch {
  /** `indexing` while documents are embedded: what is there already is found. */
  readonly status: 'loading' | 'indexing' | 'searching' | 'ready' | 'error';
  /** Of the last search that is done. */
  readonly hits: readonly Hit[];
  readonly progress: IndexEvent | null;
  readonly error: Error | null;
  /** For its other calls; null until it is there. */
  readonly index: SearchIndex | null;
}

/**
 * Searches documents as the user types, in an index that the component has for itself: it is made when the embedder is there, and with the
 * component go its worker, its work and, without a `name`, its vectors. `reranker` and how the index is made are read when it is made.
 * `error` is what `createIndex`, `add` or `search` rejects with.
 */
export function useSemanticSearch(options: UseSemanticSearchOptions): UsedSearch {
  const { embedder, documents, query, search } = options;
  const { value: index, error: startError } = useIndex(embedder, options);
  const [added, setAdded] = useState<Added>({ documents: undefined, progress: null, error: null });
  const [found, setFound] = useState<Found>({ key: '', hits: [], error: null });

  const previous = useRef<{ index: SearchIndex | null; ids: readonly string[] }>({ index: null, ids: [] });
  useEffect(() => {
    if (!index || !documents) return;
    const { signal, ...run } = running();
    const work = async () => {
      try {
        const before = previous.current.index === index ? previous.current.ids : [];
        const ids = new Set(Array.from(documents, ({ id }) => id));
        previous.current = { index, ids: [...new Set([...before, ...ids])] }; // what is there should this not get to its end
        await index.add(documents, {
          signal,
          onProgress: (progress) => run.ifGoingOn(() => setAdded((state) => ({ ...state, progress }))),
        });
        const gone = before.filter((id) => !ids.has(id));
        if (gone.length > 0) await index.remove(gone, { signal });
        previous.current = { index, ids: [...ids] };
        run.ifGoingOn(() => setAdded({ documents, progress: null, error: null }));
      } catch (error) {
        run.ifGoingOn(() => setAdded({ documents, progress: null, error: error as Error }));
      }
    };
    void work();
    return run.end;
  }, [index, documents]);

  // What was added meanwhile changes what is found.
  const isAdded = documents === undefined || added.documents === documents;
  const key = JSON.stringify([query, search, isAdded]);
  const searchOptions = useRef(search);
  searchOptions.current = search;
  useEffect(() => {
    if (!index) return;
    const { signal, ...run } = running();
    const searching =
      query.trim() === '' ? Promise.resolve([]) : index.search(query, { ...searchOptions.current, signal });
    searching.then(
      (hits) => run.ifGoingOn(() => setFound({ key, hits, error: null })),
      (error) => run.ifGoingOn(() => setFound({ key, hits: [], error })),
    );
    return run.end;
  }, [index, query, key]);

  const error = startError ?? added.error ?? found.error;
  const waiting = !isAdded ? 'indexing' : found.key === key ? 'ready' : 'searching';
  return {
    status: error ? 'error' : index ? waiting : 'loading',
    hits: found.hits,
    progress: added.progress,
    error,
    index,
  };
}

interface Added {
  readonly documents: readonly IndexDocument[] | undefined;
  readonly progress: IndexEvent | null;
  readonly error: Error | null;
}

interface Found {
  readonly key: string;
  readonly hits: readonly Hit[];
  readonly error: Error | null;
}

const NOTHING: Started<SearchIndex, IndexEvent> = { status: 'loading', value: null, progress: null, error: null };
const nobody = { subscribe: () => () => {}, snapshot: () => NOTHING };

function useIndex(embedder: IndexEmbedder | null, options: UseSemanticSearchOptions): Started<SearchIndex, IndexEvent> {
  const { name } = options;
  const made = useRef(options);
  made.current = options;
  const shared = useMemo(() => {
    if (!embedder) return nobody;
    const start = (signal: AbortSignal) => {
      const { reranker, vectors, passageTokens, overlapTokens, onSpaceChange } = made.current;
      const given = Object.entries({ name, reranker, vectors, passageTokens, overlapTokens, onSpaceChange });
      return createIndex({ embedder, ...Object.fromEntries(given.filter(([, value]) => value !== undefined)), signal });
    };
    return new SharedStart<SearchIndex, IndexEvent>(start, { dispose: (index) => index.dispose(), kept: false });
  }, [embedder, name]);
  return useSyncExternalStore(shared.subscribe, shared.snapshot, shared.snapshot);
}

/** One run of an effect: nothing is told after its end. */
function running() {
  const controller = new AbortController();
  return {
    signal: controller.signal,
    end: () => controller.abort(new DOMException('The component is gone, or asks for something else', 'AbortError')),
    ifGoingOn: (tell: () => void) => {
      if (!controller.signal.aborted) tell();
    },
  };
}
