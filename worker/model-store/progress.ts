import type { LoadEvent } from '../../src/shared/protocol';

const EVERY_MS = 50;

/** The bytes of all files as one total, told at most every 50 ms; `end` tells what was held back. */
export class Progress {
  readonly #emit: (event: LoadEvent) => void;
  readonly #files = new Map<object, { loaded: number; total: number }>();
  #next: LoadEvent | null = null;
  #last = Number.NEGATIVE_INFINITY;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(emit: (event: LoadEvent) => void) {
    this.#emit = emit;
  }

  /** An unknown total is at least what is loaded. */
  set(file: object, path: string, loaded: number, total: number | null, cached: boolean): void {
    this.expect(file, total ?? 0, loaded);
    const sum = { loaded: 0, total: 0 };
    for (const one of this.#files.values()) {
      sum.loaded += one.loaded;
      sum.total += one.total;
    }
    this.#next = { phase: 'download', file: path, ...sum, cached };
    const wait = this.#last + EVERY_MS - performance.now();
    if (wait <= 0) this.#flush();
    else this.#timer ??= setTimeout(() => this.#flush(), wait);
  }

  expect(file: object, total: number, loaded = 0): void {
    this.#files.set(file, { loaded, total: Math.max(total, loaded) });
  }

  end(): void {
    this.#flush();
  }

  /** Tells nothing more. */
  stop(): void {
    this.#next = null;
    this.#flush();
  }

  #flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (!this.#next) return;
    this.#last = performance.now();
    const event = this.#next;
    this.#next = null;
    this.#emit(event);
  }
}
