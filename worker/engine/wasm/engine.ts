import { BgeError } from '../../../src/shared/errors';
import type { EngineInfo } from '../../../src/shared/protocol';
import type { Engine, Head, HeadOutputs, TokenBatch } from '../engine';
import { Encoder } from './encoder';
import type { EncoderWeights } from './weights';

/** What makes the page start a new worker that does without this engine. */
const details = { device: 'wasm', engine: 'wasm' } as const;

/** Opens our own engine for BERT encoders with int8 weights. Rejects with EngineError. */
export async function openEncoder(weights: EncoderWeights): Promise<Engine> {
  try {
    return new EncoderEngine(await Encoder.open(weights));
  } catch (cause) {
    throw failure('could not be opened', cause);
  }
}

class EncoderEngine implements Engine {
  readonly info: EngineInfo = { engine: 'wasm', device: 'wasm', dtype: 'q8', threads: 1 };
  /** A text fills the tiles of four rows by itself: batches would gain nothing, and make a query wait. */
  readonly batching = { maxTokens: 1, maxRows: 1 };
  readonly #encoder: Encoder;

  constructor(encoder: Encoder) {
    this.#encoder = encoder;
  }

  has(head: Head): boolean {
    return head === 'dense';
  }

  async attach(): Promise<void> {
    throw new BgeError('WrongModelError', 'This engine gives dense vectors only');
  }

  async run({ rows, length, ids }: TokenBatch): Promise<HeadOutputs> {
    const { hidden } = this.#encoder;
    const dense = new Float32Array(rows * hidden);
    try {
      for (let row = 0; row < rows; row++)
        dense.set(this.#encoder.encode(ids.subarray(row * length, (row + 1) * length)), row * hidden);
    } catch (cause) {
      throw failure(`failed on ${rows} × ${length} tokens`, cause);
    }
    return { dense };
  }
}

function failure(what: string, cause: unknown): BgeError {
  return new BgeError('EngineError', `Our engine ${what}: ${(cause as Error).message}`, { cause, details });
}
