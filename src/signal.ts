/** Rejects with the signal's reason as soon as it aborts, without waiting for `work`. */
export async function withSignal<T>(signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
  signal?.throwIfAborted();
  if (!signal) return work();
  let onAbort!: () => void;
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
  });
  const working = work();
  working.catch(() => {});
  return Promise.race([working, aborted]).finally(() => signal.removeEventListener('abort', onAbort));
}
