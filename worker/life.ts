/**
 * A worker's death has no event of its own when it is terminated, closes itself or crashes. So it holds a Web Lock as long as it
 * lives, and whoever started it waits for the same lock. Where there are no locks (an origin without storage), a death stays unseen.
 */
export async function holdLife(lock: string): Promise<void> {
  await new Promise<void>((held) => {
    if (!navigator.locks) return held();
    navigator.locks
      .request(lock, () => {
        held();
        return new Promise(() => {});
      })
      .catch(() => held());
  });
}

/** Calls back when nobody holds the lock any more, unless `signal` aborts before. Only after `holdLife` has resolved in the other worker. */
export function awaitDeath(lock: string, signal: AbortSignal, onDeath: () => void): void {
  navigator.locks?.request(lock, { signal }, onDeath).catch(() => {});
}
