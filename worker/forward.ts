import { BgeError, isBgeError } from '../src/shared/errors';
import type { ModelSpec } from '../src/shared/models';
import { type Batch, type BatchLimits, longestFirst, nextBatch } from './batch';
import type { Engine, Head, HeadOutputs, TokenBatch } from './engine/engine';

/** What each head gives for one row of a batch. */
export type RowOutputs = (row: number) => HeadOutputs;

/** Runs some work when it is the call's turn to use the device; throws where the call was cancelled. */
export type Turn = <T>(work: () => Promise<T>) => Promise<T>;

/** Rows of token ids through the engine: batches that fit the device, outputs that were checked. */
export class Forward {
  readonly #engine: Engine;
  readonly #model: Pick<ModelSpec, 'id' | 'dim'>;
  /** What the device has been found to hold; at most what the engine hopes for. */
  #limits: BatchLimits;

  constructor(engine: Engine, model: Pick<ModelSpec, 'id' | 'dim'>) {
    this.#engine = engine;
    this.#model = model;
    this.#limits = engine.batching;
  }

  /**
   * Runs the rows, longest first, a batch a turn; `take` gets each batch's outputs. A batch that the device cannot hold is
   * tried again with 3/4 of its rows, as FlagEmbedding does, and later ones are no larger. Rejects with CorruptModelError,
   * DeviceLostError or EngineError, and as `turn` does.
   */
  async run(
    rows: readonly Int32Array[],
    heads: readonly Head[],
    turn: Turn,
    take: (batch: Batch, outputs: RowOutputs) => void | Promise<void>,
  ): Promise<void> {
    const lengths = rows.map((row) => row.length);
    const order = longestFirst(lengths);
    for (let at = 0; at < order.length; ) {
      const batch = nextBatch(order, lengths, at, this.#limits);
      const { length, indices } = batch;
      const ids = new Int32Array(indices.length * length);
      for (const [row, index] of indices.entries()) ids.set(rows[index]!, row * length);
      const tokens: TokenBatch = { rows: indices.length, length, ids };
      let outputs: HeadOutputs;
      try {
        outputs = await turn(() => this.#engine.run(tokens, heads));
      } catch (error) {
        if (indices.length === 1 || !isBgeError(error, 'EngineError')) throw error;
        const fewer = Math.floor((indices.length * 3) / 4) * length;
        this.#limits = { ...this.#limits, maxTokens: Math.min(this.#limits.maxTokens, fewer) };
        continue;
      }
      this.#check(outputs, tokens);
      await take(batch, (row) => rowOf(outputs, row, indices.length));
      at += indices.length;
    }
  }

  /** Nothing but numbers, as many as there should be, leaves the engine: a GPU can fail without an error. */
  #check(outputs: HeadOutputs, { rows, length }: TokenBatch): void {
    const { id, dim } = this.#model;
    const { device } = this.#engine.info;
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
