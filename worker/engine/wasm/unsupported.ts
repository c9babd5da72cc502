/** The file is whole, but holds a model that our encoder does not compute; another engine may. The message begins with "not this engine". */
export class UnsupportedGraphError extends Error {
  override readonly name = 'UnsupportedGraphError';

  constructor(why: string) {
    super(`not this engine: ${why}`);
  }
}
