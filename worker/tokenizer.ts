import type { Tokens } from '../src/shared/protocol';
import { AddedTokens } from './tokenizer/added-tokens';
import { Bert } from './tokenizer/bert';
import { asObject, type JsonObject, parseJson, unsupported } from './tokenizer/json';
import { parsePairTemplate, parseTemplate, type Template } from './tokenizer/template';
import { type TextModel, TokenSink } from './tokenizer/token-sink';
import { XlmRoberta } from './tokenizer/xlm-roberta';

export interface EncodedText {
  readonly ids: Int32Array;
  readonly truncated: boolean;
}

/** Text to token ids, as the reference (Hugging Face tokenizers 0.22.2) gives them. */
export interface Tokenizer {
  /** The ids with special tokens (`[CLS]` … `[SEP]`), at most `maxLength` of them; the final `[SEP]` is always kept. */
  encode(text: string, maxLength: number): EncodedText;
  /** The whole text in as few pieces of at most `maxLength` ids as it takes, all about equally long, each with its special tokens. */
  encodePieces(text: string, maxLength: number): Int32Array[];
  /** The ids of one text without special tokens, at most `maxTokens` of them. */
  bare(text: string, maxTokens: number): EncodedText;
  /**
   * Joins two bare texts with the special tokens of a pair, `<s> query </s></s> passage </s>`: from the end of the
   * passage goes what is over `maxLength`, unless all of it would have to go. Then nothing goes, and there are more ids.
   * Source: transformers, `prepare_for_model` with truncation `only_second`, as FlagReranker calls it.
   */
  joinPair(query: EncodedText, passage: EncodedText, maxLength: number): EncodedText;
  /** `encode` with the tokens' strings and their UTF-16 offsets in `text`: two numbers a token, 0 and 0 for special tokens around the text. Strings are the vocabulary's: `[UNK]` where it has none. */
  tokens(text: string, maxLength: number): Tokens;
  /** The id of an added token, such as a special one, or undefined. */
  idOf(token: string): number | undefined;
  /** A token as text for a person: without what stands for the space before a word. */
  textOf(id: number): string;
}

/** Reads a tokenizer.json; throws `CorruptTokenizerError` if it is broken, incomplete or of a kind that is not supported. */
export function createTokenizer(tokenizerJson: Uint8Array | string): Tokenizer {
  const json = parseJson(tokenizerJson);
  const { post_processor } = json; // only this part is kept: the whole takes some 100 MB
  return new PipelineTokenizer(AddedTokens.parse(json.added_tokens), parseModel(json), parseTemplate(json), () =>
    parsePairTemplate({ post_processor }),
  );
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
  readonly #pairTemplate: () => ReturnType<typeof parsePairTemplate>;
  #names: ReadonlyMap<number, string> | undefined;

  constructor(
    added: AddedTokens,
    model: TextModel,
    template: Template,
    pairTemplate: () => ReturnType<typeof parsePairTemplate>,
  ) {
    this.#added = added;
    this.#model = model;
    this.#template = template;
    this.#pairTemplate = pairTemplate;
  }

  encode(text: string, maxLength: number): EncodedText {
    const { ids, truncated } = this.#read(text, maxLength - this.#around);
    return { ids: this.#surround(ids), truncated };
  }

  encodePieces(text: string, maxLength: number): Int32Array[] {
    const { ids } = this.#read(text, Number.POSITIVE_INFINITY);
    const count = Math.max(1, Math.ceil(ids.length / (maxLength - this.#around)));
    const starts = Array.from({ length: count + 1 }, (_, i) => Math.round((i * ids.length) / count));
    return starts.slice(1).map((end, i) => this.#surround(ids.slice(starts[i], end)));
  }

  bare(text: string, maxTokens: number): EncodedText {
    const { ids, truncated } = this.#read(text, maxTokens);
    return { ids: Int32Array.from(ids), truncated };
  }

  joinPair(query: EncodedText, passage: EncodedText, maxLength: number): EncodedText {
    const { before, between, after } = this.#pairTemplate();
    const special = before.length + between.length + after.length;
    const over = Math.max(0, query.ids.length + passage.ids.length + special - maxLength);
    const kept = passage.ids.length > over ? passage.ids.subarray(0, passage.ids.length - over) : passage.ids;
    return {
      ids: Int32Array.from([...before, ...query.ids, ...between, ...kept, ...after]),
      truncated: query.truncated || passage.truncated || kept.length < passage.ids.length,
    };
  }

  tokens(text: string, maxLength: number): Tokens {
    const { ids: textIds, offsets: textOffsets, truncated } = this.#read(text, maxLength - this.#around);
    const names = this.#allNames();
    const ids = this.#surround(textIds);
    const offsets = new Uint32Array(2 * ids.length);
    offsets.set(textOffsets, 2 * this.#template.before.length);
    return { ids, tokens: Array.from(ids, (id) => names.get(id) ?? ''), offsets, truncated };
  }

  idOf(token: string): number | undefined {
    return this.#added.idOf(token);
  }

  textOf(id: number): string {
    return this.#model.textOf(this.#allNames().get(id) ?? '');
  }

  get #around(): number {
    return this.#template.before.length + this.#template.after.length;
  }

  #allNames(): ReadonlyMap<number, string> {
    this.#names ??= new Map([...this.#model.entries(), ...this.#added.entries()]);
    return this.#names;
  }

  #read(text: string, limit: number): TokenSink {
    const sink = new TokenSink(limit);
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
