import { proxy, type Remote, transferHandlers } from 'comlink';
import { LiveWorker, tell } from '../live-worker.js';
import { BgeError, sentErrors } from '../shared/errors.js';
import type { IndexConfig, IndexEvent, SearchApi, SearchHost, SearchWorkerEvent } from '../shared/search.js';
import { withSignal } from '../signal.js';
import type { IndexClient } from './index-client.js';

export interface SearchClientOptions {
  /** Makes a fresh worker: at the start, and after the death of the last one. */
  readonly spawn: () => Worker;
  readonly config: IndexConfig;
  /** Milliseconds without any sign of life, while a call runs, after which the worker is given up. */
  readonly deadline: number;
  /** Serves the worker's questions; `signalOf` gives the signal of the call that they belong to. */
  readonly host: (signalOf: (callId: number) => AbortSignal | undefined) => SearchHost;
  /** Hears what happens outside of any call. */
  readonly onEvent: (event: IndexEvent) => void;
}

type Connection = LiveWorker<SearchApi, SearchWorkerEvent>;

interface Running {
  readonly signal: AbortSignal | undefined;
  readonly onEvent: ((event: IndexEvent) => void) | undefined;
}

/** An index's worker: settles every call (reply, abort, death), opens the index again in a new one, ends it. */
export class SearchClient implements IndexClient {
  readonly #options: SearchClientOptions;
  readonly #running = new Map<number, Running>();
  #connection: Promise<Connection> | undefined;
  #end: (reason: unknown) => void = () => {};
  /** Why there will be no further worker. */
  #over: { readonly reason: unknown } | undefined;
  #lastCallId = 0;

  constructor(options: SearchClientOptions) {
    this.#options = options;
  }

  /** Resolves when a worker has the index open. An opening that failed is forgotten, so that the next call tries again. */
  ready(): Promise<Connection> {
    if (this.#over) return Promise.reject(this.#over.reason);
    if (!this.#connection) {
      this.#connection = this.#open();
      this.#connection.catch(() => {
        this.#connection = undefined;
      });
    }
    return this.#connection;
  }

  /** Runs one call on the worker. `signal` ends it with the signal's reason at once, and the worker drops it as soon as it can. */
  async call<T>(
    run: (api: Remote<SearchApi>, callId: number) => Promise<T>,
    signal?: AbortSignal,
    onEvent?: (event: IndexEvent) => void,
  ): Promise<T> {
    const callId = ++this.#lastCallId;
    this.#running.set(callId, { signal, onEvent });
    return withSignal(signal, async () => {
      const connection = await this.ready();
      return connection.call(callId, run, signal);
    }).finally(() => this.#running.delete(callId));
  }

  /** Ends the worker and rejects everything that is pending, and all that comes later. */
  abandon(reason: unknown): void {
    this.#over ??= { reason };
    this.#end(reason);
  }

  async #open(): Promise<Connection> {
    const { config, spawn, deadline, host, onEvent } = this.#options;
    const worker = new LiveWorker<SearchApi, SearchWorkerEvent>({
      spawn,
      deadline,
      onEvent: ({ callId, event }) => tell(callId === 0 ? onEvent : this.#running.get(callId)?.onEvent, event),
    });
    // The worker hears of the models' errors as the page hears of its own.
    transferHandlers.set('throw', { ...transferHandlers.get('throw')!, ...sentErrors });
    this.#end = (reason) => worker.end(reason);
    if (this.#over) worker.end(this.#over.reason);
    try {
      await worker.connect();
      const served = answering(
        host((callId) => this.#running.get(callId)?.signal),
        () => worker.signOfLife(),
      );
      const callId = ++this.#lastCallId;
      await worker.run(worker.api.open({ callId, config }, proxy(served)));
      worker.onEnd = (reason) => {
        this.#connection = undefined;
        if (config.name === null && config.url === null) this.#over ??= { reason: lost(reason) };
      };
      return worker;
    } catch (error) {
      worker.end(error);
      throw error;
    }
  }
}

/** An index in memory dies with its worker: a new one would be empty, without a word. */
function lost(cause: unknown): BgeError {
  const message = 'The index was in the memory of a worker that has ended; give it a `name`, so that it is stored';
  return new BgeError('WorkerDiedError', message, { cause });
}

/** The host, whose work is a sign of the worker's life: the worker waits for it. */
function answering(host: SearchHost, signOfLife: () => void): SearchHost {
  const answered = async <T>(work: Promise<T>): Promise<T> => {
    signOfLife();
    try {
      return await work;
    } finally {
      signOfLife();
    }
  };
  return {
    embed: (...of) => answered(host.embed(...of)),
    countTokens: (...of) => answered(host.countTokens(...of)),
    rerank: (...of) => answered(host.rerank(...of)),
  };
}
