import { BgeError } from '../../../src/shared/errors';
import type { Dtype, TokenHead } from '../../../src/shared/models';
import type { EngineInfo } from '../../../src/shared/protocol';
import type { Engine, Head, HeadOutputs, Linear, TokenBatch } from '../engine';
import { type EncoderCopy, HeadedEncoder, type Pooling } from './heads';
import { packedFile } from './packed-file';
import { EncoderPool } from './pool';
import { fasterPrecision } from './precision';
import type { EncoderWeights } from './weights';

/** What makes the page start a new worker that does without this engine. */
const details = { device: 'wasm', engine: 'wasm' } as const;

/** Tokens of texts that go through the products together: short texts fill tiles, and weights are read once for all of them. */
const BATCH_TOKENS = 64;

/** What the copies of helpers may take together where nobody says how many there are to be. */
const HELPERS_BYTES = 2 ** 30;

/** And how many they may be: more would heat a phone for little. */
const MOST_HELPERS = 4;

export interface EncoderOptions {
  readonly dtype: 'q8' | 'fp32';
  readonly pooling: Pooling;
  readonly threads: 'auto' | number;
}

/** Opens our own engine for encoders of the BERT family, with weights as they were published or as they were packed before. Rejects with EngineError. */
export async function openEncoder(
  from: { readonly weights: EncoderWeights } | { readonly packed: EncoderCopy },
  { dtype, pooling, threads }: EncoderOptions,
): Promise<EncoderEngine> {
  try {
    const precision = dtype === 'fp32' ? 'f32' : await fasterPrecision();
    const encoder =
      'packed' in from
        ? await HeadedEncoder.from(from.packed)
        : await HeadedEncoder.open(from.weights, precision, pooling);
    return new EncoderEngine(encoder, dtype, helpersFor(threads, encoder.bytes));
  } catch (cause) {
    throw failure('could not be opened', cause);
  }
}

/** One helper would do no more than the encoder itself. */
function helpersFor(threads: 'auto' | number, bytes: number): number {
  if (threads !== 'auto') return threads > 1 ? threads : 0;
  const most = Math.min(navigator.hardwareConcurrency, MOST_HELPERS, Math.floor(HELPERS_BYTES / bytes));
  return most > 1 ? most : 0;
}

export class EncoderEngine implements Engine {
  readonly info: EngineInfo;
  /** Of the packed weights. */
  readonly bytes: number;
  readonly batching = { maxTokens: BATCH_TOKENS, maxRows: BATCH_TOKENS, equalLengths: false };
  readonly lanes: number;
  readonly #encoder: HeadedEncoder;
  readonly #pool: EncoderPool;

  constructor(encoder: HeadedEncoder, dtype: Dtype, helpers: number) {
    this.#encoder = encoder;
    this.bytes = encoder.bytes;
    this.#pool = new EncoderPool(encoder, helpers);
    this.lanes = Math.max(1, helpers);
    this.info = { engine: 'wasm', device: 'wasm', dtype, threads: this.lanes };
  }

  /** What `openEncoder` takes as `packed`, by way of `readPackedFile`. */
  packedFile(): Uint8Array<ArrayBuffer> {
    return packedFile(this.#encoder.view());
  }

  slots(urgent: boolean, waiting: number): number {
    return this.#pool.slots(urgent, waiting);
  }

  has(head: Head): boolean {
    return this.#pool.has(head);
  }

  attach(head: TokenHead, linear: Linear): Promise<void> {
    return this.#pool.attach(head, linear);
  }

  async run(batch: TokenBatch, heads: readonly Head[]): Promise<HeadOutputs> {
    try {
      return await this.#pool.run(batch, heads);
    } catch (cause) {
      throw failure(`failed on texts of ${batch.lengths.join(', ')} tokens`, cause);
    }
  }
}

function failure(what: string, cause: unknown): BgeError {
  return new BgeError('EngineError', `Our engine ${what}: ${(cause as Error).message}`, { cause, details });
}
