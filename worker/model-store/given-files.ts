import type { GivenFile } from '../../src/shared/protocol';
import type { ModelStore, StoreOptions } from '../model-store';
import { openPlace } from './in-place';

/** Files that the page was given, by their paths in the model's folder. */
export function openFiles(files: ReadonlyMap<string, GivenFile>, onEvent: StoreOptions['onEvent']): ModelStore {
  return openPlace(
    {
      name: () => `among the ${files.size} files that were given`,
      size: async ({ file }) => files.get(file.path)?.size ?? null,
      contents: async ({ file }) => new Uint8Array(await files.get(file.path)!.arrayBuffer()),
    },
    { onEvent },
  );
}
