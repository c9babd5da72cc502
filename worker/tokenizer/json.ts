import { BgeError } from '../../src/shared/errors';

export type JsonObject = { readonly [key: string]: unknown };

/** What is wrong with tokenizer.json, as the error that the caller gets. */
export function corrupt(problem: string, cause?: unknown): BgeError {
  return new BgeError('CorruptTokenizerError', `Cannot use tokenizer.json: ${problem}`, { cause });
}

export function unsupported(part: string, kind: unknown): BgeError {
  return corrupt(`${part} ${JSON.stringify(kind) ?? 'without a type'} is not supported`);
}

/** Parses JSON given as text or as UTF-8. */
export function parseJson(json: Uint8Array | string): JsonObject {
  try {
    return asObject(
      JSON.parse(typeof json === 'string' ? json : new TextDecoder('utf-8', { fatal: true }).decode(json)),
      'the file',
    );
  } catch (error) {
    if (error instanceof BgeError) throw error;
    throw corrupt('it is not valid JSON', error);
  }
}

export function asObject(value: unknown, name: string): JsonObject {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw corrupt(`${name} is not an object`);
  return value as JsonObject;
}

export function asArray(value: unknown, name: string): readonly unknown[] {
  if (!Array.isArray(value)) throw corrupt(`${name} is not an array`);
  return value;
}

export function asString(value: unknown, name: string): string {
  if (typeof value !== 'string') throw corrupt(`${name} is not a string`);
  return value;
}

export function asId(value: unknown, name: string): number {
  if (!isId(value)) throw corrupt(`${name} is not a token id`);
  return value;
}

export function isId(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0;
}

/** The parts of a Sequence. */
export function stepsOf(sequence: JsonObject, part: string, list: string): readonly JsonObject[] {
  if (sequence.type !== 'Sequence') throw unsupported(part, sequence.type);
  return asArray(sequence[list], `${part}.${list}`).map((step) => asObject(step, `a step of ${part}`));
}
