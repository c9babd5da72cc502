import type { CallEvent, LoadConfig, LoadEvent, ModelInfo } from '../src/shared/protocol';
import { chooseDevice } from './device';
import type { Engine, Head } from './engine/engine';
import { Forward, type Take } from './forward';
import type { Host } from './host';
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

/** A loaded model, and what all work with it shares: texts in turns, rows of ids in batches, calls that can be cancelled. */
export class Pipeline {
  readonly config: LoadConfig;
  readonly tokenizer: Tokenizer;
  readonly engine: Engine;
  readonly info: ModelInfo;
  readonly loadHead: LoadedModel['loadHead'];
  readonly #turns: Turns;
  readonly #forward: Forward;

  private constructor(config: LoadConfig, loaded: LoadedModel, fallbackReason: string | null) {
    const { tokenizer, engine, loadHead, revision } = loaded;
    const { model, maxLength } = config;
    this.config = config;
    this.tokenizer = tokenizer;
    this.engine = engine;
    this.#turns = new Turns((urgent, waiting) => engine.slots(urgent, waiting));
    this.loadHead = loadHead;
    this.#forward = new Forward(engine, model);
    this.info = { ...engine.info, model: model.id, revision, maxLength, fallbackReason, selfCheck: null };
  }

  /** Chooses the device, reads the model and opens the engine. */
  static async load(config: LoadConfig, host: Host, emit: (event: LoadEvent) => void): Promise<Pipeline> {
    const choice = await chooseDevice(config.device, config.failed);
    const ownFailed = config.failed.find(({ engine }) => engine === 'wasm');
    const reason = choice.fallbackReason ?? ownFailed?.reason ?? null;
    return new Pipeline(config, await loadModel(config, choice, host, emit), reason);
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

  /** Runs rows of token ids through the engine, a batch a turn; `take` gets each batch's outputs as they come. */
  forward(rows: readonly Int32Array[], heads: readonly Head[], call: Call, take: Take): Promise<void> {
    return this.#forward.run(rows, heads, (work) => this.#turn(call, work), take);
  }

  /** Runs what must not meet other work on the device, when its turn comes; whoever asked for it cannot cancel it. */
  alone<T>(work: () => Promise<T>): Promise<T> {
    return this.#turns.run(0, work);
  }

  #turn<T>(call: Call, work: () => T | Promise<T>): Promise<T> {
    return this.#turns.run(call.priority, () => {
      if (call.cancelled) throw new DOMException('The call was cancelled', 'AbortError');
      return work();
    });
  }
}
