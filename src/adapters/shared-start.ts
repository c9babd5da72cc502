/** What is started once for all who use it. */
export interface Started<Value, Event> {
  readonly status: 'loading' | 'ready' | 'error';
  readonly value: Value | null;
  /** What was heard last of the start. */
  readonly progress: Event | null;
  readonly error: Error | null;
}

type Start<Value, Event> = (signal: AbortSignal, onProgress: (event: Event) => void) => Promise<Value>;

const LOADING = { status: 'loading', value: null, progress: null, error: null } as const;

/**
 * A value that several components use: started by the first, and aborted when the last one is gone before it is there. It ends by `end`,
 * or with its last user where it is `kept` no longer than that. A component that is taken out and put in again at once, as React's StrictMode does, goes on with it.
 */
export class SharedStart<Value, Event> {
  readonly #start: Start<Value, Event>;
  readonly #dispose: (value: Value) => void;
  readonly #kept: boolean;
  readonly #listeners = new Set<() => void>();
  #state: Started<Value, Event> = LOADING;
  #run: AbortController | null = null;

  constructor(start: Start<Value, Event>, { dispose, kept }: { dispose: (value: Value) => void; kept: boolean }) {
    this.#start = start;
    this.#dispose = dispose;
    this.#kept = kept;
  }

  /** Of React's useSyncExternalStore, as is `snapshot`. */
  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    if (!this.#run && this.#state.status === 'loading') void this.#begin();
    return () => {
      this.#listeners.delete(listener);
      setTimeout(() => this.#leave());
    };
  };

  readonly snapshot = (): Started<Value, Event> => this.#state;

  /** Starts anew after an error. */
  readonly retry = (): void => {
    if (this.#state.status !== 'error') return;
    this.#set(LOADING);
    void this.#begin();
  };

  /** Ends it; whoever still uses it starts it anew. */
  end(): void {
    this.#run?.abort(new DOMException('Nobody uses it any more', 'AbortError'));
    this.#run = null;
    const { value } = this.#state;
    if (value !== null) this.#dispose(value);
    this.#set(LOADING);
    if (this.#listeners.size > 0) void this.#begin();
  }

  #leave(): void {
    if (this.#listeners.size > 0 || (this.#kept && this.#state.status === 'ready')) return;
    this.end();
  }

  async #begin(): Promise<void> {
    const run = new AbortController();
    this.#run = run;
    const isOver = () => this.#run !== run;
    try {
      const value = await this.#start(run.signal, (progress) => {
        if (!isOver()) this.#set({ ...this.#state, progress });
      });
      if (isOver()) this.#dispose(value);
      else this.#set({ status: 'ready', value, progress: this.#state.progress, error: null });
    } catch (thrown) {
      const error = thrown instanceof Error ? thrown : new Error(String(thrown));
      if (!isOver()) this.#set({ ...LOADING, status: 'error', error });
    } finally {
      if (!isOver()) this.#run = null;
    }
  }

  #set(state: Started<Value, Event>): void {
    this.#state = state;
    for (const listener of this.#listeners) listener();
  }
}
