import { checkOptions } from '../inputs.js';
import { invalidInput } from '../shared/errors.js';
import { withSignal } from '../signal.js';
import { spawned } from '../spawn.js';
import { SearchClient } from './client.js';
import { hostOf } from './models.js';
import { type IndexOptions, indexConfig } from './options.js';
import { SearchIndex } from './search-index.js';

/**
 * Opens the index of a name, or makes it: documents in, ranked passages out, on this device. It lives in a Web Worker of
 * its own, and with a `name` in IndexedDB; all of it is read into memory.
 * Rejects with InvalidInputError, SpaceMismatchError, CorruptIndexError, StorageUnavailableError, DownloadError (of `url`),
 * WorkerDiedError, WorkerUnresponsiveError, or the reason of `signal`; the worker is ended then.
 */
export async function createIndex(options: IndexOptions): Promise<SearchIndex> {
  checkOptions(options);
  const config = indexConfig(options);
  const { worker = spawnOwn, deadline = 300_000, onProgress, signal } = options;
  if (!(typeof deadline === 'number' && deadline > 0))
    throw invalidInput('deadline', 'a number of milliseconds above 0', deadline);
  const client = new SearchClient({
    ...{ spawn: worker, config, deadline },
    host: (signalOf) => hostOf(options, config.space, signalOf),
    onEvent: (event) => onProgress?.(event),
  });
  try {
    await withSignal(signal, () => client.ready());
  } catch (error) {
    client.abandon(error);
    throw error;
  }
  return new SearchIndex(client, { hasReranker: options.reranker !== undefined, isReadOnly: config.url !== null });
}

const spawnOwn = () =>
  // Literal and inline: bundlers find the worker by it.
  spawned('search-worker.js', () => new Worker(new URL('./search-worker.js', import.meta.url), { type: 'module' }));
