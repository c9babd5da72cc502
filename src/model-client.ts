import type { CallEvent, ModelApi, ModelInfo } from './shared/protocol.js';

/** What an embedder or a reranker needs of its loaded model, wherever that runs: behind a worker, or in this process. */
export interface ModelClient<Info extends ModelInfo = ModelInfo> {
  readonly info: Info | undefined;
  /** Runs one call. `signal` ends it with the signal's reason at once, and the model drops it at its next batch. */
  call<T, Event extends CallEvent = CallEvent>(
    run: (api: ModelApi, callId: number) => Promise<T>,
    signal: AbortSignal | undefined,
    onProgress?: (event: Event) => void,
  ): Promise<T>;
  /** Gives the model up; pending and later calls reject with DisposedError. */
  dispose(): void;
}
