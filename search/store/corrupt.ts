import { BgeError } from '../../src/shared/errors';

/** What is said of an index that cannot be read, stored or in a file. */
export function corruptIndex(how: string, cause?: unknown): BgeError {
  return new BgeError('CorruptIndexError', `The index cannot be read: ${how}`, cause === undefined ? {} : { cause });
}
