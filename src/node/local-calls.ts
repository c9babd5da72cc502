import { setMaxListeners } from 'node:events';
import { withSignal } from '../signal.js';

interface Cancellable {
  /** Ends a call as soon as it can. */
  cancel(callId: number): void;
}

/** Calls to what runs in this process: each ends with its signal, and all with their end. */
export class LocalCalls<Api extends Cancellable, Event> {
  /** Aborted at the end: by `end`. */
  readonly #life = new AbortController();
  readonly #running = new Map<number, { readonly signal: AbortSignal; readonly onEvent: Listener<Event> }>();
  #api: Api | undefined;
  #lastCallId = 0;

  /** Aborts at the end, with its reason. */
  get life(): AbortSignal {
    return this.#life.signal;
  }

  /** What the calls are made to; must be there before the first of them. */
  set api(api: Api) {
    this.#api = api;
  }

  /** Aborts when the call ends before its work has; undefined for one that is not running. */
  signalOf(callId: number): AbortSignal | undefined {
    return this.#running.get(callId)?.signal;
  }

  /** Tells whoever listens to the call. */
  tell(callId: number, event: Event): void {
    if (!this.life.aborted) tell(this.#running.get(callId)?.onEvent, event);
  }

  /** Runs one call. `signal` ends it with the signal's reason at once, and the work is told to stop. */
  async run<T>(
    work: (api: Api, callId: number) => Promise<T>,
    signal: AbortSignal | undefined,
    onEvent?: Listener<Event>,
  ): Promise<T> {
    const { life } = this;
    const callId = ++this.#lastCallId;
    // Node would warn of more than ten calls at a time.
    setMaxListeners(0, life, ...(signal ? [signal] : []));
    return withSignal(life, () =>
      withSignal(signal, async () => {
        const api = this.#api!;
        const call = new AbortController();
        setMaxListeners(0, call.signal);
        const cancel = () => {
          call.abort(life.aborted ? life.reason : signal?.reason);
          api.cancel(callId);
        };
        const ends = [life, signal];
        for (const end of ends) end?.addEventListener('abort', cancel);
        this.#running.set(callId, { signal: call.signal, onEvent });
        try {
          return await work(api, callId);
        } finally {
          for (const end of ends) end?.removeEventListener('abort', cancel);
          this.#running.delete(callId);
        }
      }),
    );
  }

  /** Ends for good: everything that is pending, and all that comes later, rejects with the reason. */
  end(reason: unknown): void {
    this.#life.abort(reason);
    this.#api = undefined; // and with it what it holds in memory
  }
}

type Listener<Event> = ((event: Event) => void) | undefined;

/** Calls a listener of the app's. What it throws is the app's, an uncaught exception as from any listener: it must not end the call that it listens to. */
export function tell<E>(listener: Listener<E>, event: E): void {
  try {
    listener?.(event);
  } catch (error) {
    process.nextTick(() => {
      throw error;
    });
  }
}
