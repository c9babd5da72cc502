import { asId, asObject, asString, corrupt, isId, type JsonObject } from './json';

/** Splits a word into the longest pieces that the vocabulary has, from the left. */
export class WordPiece {
  readonly unknown: number;
  readonly maxChars: number;
  /** All pieces, and without their prefix those that have it. */
  readonly #starts = new Pieces();
  readonly #continuations = new Pieces();
  readonly #vocab: JsonObject;
  readonly #prefix: string;

  constructor(vocab: JsonObject, options: { unknown: string; prefix: string; maxChars: number }) {
    this.#vocab = vocab;
    this.#prefix = options.prefix;
    // Reading the entries as a list takes five times as long, a good part of a start.
    for (const piece in vocab) {
      const id = vocab[piece];
      if (!isId(id)) throw corrupt(`model.vocab[${JSON.stringify(piece)}] is not a token id`);
      this.#starts.add(piece, id);
      if (piece.startsWith(this.#prefix)) this.#continuations.add(piece.slice(this.#prefix.length), id);
    }
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

/** Pieces, by their text. */
class Pieces {
  readonly ids = new Map<string, number>();
  longest = 0;

  add(piece: string, id: number): void {
    this.ids.set(piece, id);
    this.longest = Math.max(this.longest, piece.length);
  }
}
