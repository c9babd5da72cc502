import { Charsmap } from './charsmap';
import { asObject, asString, type JsonObject, stepsOf, unsupported } from './json';
import type { TextModel, TokenSink } from './token-sink';
import { isWhitespace } from './unicode';
import { Unigram } from './unigram';

const SPACE = 0x20;
/** Stands for the space before a word, and begins every word. */
const WORD_START = 0x2581;

/**
 * What becomes of spaces, in which the published files differ: each run of them is one (bge-m3), the same and none at the
 * end (bge-reranker-v2-m3), or white space only separates words (xlm-roberta-base: bge-reranker-base and -large).
 */
type Spaces = 'kept' | 'kept-inside' | 'between-words';

/** XLM-RoBERTa's way from text to tokens: a normalised text, cut before every space, each word split into pieces. */
export class XlmRoberta implements TextModel {
  readonly #charsmap: Charsmap;
  readonly #spaces: Spaces;
  readonly #unigram: Unigram;

  constructor(charsmap: Charsmap, spaces: Spaces, unigram: Unigram) {
    this.#charsmap = charsmap;
    this.#spaces = spaces;
    this.#unigram = unigram;
  }

  static parse(json: JsonObject): XlmRoberta {
    const { charsmap, spaces } = parseSteps(json);
    return new XlmRoberta(charsmap, spaces, Unigram.parse(asObject(json.model, 'model')));
  }

  entries(): Iterable<[number, string]> {
    return this.#unigram.entries();
  }

  /** As the reference's decoder `Metaspace` does with a single token. */
  textOf(token: string): string {
    return token.replace(/^▁/, '').replaceAll('▁', ' ');
  }

  encode(text: string, from: number, to: number, sink: TokenSink): boolean {
    const unigram = this.#unigram;
    unigram.reset();
    let empty = true;
    const add = (codePoint: number, start: number, end: number): boolean => {
      if (codePoint === SPACE || codePoint === WORD_START) {
        if (!empty && !unigram.finish(sink)) return false;
        codePoint = WORD_START;
      } else if (empty && !unigram.add(WORD_START, start, end, sink)) return false;
      empty = false;
      return unigram.add(codePoint, start, end, sink);
    };

    // Spaces wait for what follows: of several the last one counts, and at the end of the text they may not count at all.
    let waiting: { codePoint: number; start: number; end: number }[] = [];
    const addWaiting = (): boolean => {
      const all = waiting;
      waiting = [];
      return all.every(({ codePoint, start, end }) => add(codePoint, start, end));
    };

    const stripEnd = this.#spaces === 'kept-inside';
    const visit = (codePoint: number, start: number, end: number): boolean => {
      if (codePoint === SPACE || (stripEnd && isWhitespace(codePoint))) {
        const last = waiting.at(-1);
        if (codePoint === SPACE && last?.codePoint === SPACE) {
          last.start = start;
          last.end = end;
        } else {
          waiting.push({ codePoint, start, end });
        }
        return true;
      }
      return (waiting.length === 0 || addWaiting()) && add(codePoint, start, end);
    };

    const visitWord = (codePoint: number, start: number, end: number): boolean => {
      if (!isWhitespace(codePoint)) return add(codePoint, start, end);
      if (empty) return true;
      empty = true;
      return unigram.finish(sink);
    };

    const onlyBetween = this.#spaces === 'between-words';
    if (!this.#charsmap.normalize(text, from, to, onlyBetween ? visitWord : visit)) return false;
    return (stripEnd || addWaiting()) && unigram.finish(sink);
  }
}

/** The map of characters, and what the normalizer and the pre-tokenizer together do to spaces. */
function parseSteps(json: JsonObject): { charsmap: Charsmap; spaces: Spaces } {
  const normalizer = asObject(json.normalizer, 'normalizer');
  const preTokenizer = asObject(json.pre_tokenizer, 'pre_tokenizer');
  if (isPrecompiled(normalizer)) {
    const [first, second, ...more] = stepsOf(preTokenizer, 'pre_tokenizer', 'pretokenizers');
    if (first?.type !== 'WhitespaceSplit' || !second || !isMetaspace(second) || more.length > 0)
      throw unsupported('pre_tokenizer', preTokenizer);
    return { charsmap: charsmapOf(normalizer), spaces: 'between-words' };
  }
  if (!isMetaspace(preTokenizer)) throw unsupported('pre_tokenizer', preTokenizer);
  const steps = stepsOf(normalizer, 'normalizer', 'normalizers');
  const known = [isPrecompiled, isStripEnd, isReplaceSpaces];
  const strange = steps.find((step) => !known.some((is) => is(step)));
  if (strange) throw unsupported('normalizer', strange);
  const order = steps.map((step) => known.findIndex((is) => is(step))).join();
  if (order !== '0,2' && order !== '0,1,2')
    throw unsupported(
      'the order of normalizers',
      steps.map((step) => step.type),
    );
  return { charsmap: charsmapOf(steps[0]!), spaces: order === '0,1,2' ? 'kept-inside' : 'kept' };
}

function charsmapOf(step: JsonObject): Charsmap {
  return Charsmap.parse(asString(step.precompiled_charsmap, 'precompiled_charsmap'));
}

function isPrecompiled(step: JsonObject): boolean {
  return step.type === 'Precompiled';
}

function isStripEnd(step: JsonObject): boolean {
  return step.type === 'Strip' && step.strip_left === false && step.strip_right === true;
}

function isReplaceSpaces(step: JsonObject): boolean {
  const pattern = (step.pattern as JsonObject | undefined)?.Regex;
  return step.type === 'Replace' && pattern === ' {2,}' && (step.content === ' ' || step.content === '▁');
}

function isMetaspace(step: JsonObject): boolean {
  const { type, replacement, add_prefix_space, prepend_scheme = 'always', split = true } = step;
  return (
    type === 'Metaspace' &&
    replacement === '▁' &&
    add_prefix_space !== false &&
    prepend_scheme === 'always' &&
    split === true
  );
}
