import { expose, type Remote, transfer, wrap } from 'comlink';
import { Ending } from '../../../src/shared/ending';
import type { TokenHead } from '../../../src/shared/models';
import { awaitDeath, holdLife } from '../../life';
import type { Head, HeadOutputs, Linear, TokenBatch } from '../engine';
import { type EncoderCopy, HeadedEncoder } from './heads';

/** By this name a worker knows that it is a helper of another one. */
const NAME = 'bge-web helper';

/** A helper that has not answered by then has ended while it started. */
const START_LIMIT_MS = 20_000;

interface HelperApi {
  open(lifeLock: string, copy: EncoderCopy): Promise<void>;
  attach(head: TokenHead, linear: Linear): void;
  run(batch: TokenBatch, heads: readonly Head[]): HeadOutputs;
}

/** Whether this worker was started by `Helper.start`. */
export const isHelper = () => self.name === NAME;

/** What a helper does all its life: the same as the encoder that it has a copy of. */
export function serveAsHelper(): void {
  let encoder: HeadedEncoder;
  const api: HelperApi = {
    async open(lifeLock, copy) {
      await holdLife(lifeLock);
      encoder = await HeadedEncoder.from(copy);
    },
    attach: (head, linear) => encoder.attach(head, linear),
    run(batch, heads) {
      const outputs = encoder.run(batch, heads);
      return transfer(
        outputs,
        Object.values(outputs).map(({ buffer }) => buffer as ArrayBuffer),
      );
    },
  };
  expose(api);
}

/** A worker that encodes for this one. Its end makes all its promises reject. */
export class Helper {
  readonly #api: Remote<HelperApi>;
  readonly #worker: Worker;
  readonly #death = new Ending();
  readonly #released = new AbortController();
  #busy = false;

  private constructor(worker: Worker) {
    this.#worker = worker;
    this.#api = wrap<HelperApi>(worker);
    worker.addEventListener('error', (event) => {
      event.preventDefault();
      this.end();
    });
  }

  /** Starts this worker's own file once more. Rejects where it cannot be started, or has no memory for the copy. */
  static async start(copy: EncoderCopy): Promise<Helper> {
    const helper = new Helper(new Worker(self.location.href, { type: 'module', name: NAME }));
    const timer = setTimeout(() => helper.end(), START_LIMIT_MS);
    const lock = `bge-web-helper:${crypto.randomUUID?.() ?? Math.random()}`;
    try {
      await helper.#death.race(helper.#api.open(lock, transfer(copy, [copy.kept.buffer])));
    } catch (error) {
      helper.end();
      throw error;
    } finally {
      clearTimeout(timer);
    }
    awaitDeath(lock, helper.#released.signal, () => helper.end());
    return helper;
  }

  get isFree(): boolean {
    return !this.#busy && !this.hasEnded;
  }

  get hasEnded(): boolean {
    return this.#death.hasCome;
  }

  async run(batch: TokenBatch, heads: readonly Head[]): Promise<HeadOutputs> {
    this.#busy = true;
    try {
      return await this.#death.race(this.#api.run(batch, heads));
    } finally {
      this.#busy = false;
    }
  }

  attach(head: TokenHead, linear: Linear): Promise<void> {
    return this.#death.race(this.#api.attach(head, linear));
  }

  end(): void {
    this.#released.abort();
    this.#worker.terminate();
    this.#death.come(new Error('a helper ended'));
  }
}
