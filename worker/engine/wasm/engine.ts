import { BgeError } from '../../../src/shared/errors';
import type { TokenHead } from '../../../src/shared/models';
import type { EngineInfo } from '../../../src/shared/protocol';
import type { Engine, Head, HeadOutputs, Linear, TokenBatch } from '../engine';
import { HeadedEncoder, type Pooling } from './heads';
import type { EncoderWeights } from './weights';

/** What makes the page start a new worker that does without this engine. */
const details = { device: 'wasm', engine: 'wasm' } as const;

/** Tokens of texts that go through the products together: short texts fill tiles, and weights are read once for all of them. */
const BATCH_TOKENS = 64;

/** Opens our own engine for encoders of the BERT family. Rejects with EngineError. */
export async function openEncoder(weights: EncoderWeights, pooling: Pooling): Promise<Engine> {
  try {
    return new EncoderEngine(await HeadedEncoder.open(weights, 'i16', pooling));
  } catch (cause) {
    throw failure('could not be opened', cause);
  }
}

class EncoderEngine implements Engine {
  readonly info: EngineInfo = { engine: 'wasm', device: 'wasm', dtype: 'q8', threads: 1 };
  readonly batching = { maxTokens: BATCH_TOKENS, maxRows: BATCH_TOKENS, equalLengths: false };
  readonly lanes = 1;
  readonly #encoder: HeadedEncoder;

  constructor(encoder: HeadedEncoder) {
    this.#encoder = encoder;
  }

  slots(): number {
    return 1;
  }

  has(head: Head): boolean {
    return this.#encoder.has(head);
  }

  async attach(head: TokenHead, linear: Linear): Promise<void> {
    this.#encoder.attach(head, linear);
  }

  async run(batch: TokenBatch, heads: readonly Head[]): Promise<HeadOutputs> {
    try {
      return this.#encoder.run(batch, heads);
    } catch (cause) {
      throw failure(`failed on texts of ${batch.lengths.join(', ')} tokens`, cause);
    }
  }
}

function failure(what: string, cause: unknown): BgeError {
  return new BgeError('EngineError', `Our engine ${what}: ${(cause as Error).message}`, { cause, details });
}
