import { BgeError } from '../src/shared/errors';
import type { ModelInfo, RerankRequest } from '../src/shared/protocol';
import type { Call, Pipeline } from './pipeline';
import { rerankCheckFor } from './self-check';
import type { EncodedText } from './tokenizer';

/** What a reranker can do. The way of a pair: instructions → ids of both → one row → a logit. */
export class Reranker {
  readonly info: ModelInfo;
  readonly #pipeline: Pipeline;

  constructor(pipeline: Pipeline) {
    this.#pipeline = pipeline;
    this.info = pipeline.info;
  }

  /** The first run of the engine: it warms up and is judged by what it gives. Throws SelfCheckError. */
  async check(): Promise<null> {
    const { config, engine, tokenizer } = this.#pipeline;
    const check = rerankCheckFor(config.model);
    const { maxLength } = config.model;
    // As the model is published: without what the app has set.
    const rows = check.pairs.map(([query, passage]) =>
      tokenizer.joinPair(tokenizer.bare(query, maxLength), tokenizer.bare(passage, maxLength), maxLength),
    );
    const call: Call = { priority: 0, cancelled: false, onProgress: () => {} };
    check.judge(await this.#logits(rows, call), engine.info);
    return null;
  }

  /**
   * One logit a pair. The query is cut to `maxQueryLength`, then the passage to what is left.
   * Source: FlagEmbedding, inference/reranker/encoder_only/base.py, `compute_score_single_gpu`.
   */
  async rerank(request: RerankRequest, call: Call): Promise<Float32Array<ArrayBuffer>> {
    return this.#logits(await this.#pairIds(request, call), call);
  }

  async #logits(rows: readonly EncodedText[], call: Call): Promise<Float32Array<ArrayBuffer>> {
    const logits = new Float32Array(rows.length);
    const done = { pairs: 0, totalPairs: rows.length, tokens: 0 };
    const ids = rows.map((row) => row.ids);
    await this.#pipeline.forward(ids, ['logits'], call, (indices, outputs) => {
      for (const [i, index] of indices.entries()) {
        logits[index] = outputs[i]!.logits![0]!;
        done.pairs++;
        done.tokens += ids[index]!.length;
      }
      call.onProgress({ phase: 'rerank', ...done, indices, logits: indices.map((index) => logits[index]!) });
    });
    return logits;
  }

  #pairIds(request: RerankRequest, call: Call): Promise<EncodedText[]> {
    const { tokenizer, config } = this.#pipeline;
    const { queryInstruction, passageInstruction, model } = config;
    const limit = request.maxLength ?? this.info.maxLength;
    const queryLimit = request.maxQueryLength ?? Math.floor((limit * 3) / 4);
    const queries = new Map<string, EncodedText>(); // most calls rank many passages for one query
    return this.#pipeline.inTurns(request.pairs, call, ([query, passage], i) => {
      const queryIds = queries.get(query) ?? tokenizer.bare(queryInstruction + query, queryLimit);
      queries.set(query, queryIds);
      const row = tokenizer.joinPair(queryIds, tokenizer.bare(passageInstruction + passage, limit), limit);
      const details = { index: i, maxLength: limit };
      if (request.overflow === 'error' && (row.truncated || row.ids.length > limit))
        throw new BgeError('TextTooLongError', `pairs[${i}] has more tokens than maxLength ${limit} has room for`, {
          details,
        });
      if (row.ids.length <= Math.max(limit, model.maxLength)) return row;
      const message = `pairs[${i}] has ${row.ids.length} tokens, and nothing would be left of its passage if it were cut to ${limit}: take a smaller maxQueryLength`;
      throw new BgeError('TextTooLongError', message, { details });
    });
  }
}
