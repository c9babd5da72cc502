import { readFile, stat } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { FileRequest, ModelStore, StoreOptions } from '../../worker/model-store';
import { openPlace } from '../../worker/model-store/in-place';

/** Files of models in a folder of this machine: nothing is written to a folder that is read where it lies. */
export function openFolder({
  onEvent,
  signal,
}: Pick<StoreOptions, 'onEvent'> & { readonly signal: AbortSignal }): ModelStore {
  const pathOf = ({ url }: FileRequest) => fileURLToPath(url);
  return openPlace(
    {
      name: pathOf,
      async size(request) {
        try {
          return (await stat(pathOf(request))).size;
        } catch (error) {
          if (/^(ENOENT|ENOTDIR)$/.test((error as NodeJS.ErrnoException).code ?? '')) return null;
          throw error;
        }
      },
      async contents(request) {
        const { buffer, byteOffset, length } = await readFile(pathOf(request), { signal });
        return new Uint8Array(buffer, byteOffset, length); // a Buffer's own `slice` does not copy
      },
    },
    { onEvent, signal },
  );
}
