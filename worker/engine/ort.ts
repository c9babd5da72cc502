import type { Env, InferenceSession, Tensor } from 'onnxruntime-web';
import { Ending } from '../../src/shared/ending';
import { BgeError } from '../../src/shared/errors';
import type { Dtype } from '../../src/shared/models';
import type { Device, EngineInfo } from '../../src/shared/protocol';
import { pool } from '../pooling';
import type { Engine, TokenBatch } from './engine';
import type { Ort } from './ort-runtime';

export interface OrtOptions {
  readonly device: Device;
  readonly dtype: Dtype;
  readonly pooling: 'cls' | 'mean';
  readonly graph: Uint8Array;
  /** The graph's external data, where its weights are not inside. */
  readonly weights?: { readonly path: string; readonly data: Uint8Array };
  /** The most tokens of one batch on the GPU. */
  readonly batchTokens: number | null;
}

/** Tokens of one GPU batch: enough to fill a GPU with a small BGE, few enough that a query waits only shortly. */
const GPU_BATCH_TOKENS = 4096;

/**
 * Opens an ONNX model of the BGE family in onnxruntime-web.
 * Rejects with CorruptModelError, DeviceLostError or EngineError.
 */
export async function openOrt(ort: Ort, options: OrtOptions): Promise<Engine> {
  const session = await ort.InferenceSession.create(options.graph, {
    executionProviders: [{ name: options.device }], // the string form of a provider drops its options
    graphOptimizationLevel: 'all',
    logSeverityLevel: 3,
    ...(options.weights && { externalData: [options.weights] }),
  }).catch((cause: unknown) => {
    throw openError(cause, options.device);
  });
  const loss = new Ending();
  if (options.device === 'webgpu') watchDevice(ort.env, loss);
  return new OrtEngine(ort, session, options, loss);
}

class OrtEngine implements Engine {
  readonly info: EngineInfo;
  readonly batching: Engine['batching'];

  constructor(
    readonly ort: Ort,
    readonly session: InferenceSession,
    readonly options: OrtOptions,
    readonly loss: Ending,
  ) {
    const { device, dtype } = options;
    this.info = { engine: 'ort', device, dtype, threads: ort.env.wasm.numThreads ?? 1 };
    // On the CPU one text at a time is no slower than a batch, and in an int8 graph a batch mate would change the
    // numbers: the range of the activations is taken over the whole batch.
    this.batching =
      device === 'wasm'
        ? { maxTokens: 1, maxRows: 1 }
        : { maxTokens: options.batchTokens ?? GPU_BATCH_TOKENS, maxRows: 256 };
  }

  async run(batch: TokenBatch): Promise<Float32Array> {
    const { device, pooling } = this.options;
    let outputs: InferenceSession.OnnxValueMapType;
    try {
      outputs = await this.loss.race(this.session.run(this.#feeds(batch)));
    } catch (cause) {
      if (cause instanceof BgeError) throw cause;
      throw new BgeError(
        'EngineError',
        `The model failed on ${batch.rows} × ${batch.length} tokens: ${messageOf(cause)}`,
        {
          cause,
          details: { device },
        },
      );
    }
    const output = outputNamed(outputs, ['sentence_embedding', 'last_hidden_state', 'token_embeddings']);
    if (output.type !== 'float32') {
      const message = `Expected the model to give float32, got ${output.type}`;
      throw new BgeError('CorruptModelError', message, { details: { device } });
    }
    const values = output.data as Float32Array;
    const pooled = output.dims.length === 2 ? values.slice() : pool(values, batch.rows, batch.length, pooling);
    for (const value of Object.values(outputs)) (value as Tensor).dispose();
    return pooled;
  }

  #feeds({ ids, rows, length }: TokenBatch): Record<string, Tensor> {
    const int64 = (values: BigInt64Array) => new this.ort.Tensor('int64', values, [rows, length]);
    const feeds: Record<string, Tensor> = {};
    for (const name of this.session.inputNames) {
      if (name === 'input_ids') feeds[name] = int64(BigInt64Array.from(ids, BigInt));
      else if (name === 'attention_mask') feeds[name] = int64(new BigInt64Array(ids.length).fill(1n));
      else feeds[name] = int64(new BigInt64Array(ids.length));
    }
    return feeds;
  }
}

async function watchDevice(env: Env, loss: Ending): Promise<void> {
  const device = (await env.webgpu.device) as GPUDevice;
  const { reason, message } = await device.lost;
  loss.come(
    new BgeError('DeviceLostError', `The GPU went away (${reason}): ${message}`, { details: { device: 'webgpu' } }),
  );
}

function outputNamed(outputs: InferenceSession.OnnxValueMapType, names: readonly string[]): Tensor {
  const name = names.find((name) => outputs[name]);
  if (name) return outputs[name] as Tensor;
  const found = Object.keys(outputs).join(', ');
  throw new BgeError('CorruptModelError', `The model gives none of ${names.join(', ')}; it gives ${found}`);
}

function openError(cause: unknown, device: Device): BgeError {
  const message = messageOf(cause);
  const unreadable =
    /protobuf|INVALID_GRAPH|INVALID_MODEL|Invalid model|Load model|ModelProto|opset|external data/i.test(message);
  const name = unreadable ? 'CorruptModelError' : 'EngineError';
  return new BgeError(name, `The model could not be opened on ${device}: ${message}`, { cause, details: { device } });
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : `runtime error ${cause}`;
}
