import { BgeError, isBgeError } from '../src/shared/errors';
import type { CallEvent, LoadConfig, LoadEvent, ModelInfo } from '../src/shared/protocol';
import { type Batch, longestFirst, nextBatch } from './batch';
import { chooseDevice } from './device';
import type { Engine, Head, HeadOutputs, TokenBatch } from './engine/engine';
import { type LoadedModel, loadModel } from './model';
import type { Tokenizer } from './tokenizer';
import { Turns } from './turns';

/** Texts that are tokenised in one turn: some milliseconds of work, so that a query does not wait for a corpus. */
const TEXTS_PER_TURN = 64;

/** A running call: its place in the queue, whether it was cancelled, and where its progress goes. */
export interface Call {
  readonly priority: number;
  cancelled: boolean;
  onProgress(event: CallEvent): void;
}

/** What a batch gave, each head's numbers of one row. */
export type RowOutputs = (row: number) => HeadOutputs;

/** A loaded model, and the way that all its work takes: texts → ids in turns; ids → batches → engine → rows, checked. */
export class Pipeline {
  readonly config: LoadConfig;
  readonly tokenizer: Tokenizer;
  readonly engine: Engine;
  readonly info: ModelInfo;
  readonly loadHead: LoadedModel['loadHead'];
  readonly #turns = new Turns();
  /** What the device has been found to hold; at most what the engine hopes for. */
  #limits: Engine['batching'];

  private constructor(
    config: LoadConfig,
    { tokenizer, engine, loadHead, revision }: LoadedModel,
    fallbackReason: string | null,
  ) {
    this.config = config;
    this.tokenizer = tokenizer;
    this.engine = engine;
    this.loadHead = loadHead;
    this.#limits = engine.batching;
    const { model, maxLength } = config;
    this.info = { ...engine.info, model: model.id, revision, maxLength, fallbackReason, selfCheck: null };
  }

  /** Chooses the device, reads the model and opens the engine. */
  static async load(config: LoadConfig, emit: (event: LoadEvent) => void): Promise<Pipeline> {
    const choice = await chooseDevice(config.device, config.failed);
    return new Pipeline(config, await loadModel(config, choice, emit), choice.fallbackReason);
  }

  /** Runs `work` for each item, some at a time, so that others get their turn between. */
  async inTurns<T, R>(items: readonly T[], call: Call, work: (item: T, i: number) => R): Promise<R[]> {
    const results: R[] = [];
    for (let from = 0; from < items.length; from += TEXTS_PER_TURN) {
      await this.#turn(call, () => {
        for (const item of items.slice(from, from + TEXTS_PER_TURN)) results.push(work(item, results.length));
      });
    }
    return results;
  }

  /**
   * Runs rows of token ids through the engine, longest first; `take` gets each batch's rows by their indices. A batch
   * that the device cannot hold is tried again with 3/4 of its rows, as FlagEmbedding does, and later ones are no larger.
   */
  async forward(
    rows: readonly Int32Array[],
    heads: readonly Head[],
    call: Call,
    take: (batch: Batch, outputs: RowOutputs) => void,
  ): Promise<void> {
    const lengths = rows.map((row) => row.length);
    const order = longestFirst(lengths);
    for (let at = 0; at < order.length; ) {
      const batch = nextBatch(order, lengths, at, this.#limits);
      const { length, indices } = batch;
      const ids = new Int32Array(indices.length * length);
      for (const [row, index] of indices.entries()) ids.set(rows[index]!, row * length);
      let outputs: HeadOutputs;
      try {
        outputs = await this.#turn(call, () => this.engine.run({ rows: indices.length, length, ids }, heads));
      } catch (error) {
        if (indices.length === 1 || !isBgeError(error, 'EngineError')) throw error;
        this.#limits = { ...this.#limits, maxTokens: Math.floor((indices.length * 3) / 4) * length };
        continue;
      }
      this.#check(outputs, { rows: indices.length, length, ids });
      take(batch, (row) => rowOf(outputs, row, indices.length));
      at += indices.length;
    }
  }

  #turn<T>(call: Call, work: () => T | Promise<T>): Promise<T> {
    return this.#turns.run(call.priority, () => {
      if (call.cancelled) throw new DOMException('The call was cancelled', 'AbortError');
      return work();
    });
  }

  /** Nothing but numbers, as many as there should be, leaves the engine: a GPU can fail without an error. */
  #check(outputs: HeadOutputs, { rows, length }: TokenBatch): void {
    const { id, dim } = this.config.model;
    const { device } = this.engine.info;
    const sizes: Readonly<Record<Head, number>> = {
      dense: dim,
      logits: dim,
      sparse: length,
      colbert: (length - 1) * dim,
    };
    for (const [head, values] of Object.entries(outputs) as [Head, Float32Array][]) {
      if (values.length !== rows * sizes[head]) {
        const per = head === 'colbert' ? length - 1 : 1;
        const message = `Expected ${head} outputs of ${sizes[head] / per} dimensions from ${id}, its model file gives ${values.length / rows / per}`;
        throw new BgeError('CorruptModelError', message);
      }
      if (values.every(Number.isFinite)) continue;
      const message = `The model on ${device} gave ${head === 'logits' ? 'logits' : 'vectors'} that are not numbers`;
      throw new BgeError('EngineError', message, { details: { device } });
    }
  }
}

/** Views of one row in the outputs of a batch. */
function rowOf(outputs: HeadOutputs, row: number, rows: number): HeadOutputs {
  return Object.fromEntries(
    Object.entries(outputs).map(([head, values]) => {
      const size = values.length / rows;
      return [head, values.subarray(row * size, (row + 1) * size)];
    }),
  );
}
