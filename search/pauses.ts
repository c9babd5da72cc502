/** How long work goes on before others get their turn, in milliseconds. */
const STRETCH = 20;

/** Long work in stretches: between two of them messages arrive (a query, a cancel), and an aborted signal ends it. */
export class Pauses {
  readonly #signal: AbortSignal | undefined;
  #last = performance.now();

  constructor(signal?: AbortSignal) {
    this.#signal = signal;
  }

  /** True after 20 ms of work. */
  get isDue(): boolean {
    return performance.now() - this.#last >= STRETCH;
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
