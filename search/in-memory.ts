import type { IndexConfig, IndexEvent, SearchHost } from '../src/shared/search';
import { SemanticIndex } from './semantic-index';
import { MemoryStore } from './store/store';

/** Opens an index that lives as long as it is held: what the store has, and that is nobody else's. */
export function openInMemory(
  config: IndexConfig,
  host: SearchHost,
  onEvent: (event: IndexEvent) => void,
  store: MemoryStore = new MemoryStore(),
): Promise<SemanticIndex> {
  const alone = <T>(_signal: AbortSignal, _onWait: () => void, work: () => Promise<T>) => work();
  return SemanticIndex.open(config, { store, host, exclusively: alone, announce: () => {}, onEvent });
}
