import { asObject, type JsonObject, stepsOf, unsupported } from './json';
import { isChinese, isNonspacingMark, isPunctuation, isRemoved, isWhitespace } from './unicode';

/** What a character does to the word it meets. */
export const Role = {
  Unknown: 0,
  /** It vanishes. */
  Removed: 1,
  /** It ends the word. */
  Space: 2,
  /** It ends the word and is a word of its own: punctuation, Chinese characters. */
  Alone: 3,
  /** It is part of the word. */
  Inside: 4,
} as const;

/**
 * BertNormalizer and BertPreTokenizer. Both come down to a question about one character at a time. Only the canonical order of
 * accents could reach across characters; those that survive are in no vocabulary, so their word is unknown in any order.
 */
export class BertCharacters {
  readonly #cleanText: boolean;
  readonly #splitChinese: boolean;
  readonly #stripAccents: boolean;
  readonly #lowercase: boolean;
  /** `Role.Unknown` until looked up. */
  readonly #roles = new Uint8Array(0x110000);
  /** The normalised form of the characters that do not stay as they are. */
  readonly #forms = new Map<number, string>();

  constructor(options: { cleanText: boolean; splitChinese: boolean; stripAccents: boolean; lowercase: boolean }) {
    this.#cleanText = options.cleanText;
    this.#splitChinese = options.splitChinese;
    this.#stripAccents = options.stripAccents;
    this.#lowercase = options.lowercase;
  }

  /** Reads `normalizer` and `pre_tokenizer` of tokenizer.json. */
  static parse(json: JsonObject): BertCharacters {
    const whole = asObject(json.normalizer, 'normalizer');
    const steps = whole.type === 'Sequence' ? stepsOf(whole, 'normalizer', 'normalizers') : [whole];
    // Put before BERT's own by sentence-transformers, where its `do_lower_case` is set, as it is in BAAI's folders.
    const isLowered = steps[0]?.type === 'Lowercase';
    const [normalizer, more] = isLowered ? steps.slice(1) : steps;
    if (normalizer?.type !== 'BertNormalizer' || more)
      throw unsupported('normalizer', steps.map(({ type }) => type).join());
    const preTokenizer = asObject(json.pre_tokenizer, 'pre_tokenizer');
    if (preTokenizer.type !== 'BertPreTokenizer') throw unsupported('pre_tokenizer', preTokenizer.type);
    const lowercase = normalizer.lowercase === true;
    return new BertCharacters({
      cleanText: normalizer.clean_text === true,
      splitChinese: normalizer.handle_chinese_chars === true,
      stripAccents: (normalizer.strip_accents ?? lowercase) === true,
      lowercase: lowercase || isLowered,
    });
  }

  role(codePoint: number): number {
    return this.#roles[codePoint] || this.#lookUp(codePoint);
  }

  form(codePoint: number): string {
    return this.#forms.get(codePoint) ?? String.fromCodePoint(codePoint);
  }

  #lookUp(codePoint: number): number {
    const char = String.fromCodePoint(codePoint);
    const form = this.#normalize(codePoint, char);
    if (form !== char) this.#forms.set(codePoint, form);
    const role = this.#roleOf(codePoint, form);
    this.#roles[codePoint] = role;
    return role;
  }

  #normalize(codePoint: number, char: string): string {
    // A lone surrogate is not text: in UTF-8, which the reference reads, it has become U+FFFD.
    const lone = codePoint >= 0xd800 && codePoint <= 0xdfff;
    let form = lone ? '\ufffd' : char;
    if (this.#cleanText && isRemoved(lone ? 0xfffd : codePoint)) return '';
    if (this.#stripAccents) {
      form = [...form.normalize('NFD')].filter((part) => !isNonspacingMark(part.codePointAt(0)!)).join('');
    }
    return this.#lowercase ? form.toLowerCase() : form;
  }

  #roleOf(codePoint: number, form: string): number {
    if (form === '') return Role.Removed;
    const first = form.codePointAt(0)!;
    if (isWhitespace(first)) return Role.Space;
    return isPunctuation(first) || (this.#splitChinese && isChinese(codePoint)) ? Role.Alone : Role.Inside;
  }
}
