import { asId, asObject, asString, corrupt, type JsonObject } from './json';

/** Splits a word into the longest pieces that the vocabulary has, from the left. */
export class WordPiece {
  readonly unknown: number;
  readonly maxChars: number;
  readonly #starts: Pieces;
  readonly #continuations: Pieces;
  readonly #vocab: JsonObject;
  readonly #prefix: string;

  constructor(vocab: JsonObject, options: { unknown: string; prefix: string; maxChars: number }) {
    this.#vocab = vocab;
    this.#prefix = options.prefix;
    this.#starts = new Pieces(vocab, '');
    this.#continuations = new Pieces(vocab, options.prefix);
    this.unknown = asId(vocab[options.unknown], `the id of ${JSON.stringify(options.unknown)}`);
    this.maxChars = options.maxChars;
  }

  /** Reads `model` of tokenizer.json. */
  static parse(model: JsonObject): WordPiece {
    const maxChars = model.max_input_chars_per_word ?? 100;
    if (typeof maxChars !== 'number') throw corrupt('model.max_input_chars_per_word is not a number');
    return new WordPiece(asObject(model.vocab, 'model.vocab'), {
      unknown: asString(model.unk_token, 'model.unk_token'),
      prefix: asString(model.continuing_subword_prefix, 'model.continuing_subword_prefix'),
      maxChars,
    });
  }

  /** The id and text of each piece. */
  *entries(): Iterable<[number, string]> {
    for (const [piece, id] of Object.entries(this.#vocab)) yield [id as number, piece];
  }

  textOf(piece: string): string {
    return piece.startsWith(this.#prefix) ? piece.slice(this.#prefix.length) : piece;
  }

  /** Writes the pieces' ids and ends (in UTF-16 units of `word`) and returns their number; 0 if the word cannot be split. */
  split(word: string, ids: number[], ends: number[]): number {
    let count = 0;
    for (let start = 0; start < word.length; ) {
      const pieces = count === 0 ? this.#starts : this.#continuations;
      let end = Math.min(word.length, start + pieces.longest);
      let id: number | undefined;
      for (; end > start; end--) {
        id = pieces.ids.get(word.slice(start, end));
        if (id !== undefined) break;
      }
      if (id === undefined) return 0;
      ids[count] = id;
      ends[count++] = end;
      start = end;
    }
    return count;
  }
}

/** The pieces that have a prefix, without it. */
class Pieces {
  readonly ids = new Map<string, number>();
  readonly longest: number = 0;

  constructor(vocab: JsonObject, prefix: string) {
    for (const [piece, id] of Object.entries(vocab)) {
      if (!piece.startsWith(prefix)) continue;
      this.ids.set(piece.slice(prefix.length), asId(id, `model.vocab[${JSON.stringify(piece)}]`));
      this.longest = Math.max(this.longest, piece.length - prefix.length);
    }
  }
}
