import { invalidInput, misfit } from './shared/errors.js';
import type { TextPair } from './shared/protocol.js';

// What the caller does to an array after the call must not reach the worker: each check gives a copy.

export function checkOptions(options: object): void {
  if (typeof options !== 'object' || options === null) throw invalidInput('options', 'an object', options);
}

/** @param firstIndex of the first text in the source that they are a part of */
export function checkTexts(texts: string | readonly string[], firstIndex = 0): readonly string[] {
  if (typeof texts === 'string') return [texts];
  return checkStrings('texts', texts, 'a string or an array of strings', firstIndex);
}

export function checkStrings(
  what: string,
  values: readonly string[],
  expected = 'an array of strings',
  firstIndex = 0,
): readonly string[] {
  if (!Array.isArray(values)) throw invalidInput(what, expected, values);
  const copy = Array.from(values);
  const wrong = copy.findIndex((value) => typeof value !== 'string');
  if (wrong >= 0) throw invalidInput(`${what}[${firstIndex + wrong}]`, 'a string', copy[wrong]);
  return copy;
}

export function checkString(what: string, value: string): string {
  if (typeof value !== 'string') throw invalidInput(what, 'a string', value);
  return value;
}

export function checkPairs(pairs: readonly (readonly string[])[]): readonly TextPair[] {
  if (!Array.isArray(pairs)) throw invalidInput('pairs', 'an array of [query, passage]', pairs);
  return Array.from(pairs, (pair: unknown, i) => {
    if (!Array.isArray(pair)) throw invalidInput(`pairs[${i}]`, 'an array of two strings, [query, passage]', pair);
    if (pair.length !== 2) throw misfit(`pairs[${i}]`, 'two strings, [query, passage]', pair.length);
    return [checkString(`pairs[${i}][0]`, pair[0]), checkString(`pairs[${i}][1]`, pair[1])] as const;
  });
}

/** Weights of the dense, the sparse and the ColBERT score. */
export function checkWeights(weights: readonly number[]): readonly [number, number, number] {
  const expected = 'three numbers of 0 or more, [dense, sparse, colbert]';
  if (!Array.isArray(weights)) throw invalidInput('weights', expected, weights);
  if (weights.length !== 3) throw misfit('weights', expected, weights.length);
  for (const [i, weight] of weights.entries())
    if (!(Number.isFinite(weight) && weight >= 0)) throw invalidInput(`weights[${i}]`, 'a number of 0 or more', weight);
  if (weights.every((weight) => weight === 0)) throw misfit('weights', 'not all 0', weights.join(', '));
  return [weights[0], weights[1], weights[2]];
}

export function checkPriority(priority: number): number {
  if (!Number.isFinite(priority)) throw invalidInput('priority', 'a finite number', priority);
  return priority;
}

/** A row of a result. */
export function checkRow(i: number, rows: number): void {
  checkInteger('i', i, 0, rows - 1);
}

/** Where the rows of a result begin, and where the last one ends, which is given. */
export function checkOffsets(offsets: Uint32Array): number {
  const isRising = offsets.every((offset, i) => offset >= (offsets[i - 1] ?? 0));
  if (offsets.length === 0 || offsets[0] !== 0 || !isRising)
    throw invalidInput('offsets', 'rising numbers from 0, one more than rows', offsets);
  return offsets.at(-1)!;
}

export function isIntegerIn(value: unknown, least: number, most: number): boolean {
  return Number.isInteger(value) && (value as number) >= least && (value as number) <= most;
}

/** @param note is put behind what is expected */
export function checkInteger(what: string, value: unknown, least: number, most: number, note = ''): void {
  if (!isIntegerIn(value, least, most)) throw invalidInput(what, `an integer from ${least} to ${most}${note}`, value);
}

export function checkPositive(what: string, value: unknown): void {
  if (!isIntegerIn(value, 1, Number.POSITIVE_INFINITY)) throw invalidInput(what, 'an integer above 0', value);
}

/** A value of a fixed set, such as `overflow`. */
export function checkOneOf<T extends string>(what: string, values: readonly T[], value: T): T {
  if (!values.includes(value)) throw invalidInput(what, values.map((one) => `'${one}'`).join(' or '), value);
  return value;
}
