const INTERVAL_MS = 1000;

/** Tells of progress, a line a second at most. */
export class Reporter {
  readonly tell: (line: string) => void;
  #last = 0;

  constructor(tell: (line: string) => void) {
    this.tell = tell;
  }

  progress(line: string): void {
    const now = performance.now();
    if (now - this.#last < INTERVAL_MS) return;
    this.#last = now;
    this.tell(line);
  }
}
