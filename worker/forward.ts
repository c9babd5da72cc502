import { BgeError, isBgeError } from '../src/shared/errors';
import type { ModelSpec } from '../src/shared/models';
import { longestFirst, nextBatch } from './batch';
import type { BatchLimits, Engine, Head, HeadOutputs } from './engine/engine';

/** Gets what the heads give for some of the rows: their indices, and the outputs in that order. */
export type Take = (indices: readonly number[], outputs: readonly HeadOutputs[]) => void | Promise<void>;

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
  async run(rows: readonly Int32Array[], heads: readonly Head[], turn: Turn, take: Take): Promise<void> {
    const lengths = rows.map((row) => row.length);
    const waiting = longestFirst(lengths);
    let failed = false;
    const lane = async () => {
      while (waiting.length > 0 && !failed) {
        const indices = nextBatch(waiting, lengths, this.#limits);
        waiting.splice(0, indices.length);
        const outputs = await this.#runBatch(
          indices.map((index) => rows[index]!),
          heads,
          turn,
        );
        if (failed) return;
        if (outputs) await take(indices, outputs);
        else waiting.unshift(...indices);
      }
    };
    const lanes = Array.from({ length: this.#engine.lanes }, lane);
    await Promise.all(lanes).catch((error) => {
      failed = true;
      throw error;
    });
  }

  /** Null where the device could not hold the batch, and may hold fewer rows. */
  async #runBatch(rows: readonly Int32Array[], heads: readonly Head[], turn: Turn): Promise<HeadOutputs[] | null> {
    const lengths = rows.map((row) => row.length);
    const ids = new Int32Array(lengths.reduce((sum, length) => sum + length, 0));
    let at = 0;
    for (const row of rows) {
      ids.set(row, at);
      at += row.length;
    }
    let outputs: HeadOutputs;
    try {
      outputs = await turn(() => this.#engine.run({ ids, lengths }, heads));
    } catch (error) {
      if (rows.length === 1 || !isBgeError(error, 'EngineError')) throw error;
      const fewer = Math.floor((rows.length * 3) / 4) * Math.max(...lengths);
      this.#limits = { ...this.#limits, maxTokens: Math.min(this.#limits.maxTokens, fewer) };
      return null;
    }
    return this.#split(outputs, lengths);
  }

  /** One row's outputs each. Nothing but numbers, as many as there should be, leaves the engine: a GPU can fail without an error. */
  #split(outputs: HeadOutputs, lengths: readonly number[]): HeadOutputs[] {
    const { id, dim } = this.#model;
    const { device } = this.#engine.info;
    const parts = lengths.map((): { [head in Head]?: Float32Array } => ({}));
    for (const [head, values] of Object.entries(outputs) as [Head, Float32Array][]) {
      const units = lengths.map((length) => UNITS[head](length));
      const total = units.reduce((sum, count) => sum + count, 0);
      const size = head === 'sparse' ? 1 : dim;
      if (values.length !== total * size) {
        const message = `Expected ${head} outputs of ${size} dimensions from ${id}, its model file gives ${values.length / total}`;
        throw new BgeError('CorruptModelError', message);
      }
      if (!values.every(Number.isFinite)) {
        const message = `The model on ${device} gave ${head === 'logits' ? 'logits' : 'vectors'} that are not numbers`;
        throw new BgeError('EngineError', message, { details: { device } });
      }
      let from = 0;
      for (const [row, count] of units.entries()) {
        parts[row]![head] = values.subarray(from, from + count * size);
        from += count * size;
      }
    }
    return parts;
  }
}

/** How many vectors or numbers a head gives for a text of so many tokens. */
const UNITS: Readonly<Record<Head, (length: number) => number>> = {
  dense: () => 1,
  logits: () => 1,
  sparse: (length) => length,
  colbert: (length) => length - 1,
};
