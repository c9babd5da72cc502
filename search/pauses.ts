/** How long work goes on before others get their turn, in milliseconds. */
const STRETCH = 20;

/** Long work in stretches: between two of them messages arrive (a query, a cancel), and an aborted signal ends it. */
export class Pauses {
  readonly #signal: AbortSignal | undefined;
  readonly #stretch: number;
  #last = performance.now();

  /** @param stretch milliseconds; a page's own thread wants fewer */
  constructor(signal?: AbortSignal, stretch = STRETCH) {
    this.#signal = signal;
    this.#stretch = stretch;
  }

  /** True after so much work: 20 ms, unless told otherwise. */
  get isDue(): boolean {
    return performance.now() - this.#last >= this.#stretch;
  }

  /** Waits for a macrotask. Rejects with the signal's reason. */
  async pause(): Promise<void> {
    this.#signal?.throwIfAborted();
    await macrotask();
    this.#signal?.throwIfAborted();
    this.#last = performance.now();
  }
}

/** A channel a time: one that stays open would keep a Node process alive. */
function macrotask(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}
