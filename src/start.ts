import { WorkerClient, withSignal } from './client.js';
import type { ClientConfig, ModelOptions } from './options.js';
import { BgeError, invalidInput } from './shared/errors.js';
import type { ModelInfo } from './shared/protocol.js';

/** Starts a worker of its own for a model, and waits until the model is loaded and checked; if that fails, the worker is ended. */
export async function startClient<Info extends ModelInfo>(
  options: ModelOptions,
  config: ClientConfig,
): Promise<WorkerClient<Info>> {
  const { deadline = 300_000, onProgress, signal } = options;
  if (!(typeof deadline === 'number' && deadline > 0))
    throw invalidInput('deadline', 'a number of milliseconds above 0', deadline);
  const client = new WorkerClient<Info>({
    spawn: spawnerOf(options.worker),
    config,
    deadline,
    onLoadEvent: (event) => onProgress?.(event),
  });
  try {
    await withSignal(signal, () => client.ready());
  } catch (error) {
    client.abandon(error);
    throw error;
  }
  return client;
}

function spawnOwn(): Worker {
  try {
    // Literal and inline: bundlers find the worker by it.
    return new Worker(new URL('./worker.js', import.meta.url), { type: 'module' });
  } catch (error) {
    if ((error as Error).name !== 'SecurityError') throw error;
    // From another origin (a CDN) a worker cannot be started, but one of the page's own can import it.
    const file = import.meta.url.replace(/[^/]*$/, 'worker.js');
    const code = new Blob([`import ${JSON.stringify(file)}`], { type: 'text/javascript' });
    return new Worker(URL.createObjectURL(code), { type: 'module' });
  }
}

function spawnerOf(worker: ModelOptions['worker']): () => Worker {
  if (worker === undefined) return spawnOwn;
  if (typeof worker === 'function') return worker;
  let used = false;
  return () => {
    if (used) {
      const message =
        'The worker that was passed in has ended; pass a function that makes workers, so that a new one can be started';
      throw new BgeError('WorkerDiedError', message);
    }
    used = true;
    return worker;
  };
}
