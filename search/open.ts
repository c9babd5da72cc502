import { BgeError } from '../src/shared/errors';
import type { IndexConfig, IndexEvent, SearchHost } from '../src/shared/search';
import { indexChannel } from '../src/shared/search-storage';
import { exclusively } from '../worker/model-store/lock';
import { openInMemory } from './in-memory';
import { SemanticIndex } from './semantic-index';
import { ArrivingStore, FileChanged } from './store/arriving';
import { IndexedDbStore } from './store/indexed-db';
import type { Store } from './store/store';

/** Opens the index that the configuration names: of this browser's storage, of a URL, or an empty one in memory. */
export async function openIndex(
  config: IndexConfig,
  host: SearchHost,
  onEvent: (event: IndexEvent) => void,
  signal: AbortSignal,
): Promise<SemanticIndex> {
  const { name, url } = config;
  if (url !== null) return openServed({ ...config, url }, host, onEvent, signal);
  if (name === null) return openInMemory(config, host, onEvent);
  const channel = new BroadcastChannel(indexChannel(name));
  const index = await SemanticIndex.open(config, {
    store: await storedIndex(name),
    host,
    exclusively: (signal, onWait, work) => exclusively(indexChannel(name), signal, onWait, work),
    announce: () => channel.postMessage(null),
    onEvent,
  });
  // What cannot be read now is met again, and told, by the next call that writes.
  channel.onmessage = () => index.changed().catch(() => {});
  return index;
}

async function storedIndex(name: string): Promise<Store> {
  try {
    return await IndexedDbStore.open(name);
  } catch (cause) {
    const message = 'This browser gives no IndexedDB (private mode?); leave out `name` for an index in memory';
    throw new BgeError('StorageUnavailableError', message, { cause });
  }
}

/** A file that is changed on its server meanwhile is begun again, so many times. */
const ATTEMPTS = 3;

async function openServed(
  config: IndexConfig & { readonly url: string },
  host: SearchHost,
  onEvent: (event: IndexEvent) => void,
  signal: AbortSignal,
): Promise<SemanticIndex> {
  const { url } = config;
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    const opened = new AbortController();
    const stop = () => opened.abort(signal.reason);
    signal.addEventListener('abort', stop);
    const store = new ArrivingStore(url, opened.signal, onEvent);
    try {
      const index = await openInMemory(config, host, onEvent, store);
      await store.whole();
      return index;
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof FileChanged)) throw error;
    } finally {
      signal.removeEventListener('abort', stop);
      opened.abort(); // the rest of a file that is refused
    }
  }
  const message = `The index was changed on its server while it was downloaded, ${ATTEMPTS} times (${url})`;
  throw new BgeError('DownloadError', message, { details: { url } });
}
