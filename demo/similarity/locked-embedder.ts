import { createEmbedder, type Embedder } from 'bge-web';
import { startEmbedder } from '../shared/start-embedder';
import { type Count, Lock } from './lock';

/** An embedder that cannot send anything, in a page that cannot either. */
export interface Locked {
  readonly embedder: Embedder;
  readonly lock: Lock;
}

/**
 * Brings the model onto this device, locks the page, and only then starts the worker that is given texts: it reads the model
 * from this device. On the CPU, whose engine is in the worker's file: for the GPU another one would have to be fetched.
 * Where the browser stores nothing, the worker that fetched the model is kept, and is not locked.
 */
export async function lockedEmbedder(
  place: HTMLElement,
  model: string,
  onCount: (count: Count) => void,
): Promise<Locked> {
  const { default: code } = await import('bge-web/worker?raw');
  const options = { model, modelBase: '../models/', device: 'wasm' } as const;
  const fetching = await startEmbedder(place, options);
  const lock = new Lock(onCount);
  try {
    const embedder = await createEmbedder({ ...options, worker: lock.lockedWorker(code) });
    fetching.dispose();
    return { embedder, lock };
  } catch {
    return { embedder: fetching, lock };
  }
}
