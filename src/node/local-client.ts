import { setMaxListeners } from 'node:events';
import { createApi } from '../../worker/api';
import type { ModelClient } from '../model-client.js';
import type { ClientConfig } from '../options.js';
import { BgeError } from '../shared/errors.js';
import type { CallEvent, LoadEvent, ModelApi, ModelInfo, WorkerEvent } from '../shared/protocol.js';
import { withSignal } from '../signal.js';
import { openStore } from './store.js';

export interface LocalOptions {
  /** The folder for downloads; null for none. */
  readonly cacheFolder: string | null;
  readonly onProgress: ((event: LoadEvent) => void) | undefined;
  readonly signal: AbortSignal | undefined;
}

/** A model in this process: what a worker does, without one. */
export class LocalClient<Info extends ModelInfo> implements ModelClient<Info> {
  info: Info | undefined;
  /** Aborted at the end: by `dispose`, or by a start that failed. */
  readonly #life = new AbortController();
  readonly #listeners = new Map<number, (event: CallEvent) => void>();
  #api: ModelApi | undefined;
  #lastCallId = 0;

  private constructor() {}

  /** Loads the model. Rejects with the errors of loading, or the reason of `signal`; a download stops then. */
  static async start<Info extends ModelInfo>(
    config: ClientConfig,
    { cacheFolder, onProgress, signal }: LocalOptions,
  ): Promise<LocalClient<Info>> {
    const client = new LocalClient<Info>();
    const life = client.#life.signal;
    const host = {
      openStore: ({ onEvent }: { onEvent(event: LoadEvent): void }) => openStore(cacheFolder, onEvent, life),
      startRuntime: null,
    };
    const hear = (event: WorkerEvent) => {
      if (life.aborted) return;
      if (event.type === 'load') tell(onProgress, event.event);
      if (event.type === 'call') tell(client.#listeners.get(event.callId), event.event);
    };
    const api = createApi(host, hear);
    try {
      client.info = (await withSignal(signal, () => api.load({ ...config, failed: [] }))) as Info;
    } catch (error) {
      client.#life.abort(error);
      throw error;
    }
    client.#api = api;
    return client;
  }

  async call<T, Event extends CallEvent = CallEvent>(
    run: (api: ModelApi, callId: number) => Promise<T>,
    signal: AbortSignal | undefined,
    onProgress?: (event: Event) => void,
  ): Promise<T> {
    const life = this.#life.signal;
    const callId = ++this.#lastCallId;
    // Node would warn of more than ten calls at a time.
    setMaxListeners(0, life, ...(signal ? [signal] : []));
    return withSignal(life, () =>
      withSignal(signal, async () => {
        const api = this.#api!;
        const cancel = () => api.cancel(callId);
        const ends = [life, signal];
        for (const end of ends) end?.addEventListener('abort', cancel);
        if (onProgress) this.#listeners.set(callId, onProgress as (event: CallEvent) => void);
        try {
          return await run(api, callId);
        } finally {
          for (const end of ends) end?.removeEventListener('abort', cancel);
          this.#listeners.delete(callId);
        }
      }),
    );
  }

  dispose(): void {
    this.#life.abort(new BgeError('DisposedError', 'The model was disposed'));
    this.#api = undefined; // and with it the weights
  }
}

/** Calls a listener of the app's. What it throws is the app's, an uncaught exception as from any listener: it must not end the call that it listens to. */
function tell<E>(listener: ((event: E) => void) | undefined, event: E): void {
  try {
    listener?.(event);
  } catch (error) {
    process.nextTick(() => {
      throw error;
    });
  }
}
