import { BgeError } from '../src/shared/errors';
import type { ModelFile, ModelSpec } from '../src/shared/models';
import { POOLING, readPooling } from '../src/shared/pooling';
import type { ReleaseFiles } from './release-files';

/**
 * Compares the pooling that a model was registered with to that which sentence-transformers has written beside its weights: the wrong one gives vectors that
 * look right. Most folders have no such file, so it is asked for only as long as the model's own are not stored. Throws WrongModelError.
 */
export async function checkPooling(
  { builtIn, task, pooling }: ModelSpec,
  { read, holds }: ReleaseFiles,
  sources: readonly ModelFile[],
): Promise<void> {
  if (builtIn || task !== 'embed') return;
  const file = { path: POOLING };
  if (!(await holds([file])) && (await holds(sources))) return;
  const bytes = await read([file]).catch(() => null);
  if (!bytes) return;
  const said = readPooling(new TextDecoder().decode(bytes[0]));
  if (said === pooling) return;
  const message = `The model was registered with pooling '${pooling}', and its ${POOLING} says '${said}'`;
  throw new BgeError('WrongModelError', `${message}: registerModel({ pooling: '${said}' })`);
}
