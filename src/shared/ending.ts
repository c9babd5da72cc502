/**
 * An end that calls race with: of a worker, or of a GPU device. `Promise.race` with one promise that lives long would
 * keep the result of every call until that promise settles.
 */
export class Ending {
  readonly #rejects = new Set<(reason: unknown) => void>();
  #come: { readonly reason: unknown } | undefined;

  get hasCome(): boolean {
    return this.#come !== undefined;
  }

  /** Settles as `work` does, or rejects with the reason when the end comes first or has come before. */
  race<T>(work: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.#come) reject(this.#come.reason);
      else this.#rejects.add(reject);
      work.then(resolve, reject).finally(() => this.#rejects.delete(reject));
    });
  }

  /** Rejects every call that races; later reasons change nothing. */
  come(reason: unknown): void {
    this.#come ??= { reason };
    for (const reject of this.#rejects) reject(reason);
    this.#rejects.clear();
  }
}
