/** A word of a description, and its English: nothing where it says nothing by itself, or is not known. */
export interface Word {
  readonly source: string;
  readonly gloss: string;
}

/** Reads Chinese word by word, by the short gloss of each that scripts/wordnet/chinese.mjs has taken from CC-CEDICT. */
export class ChineseWords {
  readonly #simplified: ReadonlyMap<string, string>;
  readonly #glosses = new Map<string, string>();
  readonly #words = new Map<string, string[]>();
  readonly #longest: number;

  /** `file`: a line of traditional characters, one of what they are simplified to, and a line for each word: itself, a tab, its gloss. */
  constructor(file: string) {
    const [traditional = '', simplified = '', ...lines] = file.split('\n');
    this.#simplified = new Map(Array.from(traditional, (character, i) => [character, simplified[i]!]));
    let longest = 1;
    for (const line of lines) {
      const tab = line.indexOf('\t');
      const word = line.slice(0, tab);
      const gloss = line.slice(tab + 1);
      this.#glosses.set(word, gloss);
      const same = this.#words.get(gloss);
      if (same) same.push(word);
      else this.#words.set(gloss, [word]);
      longest = Math.max(longest, word.length);
    }
    this.#longest = longest;
  }

  /** The words of a text; what is not Chinese stands for itself. */
  read(text: string): Word[] {
    // Character for character: places stay the same.
    const simple = Array.from(text, (character) => this.#simplified.get(character) ?? character).join('');
    const segments = new Intl.Segmenter('zh', { granularity: 'word' }).segment(simple);
    return Array.from(segments).flatMap(({ segment, index, isWordLike }) => {
      const source = text.slice(index, index + segment.length);
      if (!isWordLike) return [];
      return isChinese(segment) ? this.#look(source, segment) : [{ source, gloss: source }];
    });
  }

  /** Up to three Chinese words for an English one, whatever it means: those of two characters first, as most nouns are. */
  wordsFor(english: string): string[] {
    const unlike = ({ length }: string) => Math.abs(length - 2);
    return (this.#words.get(english) ?? []).toSorted((a, b) => unlike(a) - unlike(b)).slice(0, 3);
  }

  /** The longest words of the dictionary that a segment begins with, and so on to its end: mostly it is one. */
  #look(source: string, segment: string): Word[] {
    if (segment === '') return [];
    let end = Math.min(this.#longest, segment.length);
    while (end > 1 && !this.#glosses.has(segment.slice(0, end))) end--;
    const word = { source: source.slice(0, end), gloss: this.#glosses.get(segment.slice(0, end)) ?? '' };
    return [word, ...this.#look(source.slice(end), segment.slice(end))];
  }
}

/** What is searched for. */
export const englishOf = (words: readonly Word[]) =>
  words
    .map(({ gloss }) => gloss)
    .filter((gloss) => gloss !== '')
    .join(' ');

export const isChinese = (text: string) => /\p{Script=Han}/u.test(text);
