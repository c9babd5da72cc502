import { BgeError } from '../src/shared/errors';
import type { IndexConfig, IndexEvent, SearchHost } from '../src/shared/search';
import { indexChannel } from '../src/shared/search-storage';
import { exclusively } from '../worker/model-store/lock';
import { openInMemory } from './in-memory';
import { SemanticIndex } from './semantic-index';
import { readIndexFile } from './store/file';
import { IndexedDbStore } from './store/indexed-db';
import { MemoryStore, type Store } from './store/store';

/** Opens the index that the configuration names: of this browser's storage, of a URL, or an empty one in memory. */
export async function openIndex(
  config: IndexConfig,
  host: SearchHost,
  onEvent: (event: IndexEvent) => void,
  signal: AbortSignal,
): Promise<SemanticIndex> {
  const { name, url } = config;
  if (name === null) return openInMemory(config, host, onEvent, url === null ? undefined : await storeOf(url, signal));
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

async function storeOf(url: string, signal: AbortSignal): Promise<MemoryStore> {
  const { manifest, segments } = await readIndexFile(await download(url, signal));
  const store = new MemoryStore();
  for (const [i, bytes] of segments.entries()) await store.putSegment(manifest.segments[i]!.id, bytes);
  await store.putManifest('current', manifest);
  return store;
}

async function download(url: string, signal: AbortSignal): Promise<Uint8Array<ArrayBuffer>> {
  try {
    const response = await fetch(url, { signal });
    if (!response.ok) throw new Error(`HTTP ${response.status}`);
    return new Uint8Array(await response.arrayBuffer());
  } catch (cause) {
    signal.throwIfAborted();
    const message = `The index ${url} could not be downloaded: ${cause instanceof Error ? cause.message : cause}`;
    throw new BgeError('DownloadError', message, { cause, details: { url } });
  }
}
