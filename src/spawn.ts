/** Gives the worker that `spawn` makes of the `file` beside this one, also where that is of another origin than the page. */
export function spawned(file: string, spawn: () => Worker): Worker {
  try {
    return spawn();
  } catch (error) {
    if ((error as Error).name !== 'SecurityError') throw error;
    // From another origin (a CDN) a worker cannot be started, but one of the page's own can import it.
    const url = import.meta.url.replace(/[^/]*$/, file);
    const code = new Blob([`import ${JSON.stringify(url)}`], { type: 'text/javascript' });
    return new Worker(URL.createObjectURL(code), { type: 'module' });
  }
}
