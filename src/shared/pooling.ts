import { BgeError } from './errors.js';

/** Where sentence-transformers keeps how token vectors become one. */
export const POOLING = '1_Pooling/config.json';

/** The pooling that such a file names, in the form of any version. Throws WrongModelError for another than `cls` and `mean`, CorruptModelError for what is no JSON. */
export function readPooling(json: string): 'cls' | 'mean' {
  const config = parseJson(POOLING, json);
  const modes = [config.pooling_mode ?? Object.keys(config).filter((key) => /^pooling_mode_/.test(key) && config[key])];
  const mode = modes.flat().join(' and ').replaceAll('pooling_mode_', '');
  if (/^cls(_token)?$/.test(mode)) return 'cls';
  if (/^mean(_tokens)?$/.test(mode) && config.include_prompt !== false) return 'mean';
  const what = config.include_prompt === false ? `${mode} without the instruction` : mode;
  throw new BgeError(
    'WrongModelError',
    `The model takes ${what} as its vector (${POOLING}); cls and mean can be computed`,
  );
}

/** The object in a JSON file of a model. Throws CorruptModelError, which names the file. */
export function parseJson(path: string, json: string): Record<string, unknown> {
  try {
    const value = JSON.parse(json);
    if (typeof value === 'object' && value !== null) return value;
  } catch (cause) {
    throw new BgeError('CorruptModelError', `${path} cannot be read: ${(cause as Error).message}`, { cause });
  }
  throw new BgeError('CorruptModelError', `${path} cannot be read: it holds no object`);
}
