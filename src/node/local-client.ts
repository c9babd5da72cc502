import { createApi } from '../../worker/api';
import type { ModelClient } from '../model-client.js';
import type { ClientConfig } from '../options.js';
import { BgeError } from '../shared/errors.js';
import type { CallEvent, LoadEvent, ModelApi, ModelInfo, WorkerEvent } from '../shared/protocol.js';
import { withSignal } from '../signal.js';
import { LocalCalls, tell } from './local-calls.js';
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
  readonly #calls = new LocalCalls<ModelApi, CallEvent>();

  private constructor() {}

  /** Loads the model. Rejects with the errors of loading, or the reason of `signal`; a download stops then. */
  static async start<Info extends ModelInfo>(
    config: ClientConfig,
    { cacheFolder, onProgress, signal }: LocalOptions,
  ): Promise<LocalClient<Info>> {
    const client = new LocalClient<Info>();
    const calls = client.#calls;
    const host = {
      openStore: (_: unknown, onEvent: (event: LoadEvent) => void) => openStore(cacheFolder, onEvent, calls.life),
      startRuntime: null,
    };
    const hear = (event: WorkerEvent) => {
      if (event.type === 'load' && !calls.life.aborted) tell(onProgress, event.event);
      if (event.type === 'call') calls.tell(event.callId, event.event);
    };
    const api = createApi(host, hear);
    try {
      client.info = (await withSignal(signal, () => api.load({ ...config, failed: [] }))) as Info;
    } catch (error) {
      calls.end(error);
      throw error;
    }
    calls.api = api;
    return client;
  }

  call<T, Event extends CallEvent = CallEvent>(
    run: (api: ModelApi, callId: number) => Promise<T>,
    signal: AbortSignal | undefined,
    onProgress?: (event: Event) => void,
  ): Promise<T> {
    return this.#calls.run(run, signal, onProgress as ((event: CallEvent) => void) | undefined);
  }

  dispose(): void {
    this.#calls.end(new BgeError('DisposedError', 'The model was disposed'));
  }
}
