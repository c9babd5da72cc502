interface Waiting {
  readonly priority: number;
  readonly start: () => void;
}

/** How many there are now for work of a priority above 0 (`urgent`), or for other work, while so much waits. */
type Slots = (urgent: boolean, waiting: number) => number;

/**
 * Hands a device to as many pieces of work at a time as it has slots, mostly one. When one falls free, the highest priority goes
 * first, then who has waited longest: so a query overtakes a bulk job at its next batch, and equal jobs take turns.
 */
export class Turns {
  readonly #waiting: Waiting[] = [];
  readonly #slots: Slots;
  #busy = 0;
  #isDue = false;

  constructor(slots: Slots) {
    this.#slots = slots;
  }

  async run<T>(priority: number, work: () => T | Promise<T>): Promise<T> {
    await new Promise<void>((start) => {
      this.#waiting.push({ priority, start });
      this.#next();
    });
    try {
      return await work();
    } finally {
      this.#busy--;
      this.#next();
    }
  }

  /** Starts whatever there are slots for. */
  async #next(): Promise<void> {
    if (this.#isDue) return; // a second hop would stand before messages that come meanwhile
    this.#isDue = true;
    // Messages (a cancel, a new query) are only seen after a macrotask: settled promises and scheduler.yield() keep them out.
    await macrotask();
    this.#isDue = false;
    for (
      let best = this.#best();
      best && this.#busy < this.#slots(best.priority > 0, this.#waiting.length);
      best = this.#best()
    ) {
      this.#waiting.splice(this.#waiting.indexOf(best), 1);
      this.#busy++;
      best.start();
    }
  }

  #best(): Waiting | undefined {
    return this.#waiting.reduce<Waiting | undefined>(
      (first, other) => (first && first.priority >= other.priority ? first : other),
      undefined,
    );
  }
}

const { setImmediate: immediately } = globalThis as { setImmediate?: (run: () => void) => void };

/** Resolves after the messages that have already arrived; setTimeout would cost 4 ms each time. In Node a port that listens would keep the process alive. */
const macrotask: () => Promise<void> = immediately
  ? () => new Promise((resolve) => immediately(resolve))
  : macrotasksOf(new MessageChannel());

function macrotasksOf({ port1, port2 }: MessageChannel): () => Promise<void> {
  const due: (() => void)[] = [];
  port1.onmessage = () => due.shift()?.();
  return () =>
    new Promise((resolve) => {
      due.push(resolve);
      port2.postMessage(null);
    });
}
