/** Takes tokens up to a limit and notes whether there were more, so that a long text is read no further than needed. */
export class TokenSink {
  readonly ids: number[] = [];
  /** Two UTF-16 positions a token. */
  readonly offsets: number[] = [];
  truncated = false;
  readonly #limit: number;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** False if there was no room: nothing after this token matters. */
  push(id: number, start: number, end: number): boolean {
    if (this.ids.length >= this.#limit) {
      this.truncated = true;
      return false;
    }
    this.ids.push(id);
    this.offsets.push(start, end);
    return true;
  }
}

/** Tokenizes text that holds no added tokens. */
export interface TextModel {
  /** Pushes the tokens of `text` from `from` to `to`; false if the sink is full. */
  encode(text: string, from: number, to: number, sink: TokenSink): boolean;
  /** The id and string of every token. */
  entries(): Iterable<[number, string]>;
  /** A token's string as text for a person. */
  textOf(token: string): string;
}
