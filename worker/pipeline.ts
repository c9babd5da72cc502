import { BgeError } from '../src/shared/errors';
import type {
  EmbedderInfo,
  EncodeEvent,
  EncodeReply,
  EncodeRequest,
  LoadConfig,
  LoadEvent,
  TextKind,
  TokenizeRequest,
  Tokens,
} from '../src/shared/protocol';
import { makeBatches } from './batch';
import { chooseDevice } from './device';
import type { Engine, TokenBatch } from './engine/engine';
import { loadModel } from './model';
import { normalizeRow } from './pooling';
import { selfCheckFor } from './self-check';
import type { Tokenizer } from './tokenizer';
import { Turns } from './turns';

/** Texts that are tokenised in one turn: some milliseconds of work, so that a query does not wait for a corpus. */
const TEXTS_PER_TURN = 64;

/** A running call: whether it was cancelled, and where its progress goes. */
export interface Call {
  cancelled: boolean;
  onProgress(event: EncodeEvent): void;
}

interface Encoded {
  readonly ids: readonly Int32Array[];
  readonly truncated: Uint8Array<ArrayBuffer>;
}

/** The way of a text: instruction → token ids → batches → rows → one matrix. */
export class Pipeline {
  readonly info: EmbedderInfo;
  readonly #turns = new Turns();
  readonly #config: LoadConfig;
  readonly #tokenizer: Tokenizer;
  readonly #engine: Engine;

  private constructor(config: LoadConfig, tokenizer: Tokenizer, engine: Engine, info: EmbedderInfo) {
    this.#config = config;
    this.#tokenizer = tokenizer;
    this.#engine = engine;
    this.info = info;
  }

  /** Chooses the device, reads the model, opens the engine and checks its numbers: after that every vector can be trusted. */
  static async load(config: LoadConfig, emit: (event: LoadEvent) => void): Promise<Pipeline> {
    const choice = await chooseDevice(config.device, config.failed);
    const { tokenizer, engine, revision } = await loadModel(config, choice, emit);
    const info: EmbedderInfo = {
      ...engine.info,
      model: config.model.id,
      revision,
      dim: config.dim,
      maxLength: config.maxLength,
      space: spaceOf(config, engine, revision),
      fallbackReason: choice.fallbackReason,
      selfCheck: null,
    };
    const pipeline = new Pipeline(config, tokenizer, engine, info);
    if (!config.selfCheck) return pipeline;
    emit({ phase: 'warm-up' });
    const selfCheck = await pipeline.#checkEngine();
    return new Pipeline(config, tokenizer, engine, { ...info, selfCheck });
  }

  async encode(request: EncodeRequest, call: Call): Promise<EncodeReply> {
    const { ids, truncated } = await this.#tokenizeAll(request, call);
    const { dim } = this.info;
    const data = new Float32Array(ids.length * dim);
    const tokenCounts = Uint32Array.from(ids, (row) => row.length);
    const done = { texts: 0, tokens: 0 };
    for (const { length, indices } of makeBatches([...tokenCounts], this.#engine.batching)) {
      const batchIds = new Int32Array(indices.length * length);
      for (const [row, index] of indices.entries()) batchIds.set(ids[index]!, row * length);
      const pooled = await this.#turn(request.priority, call, () =>
        this.#run({ rows: indices.length, length, ids: batchIds }),
      );
      for (const [row, index] of indices.entries())
        this.#place(pooled, row, data.subarray(index * dim, (index + 1) * dim));
      done.texts += indices.length;
      done.tokens += batchIds.length;
      call.onProgress({ phase: 'encode', ...done, totalTexts: ids.length });
    }
    return { data, dim, tokenCounts, truncated, space: this.info.space };
  }

  tokenize({ texts, kind, maxLength }: TokenizeRequest): Tokens[] {
    return texts.map((text) =>
      this.#tokenizer.tokens(this.#withInstruction(text, kind), maxLength ?? this.#config.maxLength),
    );
  }

  async #tokenizeAll({ texts, kind, maxLength, priority }: EncodeRequest, call: Call): Promise<Encoded> {
    const ids: Int32Array[] = [];
    const truncated = new Uint8Array(texts.length);
    for (let from = 0; from < texts.length; from += TEXTS_PER_TURN) {
      await this.#turn(priority, call, () => {
        for (const text of texts.slice(from, from + TEXTS_PER_TURN)) {
          const encoded = this.#tokenizer.encode(
            this.#withInstruction(text, kind),
            maxLength ?? this.#config.maxLength,
          );
          if (encoded.truncated) truncated[ids.length] = 1;
          ids.push(encoded.ids);
        }
      });
    }
    return { ids, truncated };
  }

  #withInstruction(text: string, kind: TextKind): string {
    if (kind === 'plain') return text;
    return (kind === 'query' ? this.#config.queryInstruction : this.#config.passageInstruction) + text;
  }

  #turn<T>(priority: number, call: Call, work: () => T | Promise<T>): Promise<T> {
    return this.#turns.run(priority, () => {
      if (call.cancelled) throw new DOMException('The call was cancelled', 'AbortError');
      return work();
    });
  }

  /** Nothing but numbers, as many as there should be, leaves the engine: a GPU can fail without an error. */
  async #run(batch: TokenBatch): Promise<Float32Array> {
    const { id, dim } = this.#config.model;
    const { device } = this.#engine.info;
    const pooled = await this.#engine.run(batch);
    if (pooled.length !== batch.rows * dim) {
      const message = `Expected vectors of ${dim} dimensions from ${id}, its model file gives ${pooled.length / batch.rows}`;
      throw new BgeError('CorruptModelError', message);
    }
    if (!pooled.every(Number.isFinite)) {
      throw new BgeError('EngineError', `The model on ${device} gave vectors that are not numbers`, {
        details: { device },
      });
    }
    return pooled;
  }

  /** Cuts to the wanted dimension first and normalises then, as the reference does (Matryoshka). */
  #place(pooled: Float32Array, row: number, out: Float32Array): void {
    const full = this.#config.model.dim;
    out.set(pooled.subarray(row * full, row * full + out.length));
    if (this.#config.normalize) normalizeRow(out);
  }

  /** The first run of the engine: it warms up and is judged by what it gives. */
  async #checkEngine(): Promise<number | null> {
    const check = selfCheckFor(this.#config.model.id);
    const vectors: Float32Array[] = [];
    for (const text of check.texts) {
      const { ids } = this.#tokenizer.encode(text, this.#config.model.maxLength);
      vectors.push(await this.#run({ rows: 1, length: ids.length, ids }));
    }
    return check.judge(vectors, this.#engine.info);
  }
}

/** Everything that changes a vector beyond rounding: vectors may be compared only within one space. */
function spaceOf(config: LoadConfig, engine: Engine, revision: string): string {
  const { dtype, device } = engine.info;
  const precision = dtype === 'q8' && device === 'wasm' ? 'q8-dynamic' : dtype;
  const instruction = fingerprint(`${config.queryInstruction}\n${config.passageInstruction}`);
  const norm = config.normalize ? 'l2' : 'raw';
  return `${config.model.id}@${revision}/${precision}/${config.model.pooling}-${norm}/${instruction}/${config.dim}`;
}

/** FNV-1a, 32 bits: enough to tell instructions apart. */
function fingerprint(text: string): string {
  let hash = 0x811c9dc5;
  for (const char of text) hash = Math.imul(hash ^ char.codePointAt(0)!, 0x01000193);
  return (hash >>> 0).toString(16).padStart(8, '0');
}
