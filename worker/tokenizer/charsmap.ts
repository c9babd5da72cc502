import { corrupt } from './json';

/** Sees a character of the normalised text and the span in the given text that it comes from; false to stop. */
export type Visit = (codePoint: number, start: number, end: number) => boolean;

/** The property Grapheme_Cluster_Break, as far as it can make graphemes of less than six bytes. */
const EXTEND = 1;
const CONTROL = 2;
const PICTOGRAPH = 4;
const PREPEND = 8;
const OTHER = 16;

/** Extend, ZWJ and SpacingMark, which last is the category Mc with exceptions. */
const EXTENDING = /\p{Grapheme_Extend}|\p{Mc}|\p{Emoji_Modifier}|[\u0e33\u0eb3]|\u200d/u;
const NOT_EXTENDING =
  /[\u102b\u102c\u1038\u1062-\u1064\u1067-\u106d\u1083\u1087-\u108c\u108f\u109a-\u109c\u1a61\u1a63\u1a64\uaa7b\uaa7d\u{11720}\u{11721}]/u;

const ZERO_WIDTH_JOINER = 0x200d;
const MEMO_LIMIT = 20_000;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/**
 * The normaliser `Precompiled` of SentencePiece: a double-array trie over UTF-8 bytes that leads to replacements. As in the reference,
 * a grapheme of less than six bytes is replaced whole by what its shortest known beginning stands for, any other character by character.
 */
export class Charsmap {
  readonly #trie: Uint32Array;
  /** The replacements, each ended by a zero byte. */
  readonly #replacements: Uint8Array;
  readonly #memo = new Map<string, string | null>();
  /** 1 for the characters that are known to have no replacement. */
  readonly #unchanged = new Uint8Array(0x110000);
  readonly #breakClasses = new Uint8Array(0x110000);
  readonly #bytes = new Uint8Array(16);

  constructor(map: Uint8Array) {
    const view = new DataView(map.buffer, map.byteOffset, map.byteLength);
    const trieBytes = map.length < 4 ? 0 : view.getUint32(0, true);
    if (trieBytes === 0 || trieBytes % 4 !== 0 || trieBytes + 4 > map.length)
      throw corrupt('precompiled_charsmap is cut');
    this.#trie = Uint32Array.from({ length: trieBytes / 4 }, (_, i) => view.getUint32(4 + 4 * i, true));
    this.#replacements = map.subarray(4 + trieBytes);
  }

  static parse(base64: string): Charsmap {
    let binary: string;
    try {
      binary = atob(base64);
    } catch (error) {
      throw corrupt('precompiled_charsmap is not base64', error);
    }
    return new Charsmap(Uint8Array.from(binary, (char) => char.charCodeAt(0)));
  }

  /** Visits the normalised text from `from` to `to`; false if it was stopped. */
  normalize(text: string, from: number, to: number, visit: Visit): boolean {
    for (let start = from; start < to; ) {
      const end = this.#graphemeEnd(text, start, to);
      if (!this.#normalizeGrapheme(text, start, end, visit)) return false;
      start = end;
    }
    return true;
  }

  #normalizeGrapheme(text: string, start: number, end: number, visit: Visit): boolean {
    const codePoint = text.codePointAt(start)!;
    const next = start + unitsOf(codePoint);
    if (next === end && this.#unchanged[codePoint]) return visit(codePoint, start, end);
    const replacement = end - start < 6 ? this.#replacement(text.slice(start, end)) : null;
    if (replacement !== null) {
      for (const char of replacement) if (!visit(char.codePointAt(0)!, start, end)) return false;
      return true;
    }
    if (next === end) {
      const lone = codePoint >= 0xd800 && codePoint <= 0xdfff;
      if (!lone) this.#unchanged[codePoint] = 1;
      return visit(lone ? 0xfffd : codePoint, start, end);
    }
    for (let at = start; at < end; ) {
      const after = at + unitsOf(text.codePointAt(at)!);
      if (!this.#normalizeGrapheme(text, at, after, visit)) return false;
      at = after;
    }
    return true;
  }

  #replacement(chunk: string): string | null {
    let replacement = this.#memo.get(chunk);
    if (replacement === undefined) {
      if (this.#memo.size >= MEMO_LIMIT) this.#memo.clear();
      // A lone surrogate is not text: in UTF-8, which the reference reads, it has become U+FFFD.
      replacement = this.#lookUp(chunk.replace(/\p{Surrogate}/gu, '\ufffd'));
      this.#memo.set(chunk, replacement);
    }
    return replacement;
  }

  #lookUp(chunk: string): string | null {
    const { written } = encoder.encodeInto(chunk, this.#bytes);
    if (written >= 6) return null;
    let at = offset(this.#trie[0]!);
    for (const byte of this.#bytes.subarray(0, written)) {
      at ^= byte;
      const unit = this.#trie[at] ?? 0;
      if (byte === 0 || (unit & 0x800000ff) !== byte) return null;
      at ^= offset(unit);
      if (unit & 0x100) {
        const start = this.#trie[at]! & 0x7fffffff;
        return decoder.decode(this.#replacements.subarray(start, this.#replacements.indexOf(0, start)));
      }
    }
    return null;
  }

  #graphemeEnd(text: string, start: number, to: number): number {
    let last = text.codePointAt(start)!;
    let at = start + unitsOf(last);
    if (at >= to) return at;
    const following = text.charCodeAt(at);
    if (last === 0x0d && following === 0x0a) return at + 1;
    // No character below U+0300 joins another.
    if (last < 0x300 && following < 0x300) return at;

    let base = this.#breakClass(last);
    let before = base;
    while (at < to && before !== CONTROL) {
      const codePoint = text.codePointAt(at)!;
      const breakClass = this.#breakClass(codePoint);
      const joins =
        breakClass === EXTEND ||
        (before === PREPEND && breakClass !== CONTROL) ||
        (base === PICTOGRAPH && last === ZERO_WIDTH_JOINER && breakClass === PICTOGRAPH);
      if (!joins) break;
      if (breakClass !== EXTEND) base = breakClass;
      before = breakClass;
      last = codePoint;
      at += unitsOf(codePoint);
    }
    return at;
  }

  #breakClass(codePoint: number): number {
    return this.#breakClasses[codePoint] || this.#lookUpBreakClass(codePoint);
  }

  #lookUpBreakClass(codePoint: number): number {
    const char = String.fromCodePoint(codePoint);
    let breakClass = OTHER;
    if (EXTENDING.test(char) && !NOT_EXTENDING.test(char)) breakClass = EXTEND;
    else if (/[\u0600-\u0605\u06dd\u070f]/.test(char)) breakClass = PREPEND;
    else if (/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\u2065\ufff0-\ufff8\u{e0000}-\u{e0fff}]/u.test(char)) breakClass = CONTROL;
    else if (/\p{Extended_Pictographic}/u.test(char)) breakClass = PICTOGRAPH;
    this.#breakClasses[codePoint] = breakClass;
    return breakClass;
  }
}

function offset(unit: number): number {
  return (unit >>> 10) << ((unit & 0x200) >>> 6);
}

function unitsOf(codePoint: number): number {
  return codePoint > 0xffff ? 2 : 1;
}
