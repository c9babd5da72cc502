import type { IndexEvent, SearchApi } from '../shared/search.js';

/** What a `SearchIndex` asks of its index. */
export type IndexApi = Omit<SearchApi, 'connect' | 'open' | 'cancel'>;

/** What a `SearchIndex` needs of its index, wherever that is: behind a worker, or in this process. */
export interface IndexClient {
  /** Runs one call. `signal` ends it with the signal's reason at once, and the index drops it as soon as it can. */
  call<T>(
    run: (api: IndexApi, callId: number) => Promise<T>,
    signal?: AbortSignal,
    onEvent?: (event: IndexEvent) => void,
  ): Promise<T>;
  /** Gives the index up: everything that is pending, and all that comes later, rejects with the reason. */
  abandon(reason: unknown): void;
}
