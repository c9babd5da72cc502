const WAIT_MS = 1_000;

/**
 * Does the work while no other worker of this origin does work of the same name; `onWait` is called if it must wait.
 * Where the browser has no Web Locks, or refuses them to this origin, the work is done at once: it then may be done twice.
 */
export async function exclusively<T>(
  name: string,
  signal: AbortSignal,
  onWait: () => void,
  work: () => Promise<T>,
): Promise<T> {
  const release = await acquire(name, signal, onWait);
  try {
    return await work();
  } finally {
    release?.();
  }
}

type Release = () => void;

async function acquire(name: string, signal: AbortSignal, onWait: () => void): Promise<Release | null> {
  try {
    // Missing on insecure origins, and in Node 20.
    if (!globalThis.navigator?.locks) return null;
    const free = await request(name, { ifAvailable: true });
    if (free) return free;
    onWait();
    // Again and again: the page takes a long silence for a worker that hangs.
    const waiting = setInterval(onWait, WAIT_MS);
    try {
      return await request(name, { signal });
    } finally {
      clearInterval(waiting);
    }
  } catch (error) {
    signal.throwIfAborted();
    // An opaque origin throws a SecurityError.
    if (error instanceof DOMException) return null;
    throw error;
  }
}

/** Null if the lock is taken and `ifAvailable` is set. */
function request(name: string, options: LockOptions): Promise<Release | null> {
  return new Promise((resolve, reject) => {
    navigator.locks
      .request(name, options, (lock) => (lock ? new Promise<void>((release) => resolve(release)) : resolve(null)))
      .catch(reject);
  });
}
