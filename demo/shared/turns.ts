/** So long a page may compute before it looks at the keyboard again. */
const SLICE_MS = 12;

/** Lets others have their turn: the keyboard, and what is to be drawn. */
export const turn = () => new Promise<void>((resolve) => setTimeout(resolve));

/** Resolves when what was changed is on the screen; in a tab that nobody sees, after a tenth of a second. */
export function drawn(): Promise<void> {
  return new Promise((resolve) => {
    requestAnimationFrame(() => setTimeout(resolve));
    setTimeout(resolve, 100);
  });
}

/** Long work in slices: `if (slices.isOver) await slices.next()` between its steps. */
export class Slices {
  #begun = performance.now();

  get isOver(): boolean {
    return performance.now() - this.#begun >= SLICE_MS;
  }

  async next(): Promise<void> {
    await turn();
    this.#begun = performance.now();
  }
}

/** Rejects with the reason of the signal once it is aborted. */
export const aborted = (signal: AbortSignal) =>
  new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
