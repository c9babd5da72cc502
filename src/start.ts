import { WorkerClient } from './client.js';
import type { ClientConfig, ModelOptions } from './options.js';
import { BgeError, invalidInput } from './shared/errors.js';
import type { ModelInfo } from './shared/protocol.js';
import { withSignal } from './signal.js';
import { spawned } from './spawn.js';

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

const spawnOwn = () =>
  // Literal and inline: bundlers find the worker by it.
  spawned('worker.js', () => new Worker(new URL('./worker.js', import.meta.url), { type: 'module' }));

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
