import { invalidInput } from '../shared/errors.js';

/** A model that is there, or a function that makes it when it is first needed, such as `() => createEmbedder()`. */
export type Lazy<T> = T | (() => T | PromiseLike<T>);

/** Gives what was given, or makes it once; what could not be made is tried anew at the next call. Throws InvalidInputError for what does not have `method`. */
export function lazily<T extends object>(what: string, given: Lazy<T>, method: keyof T & string): () => Promise<T> {
  const check = (value: T): T => {
    if (typeof value?.[method] !== 'function')
      throw invalidInput(what, `one with ${method}(), or what makes it`, value);
    return value;
  };
  if (typeof given !== 'function') {
    const there = Promise.resolve(check(given));
    return () => there;
  }
  let making: Promise<T> | undefined;
  const make = async () => {
    await null; // what throws at once must not do so before `making` is there
    try {
      return check(await given());
    } catch (error) {
      making = undefined;
      throw error;
    }
  };
  return () => {
    making ??= make();
    return making;
  };
}
