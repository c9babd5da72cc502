import type { Env, InferenceSession, Tensor } from 'onnxruntime-web';
import { Ending } from '../../src/shared/ending';
import { BgeError } from '../../src/shared/errors';
import type { Dtype, TokenHead } from '../../src/shared/models';
import type { Device, EngineInfo } from '../../src/shared/protocol';
import { pool } from '../pooling';
import type { Engine, Head, HeadOutputs, Linear, TokenBatch } from './engine';
import { OrtLinear } from './ort-linear';
import { findOutputs, type OutputNames } from './ort-outputs';
import type { Ort } from './ort-runtime';

export interface OrtOptions {
  readonly device: Device;
  readonly dtype: Dtype;
  readonly task: 'embed' | 'rerank';
  readonly pooling: 'cls' | 'mean';
  /** Whether a graph that normalises its dense vectors is welcome. */
  readonly normalize: boolean;
  readonly graph: Uint8Array;
  /** The graph's external data, where its weights are not inside. */
  readonly weights: readonly { readonly path: string; readonly data: Uint8Array }[];
  /** The most tokens of one batch on the GPU. */
  readonly batchTokens: number | null;
}

/** Tokens of one GPU batch: enough to fill a GPU with a small BGE, few enough that a query waits only shortly. */
const GPU_BATCH_TOKENS = 4096;

/**
 * Opens an ONNX model of the BGE family in onnxruntime-web.
 * Rejects with CorruptModelError, WrongModelError, DeviceLostError or EngineError.
 */
export async function openOrt(ort: Ort, options: OrtOptions): Promise<Engine> {
  const { device, weights, task } = options;
  const session = await ort.InferenceSession.create(options.graph, {
    executionProviders: [{ name: device }], // the string form of a provider drops its options
    graphOptimizationLevel: 'all',
    logSeverityLevel: 3,
    ...(weights.length > 0 && { externalData: weights }),
  }).catch((cause: unknown) => {
    throw openError(cause, device);
  });
  const outputs = findOutputs(session.outputNames, task, options.normalize);
  if (task === 'rerank' && session.inputNames.includes('token_type_ids')) {
    const message =
      'A reranker that takes token_type_ids is not supported: those of BGE are XLM-RoBERTa, and take none';
    throw new BgeError('CorruptModelError', message);
  }
  const loss = new Ending();
  if (device === 'webgpu') watchDevice(ort.env, loss);
  const { dtype, pooling, batchTokens } = options; // not the model's bytes, which would stay in memory with the engine
  return new OrtEngine(ort, session, { device, dtype, pooling, batchTokens }, outputs, loss);
}

class OrtEngine implements Engine {
  readonly info: EngineInfo;
  readonly batching: Engine['batching'];
  readonly lanes = 1;
  readonly #linears = new Map<Head, Linear>();
  #linearRunner: Promise<OrtLinear> | undefined;

  constructor(
    readonly ort: Ort,
    readonly session: InferenceSession,
    readonly options: Pick<OrtOptions, 'device' | 'dtype' | 'pooling' | 'batchTokens'>,
    readonly outputs: OutputNames,
    readonly loss: Ending,
  ) {
    const { device, dtype } = options;
    this.info = { engine: 'ort', device, dtype, threads: ort.env.wasm.numThreads ?? 1 };
    // On the CPU one text at a time is no slower than a batch, and in an int8 graph a batch mate would change the
    // numbers: the range of the activations is taken over the whole batch.
    this.batching =
      device === 'wasm'
        ? { maxTokens: 1, maxRows: 1, equalLengths: true }
        : { maxTokens: options.batchTokens ?? GPU_BATCH_TOKENS, maxRows: 256, equalLengths: true };
  }

  slots(): number {
    return 1;
  }

  has(head: Head): boolean {
    if (this.outputs.own[head] || this.#linears.has(head)) return true;
    return head === 'dense' && this.outputs.hidden !== undefined;
  }

  async attach(head: TokenHead, linear: Linear): Promise<void> {
    if (!this.outputs.hidden) {
      const message = `The model file gives no hidden states, so the ${head} head cannot be computed`;
      throw new BgeError('WrongModelError', message);
    }
    this.#linearRunner ??= OrtLinear.open(this.ort, this.options.device);
    try {
      await this.#guard('the heads could not be opened', this.#linearRunner);
    } catch (error) {
      this.#linearRunner = undefined;
      throw error;
    }
    this.#linears.set(head, linear);
  }

  async run(batch: TokenBatch, heads: readonly Head[]): Promise<HeadOutputs> {
    const { own, hidden } = this.outputs;
    // What is not asked for is neither computed to its end nor copied out of the runtime.
    const names = new Set(heads.map((head) => own[head] ?? hidden!));
    const what = `the model failed on ${batch.lengths.length} × ${batch.lengths[0]} tokens`;
    const outputs = await this.#guard(what, this.session.run(this.#feeds(batch), [...names]));
    const found: { [head in Head]?: Float32Array } = {};
    for (const head of heads) {
      const tensor = outputs[own[head] ?? hidden!] as Tensor;
      found[head] = await this.#headOf(head, this.#valuesOf(tensor), tensor.dims, batch);
    }
    for (const value of Object.values(outputs)) (value as Tensor).dispose();
    return found;
  }

  /** A copy in every case: the tensors are disposed of. */
  async #headOf(head: Head, values: Float32Array, dims: readonly number[], batch: TokenBatch): Promise<Float32Array> {
    const { lengths } = batch;
    const [rows, length] = [lengths.length, lengths[0]!];
    const linear = this.#linears.get(head);
    const given =
      this.outputs.own[head] === undefined && linear ? await this.#applyLinear(head, values, linear) : values;
    if (head === 'sparse') return given.map((weight) => Math.max(weight, 0));
    if (head === 'colbert') return withoutFirst(given, rows, given === values ? dims[1]! : length, length);
    if (head === 'dense' && dims.length === 3) return pool(given, lengths, this.options.pooling);
    return given.slice();
  }

  async #applyLinear(head: Head, hidden: Float32Array, linear: Linear): Promise<Float32Array> {
    const runner = await this.#linearRunner!;
    return this.#guard(`the ${head} head failed`, runner.apply(hidden, linear));
  }

  #valuesOf(tensor: Tensor): Float32Array {
    if (tensor.type === 'float32') return tensor.data as Float32Array;
    const message = `Expected the model to give float32, got ${tensor.type}`;
    throw new BgeError('CorruptModelError', message, { details: { device: this.options.device } });
  }

  /** Settles as `work` does, or rejects when the device is lost; other failures become an EngineError. */
  async #guard<T>(what: string, work: Promise<T>): Promise<T> {
    const { device } = this.options;
    try {
      return await this.loss.race(work);
    } catch (cause) {
      if (cause instanceof BgeError) throw cause;
      const advice = isMemory(messageOf(cause)) ? '; a smaller maxLength takes less memory' : '';
      const message = `On ${device} ${what}: ${messageOf(cause)}${advice}`;
      throw new BgeError('EngineError', message, { cause, details: { device } });
    }
  }

  /** All rows are of one length. */
  #feeds({ ids, lengths }: TokenBatch): Record<string, Tensor> {
    const dims = [lengths.length, lengths[0]!];
    const int64 = (values: BigInt64Array) => new this.ort.Tensor('int64', values, dims);
    const feeds: Record<string, Tensor> = {};
    for (const name of this.session.inputNames) {
      if (name === 'input_ids') feeds[name] = int64(BigInt64Array.from(ids, BigInt));
      else if (name === 'attention_mask') feeds[name] = int64(new BigInt64Array(ids.length).fill(1n));
      else feeds[name] = int64(new BigInt64Array(ids.length));
    }
    return feeds;
  }
}

/** Drops each row's first token, [CLS], unless the graph has done so (its rows are then one token shorter). */
function withoutFirst(values: Float32Array, rows: number, given: number, length: number): Float32Array {
  if (given === length - 1) return values.slice();
  const row = values.length / rows;
  const kept = row - row / length;
  const out = new Float32Array(rows * kept);
  for (let r = 0; r < rows; r++) out.set(values.subarray((r + 1) * row - kept, (r + 1) * row), r * kept);
  return out;
}

async function watchDevice(env: Env, loss: Ending): Promise<void> {
  const device = (await env.webgpu.device) as GPUDevice;
  const { reason, message } = await device.lost;
  loss.come(
    new BgeError('DeviceLostError', `The GPU went away (${reason}): ${message}`, { details: { device: 'webgpu' } }),
  );
}

function openError(cause: unknown, device: Device): BgeError {
  const message = messageOf(cause);
  const unreadable =
    /protobuf|INVALID_GRAPH|INVALID_MODEL|Invalid model|Load model|ModelProto|opset|external data/i.test(message);
  const name = isMemory(message) ? 'ModelTooLargeError' : unreadable ? 'CorruptModelError' : 'EngineError';
  return new BgeError(name, `The model could not be opened on ${device}: ${message}`, { cause, details: { device } });
}

/** WebAssembly's heap of 4 GB is full, or the browser gives no more. */
function isMemory(message: string): boolean {
  return /bad_alloc|out of memory|allocation failed/i.test(message);
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : `runtime error ${cause}`;
}
