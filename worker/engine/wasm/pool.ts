import type { TokenHead } from '../../../src/shared/models';
import type { Head, HeadOutputs, Linear, TokenBatch } from '../engine';
import type { HeadedEncoder } from './heads';
import { Helper } from './helper';

/** Batches in a row behind which others wait: that makes a bulk job of it, for which helpers are worth their memory. */
const BULK = 4;

/** Helpers that may fail before there are no more. */
const PATIENCE = 2;

/** After so long without work the helpers go: only their end gives their memory back. */
const IDLE_MS = 10_000;

/**
 * An encoder, and helpers that share its work while there is much of it: workers with a copy each. The encoder itself then is kept
 * for what is urgent, so that a query never waits behind a corpus.
 */
export class EncoderPool {
  readonly #own: HeadedEncoder;
  readonly #most: number;
  #helpers: Helper[] = [];
  #growing: Promise<void> | undefined;
  #running = 0;
  #failures = 0;
  /** The most that waited since the last start, with what was started. */
  #waiting = 0;
  #streak = 0;
  #idleTimer: ReturnType<typeof setTimeout> | undefined;

  /** @param most how many helpers there may be; 0 for none */
  constructor(own: HeadedEncoder, most: number) {
    this.#own = own;
    this.#most = most;
  }

  has(head: Head): boolean {
    return this.#own.has(head);
  }

  /** One for each helper, one for the own encoder while there are fewer than there may be, and with helpers one more that is urgent. */
  slots(urgent: boolean, waiting: number): number {
    this.#waiting = Math.max(this.#waiting, waiting);
    const helpers = this.#living().length;
    const slots = helpers < this.#most ? helpers + 1 : Math.max(1, helpers);
    return slots + (urgent && helpers > 0 ? 1 : 0);
  }

  async attach(head: TokenHead, linear: Linear): Promise<void> {
    await this.#growing;
    this.#own.attach(head, linear);
    await Promise.all(this.#living().map((helper) => helper.attach(head, linear).catch(() => helper.end())));
  }

  /** By a helper that is free, else by the own encoder. What fails in a helper is done again here. */
  async run(batch: TokenBatch, heads: readonly Head[]): Promise<HeadOutputs> {
    this.#noteStart();
    this.#running++;
    try {
      const helper = this.#living().find(({ isFree }) => isFree);
      if (!helper) return this.#own.run(batch, heads);
      try {
        return await helper.run(batch, heads);
      } catch {
        helper.end();
        this.#failures++;
        return this.#own.run(batch, heads);
      }
    } finally {
      this.#running--;
      if (this.#running === 0 && this.#most > 0) this.#idleTimer = setTimeout(() => this.#shrink(), IDLE_MS);
    }
  }

  #noteStart(): void {
    clearTimeout(this.#idleTimer);
    this.#streak = this.#waiting > 1 ? this.#streak + 1 : 0;
    this.#waiting = 0;
    if (this.#streak >= BULK)
      this.#growing ??= this.#grow().finally(() => {
        this.#growing = undefined;
      });
  }

  /** Where a helper cannot be had, the work goes on with those that there are. */
  async #grow(): Promise<void> {
    while (this.#living().length < this.#most && this.#failures < PATIENCE) {
      try {
        const helper = await Helper.start(this.#own.copy());
        this.#helpers.push(helper);
      } catch {
        this.#failures++;
      }
    }
  }

  #shrink(): void {
    for (const helper of this.#helpers) helper.end();
  }

  #living(): readonly Helper[] {
    this.#helpers = this.#helpers.filter(({ hasEnded }) => !hasEnded);
    return this.#helpers;
  }
}
