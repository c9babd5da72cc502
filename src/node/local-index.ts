import { createSearchApi, type OpenIndex } from '../../search/api';
import { openInMemory } from '../../search/in-memory';
import type { IndexApi, IndexClient } from '../search/index-client.js';
import { hostOf, type IndexEmbedder, type IndexReranker } from '../search/models.js';
import type { IndexConfig, IndexEvent, SearchApi } from '../shared/search.js';
import { LocalCalls } from './local-calls.js';

interface Models {
  readonly embedder: IndexEmbedder;
  readonly reranker?: IndexReranker | undefined;
}

/** An index in this process: what a search worker does, without one. */
export class LocalIndexClient implements IndexClient {
  readonly #calls = new LocalCalls<Omit<SearchApi, 'connect'>, IndexEvent>();

  private constructor() {}

  /** Opens an empty index. Rejects with the reason of `signal`. */
  static async open(models: Models, config: IndexConfig, signal: AbortSignal | undefined): Promise<LocalIndexClient> {
    const client = new LocalIndexClient();
    const calls = client.#calls;
    const host = hostOf(models, config.space, (callId) => calls.signalOf(callId));
    const open: OpenIndex = (config, host, onEvent) => openInMemory(config, host, onEvent);
    const api = createSearchApi(open, ({ callId, event }) => calls.tell(callId, event));
    calls.api = {
      ...api,
      // Copies, as from a worker: in this process they are the index itself.
      get: async (request) => structuredClone(await api.get(request)),
      search: async (request) => structuredClone(await api.search(request)),
      similar: async (request) => structuredClone(await api.similar(request)),
    };
    await calls.run((own, callId) => own.open({ callId, config }, host), signal);
    return client;
  }

  call<T>(
    run: (api: IndexApi, callId: number) => Promise<T>,
    signal?: AbortSignal,
    onEvent?: (event: IndexEvent) => void,
  ): Promise<T> {
    return this.#calls.run(run, signal, onEvent);
  }

  abandon(reason: unknown): void {
    this.#calls.end(reason);
  }
}
