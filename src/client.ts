import { type Remote, transferHandlers, wrap } from 'comlink';
import type { ModelClient } from './model-client.js';
import { Ending } from './shared/ending.js';
import { BgeError, fromWire, isBgeError, type WireError } from './shared/errors.js';
import type {
  CallEvent,
  EventMessage,
  FailedChoice,
  LoadConfig,
  LoadEvent,
  ModelInfo,
  WorkerApi,
  WorkerEvent,
} from './shared/protocol.js';

/** A worker that has not answered its first message by then is one that ended while it started. */
const START_LIMIT_MS = 60_000;

/** Browsers take a longer one for none at all. */
const LONGEST_TIMEOUT_MS = 2 ** 31 - 1;

export interface ClientOptions {
  /** Makes a fresh worker: at the start, and after the death of the last one. */
  readonly spawn: () => Worker;
  readonly config: Omit<LoadConfig, 'failed'>;
  /** Milliseconds without any sign of life, while a call runs, after which the worker is given up. */
  readonly deadline: number;
  readonly onLoadEvent: (event: LoadEvent) => void;
}

/** One worker from its start to its end. */
interface Connection {
  readonly api: Remote<WorkerApi>;
  readonly info: ModelInfo;
  /** Comes when this worker ends, whatever the reason: comlink alone would leave its calls pending for ever. */
  readonly death: Ending;
  end(reason: unknown): void;
}

/** A worker's life: starts it, settles every call (reply, abort, death), moves to the next device, starts anew, ends it. */
export class WorkerClient<Info extends ModelInfo = ModelInfo> implements ModelClient<Info> {
  info: Info | undefined;
  readonly #options: ClientOptions;
  readonly #failed: FailedChoice[] = [];
  readonly #listeners = new Map<number, (event: CallEvent) => void>();
  #connection: Promise<Connection> | undefined;
  #end: (reason: unknown) => void = () => {};
  #disposed = false;
  #pending = 0;
  #lastCallId = 0;
  #deadlineTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: ClientOptions) {
    this.#options = options;
  }

  /** Resolves when a worker has its model ready. A start that failed is forgotten, so that the next call tries again. */
  ready(): Promise<Connection> {
    if (this.#disposed) return Promise.reject(new BgeError('DisposedError', 'The model was disposed'));
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
    this.abandon(new BgeError('DisposedError', 'The model was disposed'));
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
      signal?.throwIfAborted();
      const cancel = () => connection.api.cancel(callId).catch(() => {});
      signal?.addEventListener('abort', cancel, { once: true });
      this.#pending++;
      this.#watch(connection);
      try {
        return await connection.death.race(run(connection.api, callId));
      } catch (error) {
        const failed = failedChoice(error);
        if (failed) this.#giveUp(connection, failed, error);
        throw error;
      } finally {
        this.#pending--;
        this.#watch(connection);
        signal?.removeEventListener('abort', cancel);
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
    const { config, spawn, onLoadEvent } = this.#options;
    installErrorTransfer();
    const worker = startSafely(spawn);
    const death = new Ending();
    const released = new AbortController();
    let isReady = false;
    const end = (reason: unknown) => {
      if (death.hasCome) return;
      // At once, not by a rejection: a call that is replayed must not meet the dead worker again.
      if (isReady) this.#connection = undefined;
      clearTimeout(this.#deadlineTimer);
      released.abort();
      worker.terminate();
      death.come(reason);
    };
    this.#end = end;
    if (this.#disposed) end(new BgeError('DisposedError', 'The model was disposed'));
    worker.addEventListener('error', (event) => {
      event.preventDefault();
      end(workerDied(event.message ? `it threw: ${event.message}` : 'its file could not be loaded'));
    });

    const api = wrap<WorkerApi>(worker);
    const listener = (event: WorkerEvent) => {
      this.#watch({ end });
      if (event.type === 'fatal') end(workerDied('an error that no call stands for', event.error));
      else if (event.type === 'call') tell(this.#listeners.get(event.callId), event.event);
      else tell(onLoadEvent, event.event);
    };
    worker.addEventListener('message', ({ data }: MessageEvent<EventMessage | undefined>) => {
      // Not what was still on its way when the worker was ended.
      if (data?.workerEvent && !death.hasCome) listener(data.workerEvent);
    });
    const lifeLock = `bge-web-worker:${crypto.randomUUID?.() ?? Math.random()}`;
    const startTimer = setTimeout(() => end(workerDied('it did not start')), START_LIMIT_MS);
    this.#pending++;
    try {
      await death.race(api.connect(lifeLock));
      clearTimeout(startTimer);
      awaitRelease(lifeLock, released.signal, () => end(workerDied('it ended without a word')));
      this.#watch({ end });
      const info = await death.race(api.load({ ...config, failed: this.#failed }));
      isReady = true;
      this.info = info as Info;
      return { api, info, death, end };
    } catch (error) {
      end(error);
      throw error;
    } finally {
      clearTimeout(startTimer);
      this.#pending--;
      this.#watch({ end });
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

  /** Starts the deadline anew while calls are pending, and stops it when none is. */
  #watch({ end }: Pick<Connection, 'end'>): void {
    clearTimeout(this.#deadlineTimer);
    const { deadline } = this.#options;
    if (this.#pending === 0 || deadline > LONGEST_TIMEOUT_MS) return;
    const due = Date.now() + deadline;
    this.#deadlineTimer = setTimeout(() => {
      // Much too late: page and worker were frozen together (a phone in the pocket), so the silence says nothing.
      if (Date.now() > due + 1000) return this.#watch({ end });
      const message = `The worker gave no sign of life for ${deadline} ms and was ended`;
      end(new BgeError('WorkerUnresponsiveError', message, { details: { deadline } }));
    }, deadline);
  }
}

/** Rejects with the signal's reason as soon as it aborts, without waiting for `work`. */
export async function withSignal<T>(signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
  signal?.throwIfAborted();
  if (!signal) return work();
  let onAbort!: () => void;
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
  });
  const working = work();
  working.catch(() => {});
  return Promise.race([working, aborted]).finally(() => signal.removeEventListener('abort', onAbort));
}

/** Calls a listener of the app's. What it throws is the app's: it must not end the call that it listens to. */
function tell<E>(listener: ((event: E) => void) | undefined, event: E): void {
  try {
    listener?.(event);
  } catch (error) {
    reportError(error);
  }
}

/** What an error says of the device, or of our own engine on the CPU: another may do better. Null for other errors. */
function failedChoice(error: unknown): FailedChoice | null {
  if (!isBgeError(error)) return null;
  const { device, engine } = error.details;
  if (device === 'webgpu') return { device, reason: error.message };
  return engine === 'wasm' ? { device: 'wasm', engine, reason: error.message } : null;
}

function startSafely(spawn: () => Worker): Worker {
  try {
    return spawn();
  } catch (cause) {
    throw isBgeError(cause)
      ? cause
      : new BgeError('WorkerDiedError', `The worker could not be made: ${cause}`, { cause });
  }
}

function workerDied(how: string, cause?: WireError): BgeError {
  return new BgeError('WorkerDiedError', `The worker died: ${how}`, cause ? { cause: fromWire(cause) } : {});
}

/** Calls back when nobody holds the lock any more, which is the one sure sign of a worker's end (terminate, close, crash). */
function awaitRelease(name: string, signal: AbortSignal, onRelease: () => void): void {
  navigator.locks?.request(name, { signal }, onRelease).catch(() => {});
}

/** comlink sends errors as name, message and stack; ours keep details and cause. The worker's end has the other half. */
function installErrorTransfer(): void {
  const throws = transferHandlers.get('throw')!;
  transferHandlers.set('throw', {
    ...throws,
    deserialize: (wire: WireError) => {
      throw fromWire(wire);
    },
  });
}
