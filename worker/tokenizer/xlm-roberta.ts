import { Charsmap } from './charsmap';
import { asArray, asObject, asString, type JsonObject, unsupported } from './json';
import type { TextModel, TokenSink } from './token-sink';
import { isWhitespace } from './unicode';
import { Unigram } from './unigram';

const SPACE = 0x20;
/** Stands for the space before a word, and begins every word. */
const WORD_START = 0x2581;

/** XLM-RoBERTa's way from text to tokens: a normalised text, cut before every space, each word split into pieces. */
export class XlmRoberta implements TextModel {
  readonly #charsmap: Charsmap;
  readonly #stripEnd: boolean;
  readonly #unigram: Unigram;

  constructor(charsmap: Charsmap, stripEnd: boolean, unigram: Unigram) {
    this.#charsmap = charsmap;
    this.#stripEnd = stripEnd;
    this.#unigram = unigram;
  }

  static parse(json: JsonObject): XlmRoberta {
    const { charsmap, stripEnd } = parseNormalizer(json);
    checkMetaspace(json);
    return new XlmRoberta(charsmap, stripEnd, Unigram.parse(asObject(json.model, 'model')));
  }

  entries(): Iterable<[number, string]> {
    return this.#unigram.entries();
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

    const visit = (codePoint: number, start: number, end: number): boolean => {
      if (codePoint === SPACE || (this.#stripEnd && isWhitespace(codePoint))) {
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

    if (!this.#charsmap.normalize(text, from, to, visit)) return false;
    return (this.#stripEnd || addWaiting()) && unigram.finish(sink);
  }
}

/** The map of characters, what removes the spaces at the end, and what makes one space of several. */
function parseNormalizer(json: JsonObject): { charsmap: Charsmap; stripEnd: boolean } {
  const normalizer = asObject(json.normalizer, 'normalizer');
  if (normalizer.type !== 'Sequence') throw unsupported('normalizer', normalizer.type);
  const steps = asArray(normalizer.normalizers, 'normalizer.normalizers').map((step) => asObject(step, 'a normalizer'));
  const known = [isPrecompiled, isStripEnd, isReplaceSpaces];
  const strange = steps.find((step) => !known.some((is) => is(step)));
  if (strange) throw unsupported('normalizer', strange);
  const order = steps.map((step) => known.findIndex((is) => is(step))).join();
  if (order !== '0,2' && order !== '0,1,2')
    throw unsupported(
      'the order of normalizers',
      steps.map((step) => step.type),
    );
  return {
    charsmap: Charsmap.parse(asString(steps[0]!.precompiled_charsmap, 'precompiled_charsmap')),
    stripEnd: order === '0,1,2',
  };
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

function checkMetaspace(json: JsonObject): void {
  const {
    type,
    replacement,
    add_prefix_space,
    prepend_scheme = 'always',
    split = true,
  } = asObject(json.pre_tokenizer, 'pre_tokenizer');
  const usual =
    type === 'Metaspace' &&
    replacement === '▁' &&
    add_prefix_space !== false &&
    prepend_scheme === 'always' &&
    split === true;
  if (!usual) throw unsupported('pre_tokenizer', json.pre_tokenizer);
}
