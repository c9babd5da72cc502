import { type ModelStore, openModelStore } from '../../worker/model-store';
import type { LoadEvent } from '../shared/protocol.js';
import { openFolder } from './folder.js';
import { FolderCache } from './folder-cache.js';

/** Where the files of models come from: a folder of this machine where their URL says so, else a server, with a folder as its cache. */
export function openStore(
  cacheFolder: string | null,
  onEvent: (event: LoadEvent) => void,
  signal: AbortSignal,
): ModelStore {
  const folder = openFolder({ onEvent, signal });
  const openCache = cacheFolder === null ? null : () => FolderCache.open(cacheFolder);
  const server = openModelStore({ openCache, onEvent, signal });
  const storeOf = (files: Parameters<ModelStore['read']>[0]) =>
    files.every(({ url }) => url.startsWith('file:')) ? folder : server;
  return {
    read: (files, onFile) => storeOf(files).read(files, onFile),
    holds: (files) => storeOf(files).holds(files),
    recall: (files, name) => storeOf(files).recall(files, name),
    keep: (files, name, made) => storeOf(files).keep(files, name, made),
  };
}
