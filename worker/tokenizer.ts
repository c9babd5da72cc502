import type { Tokens } from '../src/shared/protocol';
import { AddedTokens } from './tokenizer/added-tokens';
import { Bert } from './tokenizer/bert';
import { asObject, type JsonObject, parseJson, unsupported } from './tokenizer/json';
import { parseTemplate, type Template } from './tokenizer/template';
import { type TextModel, TokenSink } from './tokenizer/token-sink';
import { XlmRoberta } from './tokenizer/xlm-roberta';

/** Text to token ids, as the reference (Hugging Face tokenizers 0.22.2) gives them. */
export interface Tokenizer {
  /** The ids with special tokens (`[CLS]` … `[SEP]`), at most `maxLength` of them; the final `[SEP]` is always kept. */
  encode(text: string, maxLength: number): { ids: Int32Array; truncated: boolean };
  /** The same with the tokens' strings and their UTF-16 offsets in `text`: two numbers a token, 0 and 0 for special tokens around the text. Strings are the vocabulary's: `[UNK]` where it has none. */
  tokens(text: string, maxLength: number): Tokens;
}

/** Reads a tokenizer.json; throws `CorruptTokenizerError` if it is broken, incomplete or of a kind that is not supported. */
export function createTokenizer(tokenizerJson: Uint8Array | string): Tokenizer {
  const json = parseJson(tokenizerJson);
  return new PipelineTokenizer(AddedTokens.parse(json.added_tokens), parseModel(json), parseTemplate(json));
}

function parseModel(json: JsonObject): TextModel {
  const { type } = asObject(json.model, 'model');
  switch (type) {
    case 'WordPiece':
      return Bert.parse(json);
    case 'Unigram':
      return XlmRoberta.parse(json);
    default:
      throw unsupported('model', type);
  }
}

class PipelineTokenizer implements Tokenizer {
  readonly #added: AddedTokens;
  readonly #model: TextModel;
  readonly #template: Template;
  #names: ReadonlyMap<number, string> | undefined;

  constructor(added: AddedTokens, model: TextModel, template: Template) {
    this.#added = added;
    this.#model = model;
    this.#template = template;
  }

  encode(text: string, maxLength: number): { ids: Int32Array; truncated: boolean } {
    const { ids, truncated } = this.#read(text, maxLength);
    return { ids: this.#surround(ids), truncated };
  }

  tokens(text: string, maxLength: number): Tokens {
    const { ids: textIds, offsets: textOffsets, truncated } = this.#read(text, maxLength);
    this.#names ??= new Map([...this.#model.entries(), ...this.#added.entries()]);
    const names = this.#names;
    const ids = this.#surround(textIds);
    const offsets = new Uint32Array(2 * ids.length);
    offsets.set(textOffsets, 2 * this.#template.before.length);
    return { ids, tokens: Array.from(ids, (id) => names.get(id) ?? ''), offsets, truncated };
  }

  #read(text: string, maxLength: number): TokenSink {
    const { before, after } = this.#template;
    const sink = new TokenSink(maxLength - before.length - after.length);
    for (const { id, start, end } of this.#added.split(text)) {
      if (!(id === null ? this.#model.encode(text, start, end, sink) : sink.push(id, start, end))) break;
    }
    return sink;
  }

  #surround(textIds: readonly number[]): Int32Array {
    const { before, after } = this.#template;
    const ids = new Int32Array(before.length + textIds.length + after.length);
    ids.set(before);
    ids.set(textIds, before.length);
    ids.set(after, before.length + textIds.length);
    return ids;
  }
}
