import { type Remote, transferHandlers, wrap } from 'comlink';
import { Ending } from './shared/ending.js';
import { BgeError, fromWire, isBgeError, receivedErrors, type WireError } from './shared/errors.js';

/** A worker that has not answered its first message by then is one that ended while it started. */
const START_LIMIT_MS = 60_000;

/** Browsers take a longer one for none at all. */
const LONGEST_TIMEOUT_MS = 2 ** 31 - 1;

/** What a worker of ours tells without being asked; each message also is a sign of life. */
type OwnEvent = Fatal | { readonly type: string };

interface Fatal {
  readonly type: 'fatal';
  readonly error: WireError;
}

export interface LiveWorkerOptions<Event extends OwnEvent> {
  readonly spawn: () => Worker;
  /** Milliseconds without any sign of life, while work runs, after which the worker is given up. */
  readonly deadline: number;
  /** Hears the worker's events but for `fatal`. */
  readonly onEvent: (event: Exclude<Event, { type: 'fatal' }>) => void;
}

/** What every worker of ours can do. */
export interface LiveApi {
  /** `lifeLock` names the Web Lock that the worker holds as long as it lives. */
  connect(lifeLock: string): Promise<void>;
  /** Ends a call as soon as the worker can. */
  cancel(callId: number): void;
}

/** One worker from its start to its end, which every call on it races with: comlink alone would leave them pending for ever. */
export class LiveWorker<Api extends LiveApi, Event extends OwnEvent> {
  readonly api: Remote<Api>;
  /** Comes when this worker ends, whatever the reason. */
  readonly death = new Ending();
  /** Is called when it ends, before any call rejects. */
  onEnd: ((reason: unknown) => void) | undefined;
  readonly #deadline: number;
  readonly #worker: Worker;
  readonly #released = new AbortController();
  #pending = 0;
  #deadlineTimer: ReturnType<typeof setTimeout> | undefined;

  constructor({ spawn, deadline, onEvent }: LiveWorkerOptions<Event>) {
    installErrorTransfer();
    this.#deadline = deadline;
    this.#worker = startSafely(spawn);
    this.#worker.addEventListener('error', (event) => {
      event.preventDefault();
      this.end(
        workerDied(
          event.message
            ? `it threw: ${event.message}`
            : 'its file could not be loaded: missing, or forbidden by worker-src',
        ),
      );
    });
    this.api = wrap<Api>(this.#worker);
    this.#worker.addEventListener('message', ({ data }: MessageEvent<{ workerEvent?: Event } | undefined>) => {
      const event = data?.workerEvent as Event | Fatal | undefined;
      // Not what was still on its way when the worker was ended.
      if (!event || this.death.hasCome) return;
      this.signOfLife();
      if ('error' in event) this.end(workerDied('an error that no call stands for', event.error));
      else onEvent(event as Exclude<Event, { type: 'fatal' }>);
    });
  }

  /** Resolves when the worker has answered for the first time. */
  async connect(): Promise<void> {
    const lifeLock = `bge-web-worker:${crypto.randomUUID?.() ?? Math.random()}`;
    const startTimer = setTimeout(() => this.end(workerDied('it did not start')), START_LIMIT_MS);
    await this.run((this.api as unknown as LiveApi).connect(lifeLock)).finally(() => clearTimeout(startTimer));
    awaitRelease(lifeLock, this.#released.signal, () => this.end(workerDied('it ended without a word')));
  }

  /** Settles as a call of `api` does; rejects when the worker ends, or gives no sign of life for so long. */
  run<T>(call: Promise<T>): Promise<T> {
    this.#pending++;
    this.signOfLife();
    return this.death.race(call).finally(() => {
      this.#pending--;
      this.signOfLife();
    });
  }

  /** Runs one call, of which the worker is told when `signal` aborts. */
  async call<T>(
    callId: number,
    work: (api: Remote<Api>, callId: number) => Promise<T>,
    signal: AbortSignal | undefined,
  ): Promise<T> {
    signal?.throwIfAborted();
    const cancel = () => (this.api as unknown as Remote<LiveApi>).cancel(callId).catch(() => {});
    signal?.addEventListener('abort', cancel, { once: true });
    try {
      return await this.run(work(this.api, callId));
    } finally {
      signal?.removeEventListener('abort', cancel);
    }
  }

  /** Starts the deadline anew while calls are pending, and stops it when none is. */
  signOfLife(): void {
    clearTimeout(this.#deadlineTimer);
    const deadline = this.#deadline;
    if (this.#pending === 0 || deadline > LONGEST_TIMEOUT_MS || this.death.hasCome) return;
    const due = Date.now() + deadline;
    this.#deadlineTimer = setTimeout(() => {
      // Much too late: page and worker were frozen together (a phone in the pocket), so the silence says nothing.
      if (Date.now() > due + 1000) return this.signOfLife();
      const message = `The worker gave no sign of life for ${deadline} ms and was ended`;
      this.end(new BgeError('WorkerUnresponsiveError', message, { details: { deadline } }));
    }, deadline);
  }

  end(reason: unknown): void {
    if (this.death.hasCome) return;
    this.onEnd?.(reason);
    clearTimeout(this.#deadlineTimer);
    this.#released.abort();
    this.#worker.terminate();
    this.death.come(reason);
  }
}

/** Calls a listener of the app's. What it throws is the app's: it must not end the call that it listens to. */
export function tell<E>(listener: ((event: E) => void) | undefined, event: E): void {
  try {
    listener?.(event);
  } catch (error) {
    reportError(error);
  }
}

function startSafely(spawn: () => Worker): Worker {
  try {
    return spawn();
  } catch (cause) {
    if (isBgeError(cause)) throw cause;
    throw new BgeError('WorkerDiedError', `The worker could not be made: ${cause}`, { cause });
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
  transferHandlers.set('throw', { ...transferHandlers.get('throw')!, ...receivedErrors });
}
