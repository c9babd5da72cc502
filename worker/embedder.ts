import { BgeError } from '../src/shared/errors';
import type { TokenHead } from '../src/shared/models';
import type {
  EmbedderInfo,
  EncodeReply,
  EncodeRequest,
  ExplainRequest,
  Explanation,
  PairScores,
  ScoreRequest,
  TextKind,
  TokenizeRequest,
  Tokens,
} from '../src/shared/protocol';
import { Collector, type Piece } from './collector';
import type { Head, HeadOutputs } from './engine/engine';
import { tokenVectors } from './heads/colbert';
import { explainMatch } from './heads/explain';
import { PairScorer } from './heads/scorer';
import { lexicalWeights } from './heads/sparse';
import type { TextVectors } from './heads/text-vectors';
import type { Call, Pipeline } from './pipeline';
import { normalizeRow } from './pooling';
import { selfCheckFor } from './self-check';
import { spaceOf } from './space';

const ALL_HEADS = ['dense', 'sparse', 'colbert'] as const;

/** Tokens without a lexical weight: FlagEmbedding's cls_token, eos_token, pad_token and unk_token, by XLM-RoBERTa's names and by BERT's. */
const WITHOUT_WEIGHT = ['<s>', '</s>', '<pad>', '<unk>', '[CLS]', '[SEP]', '[PAD]', '[UNK]'];

/** What a model that embeds can do. The way of a text: instruction → ids → pieces → heads → one row a text. */
export class Embedder {
  readonly info: EmbedderInfo;
  readonly #pipeline: Pipeline;
  readonly #withoutWeight: ReadonlySet<number>;
  readonly #attached = new Map<TokenHead, Promise<void>>();

  constructor(pipeline: Pipeline) {
    const { config, engine, info, tokenizer } = pipeline;
    const { dim, model } = config;
    this.#pipeline = pipeline;
    this.#withoutWeight = new Set(WITHOUT_WEIGHT.flatMap((token) => tokenizer.idOf(token) ?? []));
    this.info = { ...info, dim, heads: model.heads, space: spaceOf(config, engine.info, info.revision) };
  }

  /** The first run of the engine: it warms up and is judged by what it gives. Throws SelfCheckError. */
  async check(): Promise<number | null> {
    const { config, engine, tokenizer } = this.#pipeline;
    const check = selfCheckFor(config.model);
    const vectors: Float32Array[] = [];
    const rows = check.texts.map((text) => tokenizer.encode(text, config.model.maxLength).ids);
    const call: Call = { priority: 0, cancelled: false, onProgress: () => {} };
    // One by one: a batch that is refused would not be a verdict.
    for (const ids of rows) {
      await this.#pipeline.forward([ids], ['dense'], call, (_, [outputs]) => {
        vectors.push(outputs!.dense!);
      });
    }
    return check.judge(vectors, engine.info);
  }

  async encode(request: EncodeRequest, call: Call): Promise<EncodeReply> {
    const { heads, texts } = request;
    const names = ALL_HEADS.filter((head) => heads[head]);
    await this.#attach(names);
    const { pieces, truncated } = await this.#cut(request, call);
    const { tokenizer, config } = this.#pipeline;
    const collector = collectorFor(texts.length, pieces, heads, this.info.dim, config.normalize);
    const done = { texts: 0, tokens: 0, totalTexts: pieces.length };
    await this.#run(pieces, names, call, done, (i, vectors) => collector.put(i, vectors));
    return { ...collector.finish((id) => tokenizer.textOf(id)), truncated, space: this.info.space };
  }

  tokenize({ texts, kind, maxLength }: TokenizeRequest, call: Call): Promise<Tokens[]> {
    const { tokenizer } = this.#pipeline;
    const limit = maxLength ?? this.info.maxLength;
    return this.#pipeline.inTurns(texts, call, (text) => tokenizer.tokens(this.#withInstruction(text, kind), limit));
  }

  /** As FlagEmbedding's `compute_score`, without instructions; a text that occurs in several pairs goes through the model once. */
  async score({ pairs, weights, maxQueryLength, maxPassageLength }: ScoreRequest, call: Call): Promise<PairScores> {
    await this.#attach(ALL_HEADS);
    const scorer = new PairScorer(pairs, weights);
    const cut = (texts: readonly string[], maxLength: number | null) =>
      this.#cut({ texts, firstIndex: 0, kind: 'plain', overflow: 'truncate', maxLength }, call);
    const queries = (await cut(scorer.queries, maxQueryLength)).pieces;
    const passages = (await cut(scorer.passages, maxPassageLength)).pieces;
    const done = { texts: 0, tokens: 0, totalTexts: queries.length + passages.length };
    await this.#run(queries, ALL_HEADS, call, done, (i, vectors) => scorer.putQuery(i, vectors));
    await this.#run(passages, ALL_HEADS, call, done, async (passage, vectors) => {
      // The ColBERT score of two long texts takes seconds: a turn each, so that others come in between and a cancel is seen.
      for (const pair of scorer.pairsOf(passage))
        await this.#pipeline.inTurns([pair], call, () => scorer.score(pair, vectors));
    });
    return scorer.scores();
  }

  async explain({ query, passage, maxLength }: ExplainRequest, call: Call): Promise<Explanation> {
    await this.#attach(ALL_HEADS);
    const { tokenizer } = this.#pipeline;
    const limit = maxLength ?? this.info.maxLength;
    const texts = await this.#pipeline.inTurns([query, passage], call, (text) => tokenizer.tokens(text, limit));
    const vectors: TextVectors[] = [];
    const pieces = texts.map(({ ids }, text) => ({ ids, text }));
    const done = { texts: 0, tokens: 0, totalTexts: 2 };
    await this.#run(pieces, ALL_HEADS, call, done, (i, found) => {
      vectors[i] = found;
    });
    const side = (text: string, i: number) => ({ text, tokens: texts[i]!, vectors: vectors[i]! });
    return explainMatch(side(query, 0), side(passage, 1), this.info.dim, (id) => tokenizer.textOf(id));
  }

  /** Runs pieces of texts through the model; `take` gets what the heads make of each, as soon as it is there. */
  async #run(
    pieces: readonly Piece[],
    heads: readonly Head[],
    call: Call,
    done: { texts: number; tokens: number; readonly totalTexts: number },
    take: (piece: number, vectors: TextVectors) => void | Promise<void>,
  ): Promise<void> {
    const rows = pieces.map(({ ids }) => ids);
    await this.#pipeline.forward(rows, heads, call, async (indices, outputs) => {
      for (const [i, piece] of indices.entries()) {
        await take(piece, this.#vectorsOf(outputs[i]!, rows[piece]!));
        done.texts++;
        done.tokens += rows[piece]!.length;
      }
      call.onProgress({ phase: 'encode', ...done });
    });
  }

  /** Cuts to the wanted dimensions first and normalises then, as the reference does (Matryoshka). */
  #vectorsOf({ dense, sparse, colbert }: HeadOutputs, ids: Int32Array): TextVectors {
    const { dim } = this.info;
    const vectors: TextVectors = {};
    if (dense) {
      vectors.dense = dense.slice(0, dim);
      if (this.#pipeline.config.normalize) normalizeRow(vectors.dense);
    }
    if (sparse) vectors.sparse = lexicalWeights(ids, sparse, this.#withoutWeight);
    if (colbert) vectors.colbert = tokenVectors(colbert, ids.length - 1, dim);
    return vectors;
  }

  /** Texts to ids; what is too long is cut off, refused, or goes into further pieces. */
  async #cut(
    {
      texts,
      firstIndex,
      kind,
      maxLength,
      overflow,
    }: Pick<EncodeRequest, 'texts' | 'firstIndex' | 'kind' | 'maxLength' | 'overflow'>,
    call: Call,
  ): Promise<{ pieces: Piece[]; truncated: Uint8Array<ArrayBuffer> }> {
    const { tokenizer } = this.#pipeline;
    const limit = maxLength ?? this.info.maxLength;
    const truncated = new Uint8Array(texts.length);
    const pieces = await this.#pipeline.inTurns(texts, call, (plain, text): Piece[] => {
      const whole = this.#withInstruction(plain, kind);
      const { ids, truncated: isCut } = tokenizer.encode(whole, limit);
      if (!isCut) return [{ ids, text }];
      if (overflow === 'error')
        throw tooLong(firstIndex + text, tokenizer.encode(whole, Number.POSITIVE_INFINITY).ids.length, limit);
      if (overflow === 'chunk') return tokenizer.encodePieces(whole, limit).map((piece) => ({ ids: piece, text }));
      truncated[text] = 1;
      return [{ ids, text }];
    });
    return { pieces: pieces.flat(), truncated };
  }

  #withInstruction(text: string, kind: TextKind): string {
    if (kind === 'plain') return text;
    const { queryInstruction, passageInstruction } = this.#pipeline.config;
    return (kind === 'query' ? queryInstruction : passageInstruction) + text;
  }

  /** Loads what the heads need beside the graph, each once; a load that failed is forgotten. */
  async #attach(heads: readonly Head[]): Promise<void> {
    const { engine, config } = this.#pipeline;
    const missing = heads.filter((head) => !engine.has(head)) as TokenHead[];
    const unknown = missing.find((head) => !config.model.heads.includes(head));
    if (unknown) {
      const message = `${config.model.id} has no ${unknown} head; BAAI/bge-m3 has one`;
      throw new BgeError('WrongModelError', message, { details: { model: config.model.id, head: unknown } });
    }
    for (const head of missing) {
      if (engine.has(head)) continue; // another call was faster
      const attaching = this.#attached.get(head) ?? this.#load(head);
      this.#attached.set(head, attaching);
      await attaching.finally(() => this.#attached.delete(head));
    }
  }

  async #load(head: TokenHead): Promise<void> {
    const { engine, loadHead } = this.#pipeline;
    const linear = await loadHead(head);
    await this.#pipeline.alone(() => engine.attach(head, linear));
  }
}

/** Room for the result, before any work is done for it. */
function collectorFor(...sizes: ConstructorParameters<typeof Collector>): Collector {
  try {
    return new Collector(...sizes);
  } catch (cause) {
    const [texts] = sizes;
    const message = `Memory does not hold the result of ${texts} texts: take fewer in a call (encodeStream), or colbert: 'int8'`;
    throw new BgeError('EngineError', message, { cause });
  }
}

function tooLong(text: number, tokens: number, maxLength: number): BgeError {
  const message = `texts[${text}] has ${tokens} tokens, more than maxLength ${maxLength}`;
  return new BgeError('TextTooLongError', message, { details: { index: text, tokens, maxLength } });
}
