import { randomUUID } from 'node:crypto';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

/** What is written has another name until it is whole. */
export const UNFINISHED = '.unfinished';

/** Writes a file beside the place where it belongs, and then puts it there: it is whole or not there at all. Makes the folder where it is missing. Rejects with the reason of `signal`. */
export async function writeWhole(
  file: string,
  data: string | Uint8Array | AsyncIterable<Uint8Array>,
  signal?: AbortSignal,
): Promise<void> {
  const unfinished = `${file}.${randomUUID()}${UNFINISHED}`;
  await mkdir(dirname(file), { recursive: true });
  try {
    await writeFile(unfinished, data, { ...(signal && { signal }) });
    signal?.throwIfAborted();
    await rename(unfinished, file);
  } catch (error) {
    await rm(unfinished, { force: true }).catch(() => {});
    signal?.throwIfAborted();
    throw error;
  }
}
