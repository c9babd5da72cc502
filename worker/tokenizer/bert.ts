import { BertCharacters, Role } from './bert-characters';
import { asObject, type JsonObject } from './json';
import type { TextModel, TokenSink } from './token-sink';
import { WordPiece } from './wordpiece';

/** BERT's way from text to tokens: normalised words, each split into pieces. */
export class Bert implements TextModel {
  readonly #characters: BertCharacters;
  readonly #wordPiece: WordPiece;

  // The word being read: its normalised text, the span in the given text of the whole and of each UTF-16 unit.
  #word = '';
  #wordChars = 0;
  #wordStart = 0;
  #wordEnd = 0;
  readonly #starts: number[] = [];
  readonly #ends: number[] = [];

  readonly #pieceIds: number[] = [];
  readonly #pieceEnds: number[] = [];

  constructor(characters: BertCharacters, wordPiece: WordPiece) {
    this.#characters = characters;
    this.#wordPiece = wordPiece;
  }

  static parse(json: JsonObject): Bert {
    return new Bert(BertCharacters.parse(json), WordPiece.parse(asObject(json.model, 'model')));
  }

  entries(): Iterable<[number, string]> {
    return this.#wordPiece.entries();
  }

  textOf(token: string): string {
    return this.#wordPiece.textOf(token);
  }

  encode(text: string, from: number, to: number, sink: TokenSink): boolean {
    let next = from;
    while (next < to) {
      const start = next;
      const codePoint = text.codePointAt(start)!;
      next += codePoint > 0xffff ? 2 : 1;
      const role = this.#characters.role(codePoint);
      if (role === Role.Removed) continue;
      if (role !== Role.Inside && !this.#finishWord(sink)) return false;
      if (role === Role.Space) continue;
      this.#append(codePoint, start, next);
      if (role === Role.Alone && !this.#finishWord(sink)) return false;
    }
    return this.#finishWord(sink);
  }

  #append(codePoint: number, start: number, end: number): void {
    if (this.#wordChars === 0) this.#wordStart = start;
    this.#wordEnd = end;
    // A word over the limit is unknown, whatever follows: an endless one must not take memory.
    if (this.#wordChars > this.#wordPiece.maxChars) return;
    const form = this.#characters.form(codePoint);
    for (let unit = this.#word.length; unit < this.#word.length + form.length; unit++) {
      this.#starts[unit] = start;
      this.#ends[unit] = end;
    }
    this.#word += form;
    this.#wordChars += form.length === 1 ? 1 : [...form].length;
  }

  /** Pushes the pieces of the word and begins a new one; false if the sink is full. */
  #finishWord(sink: TokenSink): boolean {
    const chars = this.#wordChars;
    if (chars === 0) return true;
    const word = this.#word;
    this.#word = '';
    this.#wordChars = 0;
    const { maxChars, unknown } = this.#wordPiece;
    const count = chars > maxChars ? 0 : this.#wordPiece.split(word, this.#pieceIds, this.#pieceEnds);
    if (count === 0) return sink.push(unknown, this.#wordStart, this.#wordEnd);
    let unit = 0;
    for (let i = 0; i < count; i++) {
      const end = this.#pieceEnds[i]!;
      if (!sink.push(this.#pieceIds[i]!, this.#starts[unit]!, this.#ends[end - 1]!)) return false;
      unit = end;
    }
    return true;
  }
}
