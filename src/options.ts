import { checkInteger, checkOneOf, checkOptions, checkPositive } from './inputs.js';
import { BgeError, invalidInput } from './shared/errors.js';
import { type Dtype, findModel, type ModelSpec } from './shared/models.js';
import type { Device, LoadConfig, LoadEvent } from './shared/protocol.js';

// The types of `bge-web/node` come here too, and a program without the DOM's has no Worker; with them this adds nothing.
declare global {
  interface Worker {}
}

/** How to load a model. Everything is optional; names and defaults are FlagEmbedding's where it has them. */
export interface ModelOptions {
  /** A model of the registry or of `registerModel`. */
  model?: string;
  /** `auto` (default) takes WebGPU on a real adapter, else the CPU; a device asked for by name that cannot be had falls back too, and `info.fallbackReason` says why. */
  device?: 'auto' | Device;
  /** Number format. `auto` (default) takes the best that the server has for the device. */
  dtype?: 'auto' | Dtype;
  /** Branch, tag or commit of the model. Default: the registry's. Another one is taken as it comes, without known hashes. M3's heads come from BAAI's `main` in any case. */
  revision?: string;
  /** Where model files lie: a folder that holds `<org>/<name>/…`, or a template with `{model}`, `{revision}` and `{file}`. Default: the Hugging Face hub. Relative ones are relative to the page. */
  modelBase?: string;
  /** The model's files by their paths in its folder, in place of a server: `modelFromFiles` of `bge-web/files` gives them. They are read where they are, and nothing is stored. */
  files?: ReadonlyMap<string, Blob>;
  /** Folder of the runtime's files (`ort/` of the package). Default: `ort/` beside the worker. */
  wasmBase?: string;
  /** The worker, or (better: it can be started anew after a crash) a function that makes one. Default: the package's own `worker.js`. */
  worker?: Worker | (() => Worker);
  /** Keep the model in IndexedDB. Default true. */
  cache?: boolean;
  /** Put before each query. Default: the model's own; rerankers have none. */
  queryInstruction?: string;
  /** Put before each passage by `encodeCorpus`, or by a reranker. Default none, as BGE wants. */
  passageInstruction?: string;
  /** The most tokens of a text (of a pair, for a reranker), special tokens included, 2 to the model's maximum; the rest is cut. Default 512, also for models that take 8192. */
  maxLength?: number;
  /** Tokens of one GPU batch. Default 4096. More is faster on large GPUs, and makes a query wait longer behind a corpus. */
  batchTokens?: number;
  /**
   * Threads for bulk jobs on the CPU, 1 to 32. `auto` (default): as many as there are cores, 4 at most. While a bulk job lasts, each
   * has its own copy of the weights (36 MB for the default model; `auto` takes fewer for models that would need more than 1 GB so),
   * unless onnxruntime-web runs the model: it shares them, and has one thread on pages that are not cross-origin isolated.
   */
  threads?: 'auto' | number;
  /** Hears of download, verification, compilation, warm-up, readiness, fallbacks and warnings. */
  onProgress?: (event: LoadEvent) => void;
  /** Ends the start, which then rejects with the signal's reason. */
  signal?: AbortSignal;
  /** Compare known texts with stored vectors before use. Default true; costs some 0.1 s, which also warm the engine up. */
  selfCheck?: boolean;
  /** Milliseconds without any sign of life after which a worker is given up. Default 300,000; Infinity for never. */
  deadline?: number;
}

/** How to make an embedder. Default model: `BAAI/bge-small-en-v1.5`. */
export interface EmbedderOptions extends ModelOptions {
  /** Scale dense vectors to length 1. Default true. */
  normalize?: boolean;
  /** Keep only the first dimensions of each vector, before normalising; more than there are keep all. Default all. BGE v1.5 and M3 are not trained for it. */
  truncateDim?: number;
}

/** How to make a reranker. Default model: `BAAI/bge-reranker-base`. */
export type RerankerOptions = ModelOptions;

export type ClientConfig = Omit<LoadConfig, 'failed'>;

const HUB = 'https://huggingface.co/{model}/resolve/{revision}/{file}';

/** Checks the options of an embedder and fills in the defaults. Throws InvalidInputError, UnknownModelError or WrongModelError. */
export function embedderConfig(options: EmbedderOptions): ClientConfig {
  const common = modelConfig(options, 'embed', 'BAAI/bge-small-en-v1.5');
  const { normalize = true, truncateDim = null } = options;
  check(typeof normalize === 'boolean', 'normalize', 'a boolean', normalize);
  if (truncateDim !== null) checkPositive('truncateDim', truncateDim);
  return { ...common, normalize, dim: Math.min(truncateDim ?? common.model.dim, common.model.dim) };
}

/** The same for a reranker. */
export function rerankerConfig(options: RerankerOptions): ClientConfig {
  return { ...modelConfig(options, 'rerank', 'BAAI/bge-reranker-base'), normalize: false, dim: 1 };
}

function modelConfig(
  options: ModelOptions,
  task: ModelSpec['task'],
  defaultModel: string,
): Omit<ClientConfig, 'normalize' | 'dim'> {
  checkOptions(options);
  const { model: id = defaultModel, revision = null, wasmBase = null } = options;
  check(typeof id === 'string', 'model', 'a string', id);
  const model = findModel(id);
  if (model.task !== task) throw wrongTask(model);
  const { device = 'auto', dtype = 'auto', cache = true, selfCheck = true } = options;
  checkOneOf('device', ['auto', 'webgpu', 'wasm'], device);
  checkOneOf('dtype', ['auto', 'fp32', 'fp16', 'q8', 'q4f16'], dtype);
  for (const [name, value] of Object.entries({ cache, selfCheck }))
    check(typeof value === 'boolean', name, 'a boolean', value);
  const { queryInstruction = model.queryInstruction, passageInstruction = '' } = options;
  check(typeof queryInstruction === 'string', 'queryInstruction', 'a string', queryInstruction);
  check(typeof passageInstruction === 'string', 'passageInstruction', 'a string', passageInstruction);
  const { files = null } = options;
  check(files === null || files instanceof Map, 'files', 'a Map of Blobs by path', files);
  const { modelBase = HUB } = options;
  for (const [name, value] of Object.entries({ modelBase, revision, wasmBase })) {
    check(value === null || (typeof value === 'string' && value !== ''), name, 'a string that is not empty', value);
  }
  const { maxLength = Math.min(512, model.maxLength), batchTokens = null, threads = 'auto' } = options;
  checkLength('maxLength', maxLength, model.maxLength);
  if (batchTokens !== null) checkInteger('batchTokens', batchTokens, 1, 2 ** 20);
  if (threads !== 'auto') checkInteger('threads', threads, 1, 32);
  return {
    ...{ model, device, dtype, revision, cache, selfCheck, queryInstruction, passageInstruction },
    ...{ maxLength, batchTokens, threads, files },
    modelBase: files ? 'files:' : absolute('modelBase', modelBase),
    wasmBase: wasmBase && absolute('wasmBase', wasmBase.replace(/\/?$/, '/')),
  };
}

function wrongTask({ id, task }: ModelSpec): BgeError {
  const message =
    task === 'rerank'
      ? `${id} is a reranker: it scores pairs and gives no vectors; use createReranker()`
      : `${id} is an embedder and cannot rerank; use createEmbedder(), or a model such as BAAI/bge-reranker-base`;
  return new BgeError('WrongModelError', message, { details: { model: id } });
}

function checkLength(what: string, length: unknown, most: number): void {
  checkInteger(what, length, 2, most, ", the model's maximum");
}

/** The length of one call, null for what the model was loaded with. Throws InvalidInputError. */
export function callLength(what: string, length: number | undefined, most: number): number | null {
  if (length === undefined) return null;
  checkLength(what, length, most);
  return length;
}

function check(holds: boolean, what: string, expected: string, value: unknown): asserts holds {
  if (!holds) throw invalidInput(what, expected, value);
}

/** The worker's own address is not the page's, so it cannot resolve what is relative to the page. Braces must stay braces. */
function absolute(what: string, url: string): string {
  if (typeof document === 'undefined') return url;
  try {
    return new URL(url, document.baseURI).href.replaceAll('%7B', '{').replaceAll('%7D', '}');
  } catch {
    throw invalidInput(what, 'a URL', url);
  }
}
