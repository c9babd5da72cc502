import type { LoadConfig } from '../src/shared/protocol';
import type { startOrt } from './engine/ort-runtime';
import type { ModelStore, StoreOptions } from './model-store';

/** What differs between the places where a model runs: a browser's worker, or Node. */
export interface Host {
  openStore(config: Pick<LoadConfig, 'cache' | 'files'>, onEvent: StoreOptions['onEvent']): ModelStore;
  /** Starts onnxruntime-web; null where there is none, and only our own engine runs models. */
  readonly startRuntime: typeof startOrt | null;
}
