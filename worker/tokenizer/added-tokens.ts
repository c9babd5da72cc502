import { asArray, asId, asObject, asString, corrupt } from './json';
import { isWhitespace } from './unicode';

/** A stretch of the text: an added token where `id` is a number, text for the model where it is null. */
export interface Segment {
  readonly id: number | null;
  readonly start: number;
  readonly end: number;
}

interface AddedToken {
  readonly id: number;
  readonly content: string;
  readonly singleWord: boolean;
  readonly lstrip: boolean;
  readonly rstrip: boolean;
}

const WORD_CHAR = /[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}]/u;

/** Finds the tokens that the model never sees, `[MASK]` and the like, in the text as it was given. */
export class AddedTokens {
  readonly #tokens: ReadonlyMap<string, AddedToken>;
  readonly #pattern: RegExp;

  constructor(tokens: readonly AddedToken[]) {
    this.#tokens = new Map(tokens.map((token) => [token.content, token]));
    const longestFirst = [...this.#tokens.keys()].sort((a, b) => b.length - a.length);
    // `(?!)` matches nowhere.
    this.#pattern = new RegExp(longestFirst.map(escapeRegExp).join('|') || '(?!)', 'gu');
  }

  /** Reads the list `added_tokens` of tokenizer.json. */
  static parse(list: unknown): AddedTokens {
    const tokens = asArray(list ?? [], 'added_tokens').map((entry, i) => {
      const token = asObject(entry, `added_tokens[${i}]`);
      const content = asString(token.content, `added_tokens[${i}].content`);
      if (token.normalized)
        throw corrupt(`the added token ${JSON.stringify(content)} is "normalized", which is not supported`);
      return {
        id: asId(token.id, `added_tokens[${i}].id`),
        content,
        singleWord: token.single_word === true,
        lstrip: token.lstrip === true,
        rstrip: token.rstrip === true,
      };
    });
    return new AddedTokens(tokens.filter((token) => token.content !== ''));
  }

  idOf(content: string): number | undefined {
    return this.#tokens.get(content)?.id;
  }

  /** The id and content of each. */
  *entries(): Iterable<[number, string]> {
    for (const { id, content } of this.#tokens.values()) yield [id, content];
  }

  /** Cuts the text at the added tokens, as it is asked for more. */
  *split(text: string): Iterable<Segment> {
    let done = 0;
    for (const match of text.matchAll(this.#pattern)) {
      const token = this.#tokens.get(match[0])!;
      let start = match.index;
      let end = start + match[0].length;
      if (token.singleWord && (isWordChar(charBefore(text, start)) || isWordChar(charAt(text, end)))) continue;
      if (token.lstrip) while (start > done && isWhitespace(text.charCodeAt(start - 1))) start--;
      if (token.rstrip) while (end < text.length && isWhitespace(text.charCodeAt(end))) end++;
      if (done < start) yield { id: null, start: done, end: start };
      yield { id: token.id, start, end };
      done = end;
    }
    if (done < text.length) yield { id: null, start: done, end: text.length };
  }
}

function escapeRegExp(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
}

function isWordChar(char: string): boolean {
  return WORD_CHAR.test(char);
}

function charAt(text: string, at: number): string {
  return at < text.length ? String.fromCodePoint(text.codePointAt(at)!) : '';
}

function charBefore(text: string, at: number): string {
  return /.$/su.exec(text.slice(Math.max(0, at - 2), at))?.[0] ?? '';
}
