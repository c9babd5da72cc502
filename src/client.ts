import type { Remote } from 'comlink';
import { LiveWorker, tell } from './live-worker.js';
import type { ModelClient } from './model-client.js';
import { BgeError, isBgeError } from './shared/errors.js';
import type {
  CallEvent,
  FailedChoice,
  LoadConfig,
  LoadEvent,
  ModelInfo,
  WorkerApi,
  WorkerEvent,
} from './shared/protocol.js';
import { withSignal } from './signal.js';

export interface ClientOptions {
  /** Makes a fresh worker: at the start, and after the death of the last one. */
  readonly spawn: () => Worker;
  readonly config: Omit<LoadConfig, 'failed'>;
  /** Milliseconds without any sign of life, while a call runs, after which the worker is given up. */
  readonly deadline: number;
  readonly onLoadEvent: (event: LoadEvent) => void;
}

type Connection = LiveWorker<WorkerApi, WorkerEvent>;

/** A model's worker: settles every call (reply, abort, death), moves to the next device, starts anew, ends it. */
export class WorkerClient<Info extends ModelInfo = ModelInfo> implements ModelClient<Info> {
  info: Info | undefined;
  readonly #options: ClientOptions;
  readonly #failed: FailedChoice[] = [];
  readonly #listeners = new Map<number, (event: CallEvent) => void>();
  #connection: Promise<Connection> | undefined;
  #end: (reason: unknown) => void = () => {};
  #disposed = false;
  #lastCallId = 0;

  constructor(options: ClientOptions) {
    this.#options = options;
  }

  /** Resolves when a worker has its model ready. A start that failed is forgotten, so that the next call tries again. */
  ready(): Promise<Connection> {
    if (this.#disposed) return Promise.reject(disposed());
    if (!this.#connection) {
      this.#connection = this.#connect();
      this.#connection.catch(() => {
        this.#connection = undefined;
      });
    }
    return this.#connection;
  }

  /**
   * Runs one call on the worker. `signal` ends it with the signal's reason at once, and the worker drops it at its next
   * batch. A call that meets the loss of the GPU is replayed once, whole, on the next device, so that its vectors are all of one space.
   */
  async call<T, Event extends CallEvent = CallEvent>(
    run: (api: Remote<WorkerApi>, callId: number) => Promise<T>,
    signal: AbortSignal | undefined,
    onProgress?: (event: Event) => void,
  ): Promise<T> {
    const listener = onProgress as ((event: CallEvent) => void) | undefined;
    try {
      return await this.#callOnce(run, signal, listener);
    } catch (error) {
      if (!failedChoice(error)) throw error;
      return await this.#callOnce(run, signal, listener);
    }
  }

  /** Ends the worker and rejects everything that is pending. */
  dispose(): void {
    this.abandon(disposed());
  }

  /** Ends for good, with a reason that every pending call rejects with. */
  abandon(reason: unknown): void {
    this.#disposed = true;
    this.#end(reason);
  }

  async #callOnce<T>(
    run: (api: Remote<WorkerApi>, callId: number) => Promise<T>,
    signal: AbortSignal | undefined,
    onProgress: ((event: CallEvent) => void) | undefined,
  ): Promise<T> {
    const callId = ++this.#lastCallId;
    if (onProgress) this.#listeners.set(callId, onProgress);
    return withSignal(signal, async () => {
      const connection = await this.ready();
      try {
        return await connection.call(callId, run, signal);
      } catch (error) {
        const failed = failedChoice(error);
        if (failed) this.#giveUp(connection, failed, error);
        throw error;
      }
    }).finally(() => this.#listeners.delete(callId));
  }

  async #connect(): Promise<Connection> {
    for (;;) {
      try {
        return await this.#startWorker();
      } catch (error) {
        const failed = failedChoice(error);
        if (!failed || this.#disposed) throw error;
        this.#noteFailure(failed);
      }
    }
  }

  async #startWorker(): Promise<Connection> {
    const { config, spawn, deadline, onLoadEvent } = this.#options;
    const worker: Connection = new LiveWorker({
      spawn,
      deadline,
      onEvent: (event) => {
        if (event.type === 'call') tell(this.#listeners.get(event.callId), event.event);
        else tell(onLoadEvent, event.event);
      },
    });
    this.#end = (reason) => worker.end(reason);
    if (this.#disposed) worker.end(disposed());
    try {
      await worker.connect();
      this.info = (await worker.run(worker.api.load({ ...config, failed: this.#failed }))) as Info;
      // At once, not by a rejection: a call that is replayed must not meet the dead worker again.
      worker.onEnd = () => {
        this.#connection = undefined;
      };
      return worker;
    } catch (error) {
      worker.end(error);
      throw error;
    }
  }

  #giveUp(connection: Connection, failed: FailedChoice, error: unknown): void {
    this.#noteFailure(failed);
    connection.end(error);
  }

  #noteFailure(failed: FailedChoice): void {
    if (this.#failed.some(({ device, engine }) => device === failed.device && engine === failed.engine)) return;
    this.#failed.push(failed);
    tell(this.#options.onLoadEvent, { phase: 'fallback', reason: failed.reason });
  }
}

const disposed = () => new BgeError('DisposedError', 'The model was disposed');

/** What an error says of the device, or of our own engine on the CPU: another may do better. Null for other errors. */
function failedChoice(error: unknown): FailedChoice | null {
  if (!isBgeError(error)) return null;
  const { device, engine } = error.details;
  if (device === 'webgpu') return { device, reason: error.message };
  return engine === 'wasm' ? { device: 'wasm', engine, reason: error.message } : null;
}
