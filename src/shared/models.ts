import { BgeError, invalidInput } from './errors.js';

/** Number format of a model's files, named as on the hub: `q8` is `model_quantized.onnx`. */
export type Dtype = 'fp32' | 'fp16' | 'q8' | 'q4f16';

export interface ModelFile {
  readonly path: string;
  /** Known size and SHA-256 (hex): what arrives must match. Unknown ones are taken from the server at first use. */
  readonly bytes?: number;
  readonly sha256?: string;
}

/** Sizes and hashes of files, by path. */
export type KnownFiles = Readonly<Record<string, Omit<ModelFile, 'path'>>>;

/** One way to run a model. */
export interface ModelBuild {
  readonly dtype: Dtype;
  readonly devices: readonly ('webgpu' | 'wasm')[];
  /** The ONNX graph, with its weights unless `weights` says where they are. */
  readonly graph: ModelFile;
  /** For a graph without weights: the file that has them. The graph reads it as external data of that name, or, with a recipe, what the recipe makes of it. */
  readonly weights?: { readonly source: ModelFile; readonly recipe?: ModelFile };
}

/** A set of files on one server layout. */
export interface ModelRelease {
  /** The path of the model on the server, `<org>/<name>`. */
  readonly repo: string;
  readonly revision: string;
  readonly tokenizer: ModelFile;
  readonly builds: readonly ModelBuild[];
}

/** What must be known about a model to run it as its authors do. */
export interface ModelSpec {
  readonly id: string;
  readonly dim: number;
  readonly pooling: 'cls' | 'mean';
  /** Put before queries, never before passages; empty for none. */
  readonly queryInstruction: string;
  /** The most tokens that the model takes, special tokens included. */
  readonly maxLength: number;
  /** As published on the hub. */
  readonly hub: ModelRelease;
  /** As prepared by this project (one int8 set of weights for CPU and GPU), for your own server. */
  readonly own?: ModelRelease;
}

const ENGLISH = 'Represent this sentence for searching relevant passages: ';
const CHINESE = '为这个句子生成表示以用于检索相关文章：';

/** The usual layout of an ONNX export on the hub (Xenova, onnx-community, optimum), best build for a device first. */
function published(repo: string, known: KnownFiles = {}, revision = 'main'): ModelRelease {
  const file = (path: string): ModelFile => ({ path, ...known[path] });
  return {
    repo,
    revision,
    tokenizer: file('tokenizer.json'),
    builds: [
      { dtype: 'q8', devices: ['wasm'], graph: file('onnx/model_quantized.onnx') },
      { dtype: 'fp16', devices: ['webgpu'], graph: file('onnx/model_fp16.onnx') },
      { dtype: 'fp32', devices: ['webgpu', 'wasm'], graph: file('onnx/model.onnx') },
      { dtype: 'q4f16', devices: ['webgpu'], graph: file('onnx/model_q4f16.onnx') },
    ],
  };
}

/** This project's own files (scripts/prepare-models): one int8 set of weights, and a graph without weights for each device. */
function prepared(repo: string): ModelRelease {
  const file = (path: string): ModelFile => ({ path });
  const source = file('onnx/model_quantized.onnx');
  return {
    repo,
    revision: 'bge-web-1',
    tokenizer: file('tokenizer.json'),
    builds: [
      { dtype: 'q8', devices: ['wasm'], graph: file('onnx/model_cls.onnx'), weights: { source } },
      {
        dtype: 'q8',
        devices: ['webgpu'],
        graph: file('onnx/model_webgpu.onnx'),
        weights: { source, recipe: file('onnx/model_webgpu.json') },
      },
    ],
  };
}

function bge(name: string, dim: number, queryInstruction: string): ModelSpec {
  return {
    id: `BAAI/${name}`,
    dim,
    pooling: 'cls',
    queryInstruction,
    maxLength: 512,
    hub: published(`Xenova/${name}`),
  };
}

/** Source: FlagEmbedding README, "Model List", and inference/embedder/model_mapping.py. */
const registry = new Map<string, ModelSpec>(
  [
    {
      ...bge('bge-small-en-v1.5', 384, ENGLISH),
      own: prepared('BAAI/bge-small-en-v1.5'),
    },
    bge('bge-base-en-v1.5', 768, ENGLISH),
    bge('bge-large-en-v1.5', 1024, ENGLISH),
    {
      ...bge('bge-small-zh-v1.5', 512, CHINESE),
      own: prepared('BAAI/bge-small-zh-v1.5'),
    },
    bge('bge-base-zh-v1.5', 768, CHINESE),
    bge('bge-large-zh-v1.5', 1024, CHINESE),
    bge('bge-small-en', 384, ENGLISH),
    bge('bge-base-en', 768, ENGLISH),
    bge('bge-large-en', 1024, ENGLISH),
    bge('bge-small-zh', 512, CHINESE),
    bge('bge-base-zh', 768, CHINESE),
    bge('bge-large-zh', 1024, CHINESE),
    bge('bge-large-zh-noinstruct', 1024, ''),
    { ...bge('bge-m3', 1024, ''), maxLength: 8192 },
  ].map((spec) => [spec.id, spec]),
);

/** What `registerModel` needs to know of a model of one's own; the rest has BGE's defaults. */
export interface ModelDescription {
  /** `<org>/<name>`: the model's path on the server. */
  id: string;
  /** Dimensions of its vectors. */
  dim: number;
  /** Default `cls`, as all BGE models. */
  pooling?: 'cls' | 'mean';
  /** Default none. */
  queryInstruction?: string;
  /** The most tokens of a text. Default 512. */
  maxLength?: number;
  /** Branch, tag or commit. Default `main`. */
  revision?: string;
  /** Size and SHA-256 by path, such as `onnx/model_quantized.onnx`, where they are known: what arrives must match. */
  files?: KnownFiles;
}

/**
 * Makes a fine-tuned BGE, or any other encoder in the hub's ONNX layout, known by its id, in place of one that had the id before.
 * Expected files: tokenizer.json and at least one of onnx/model_quantized.onnx, model_fp16.onnx, model.onnx, model_q4f16.onnx.
 * Throws InvalidInputError.
 */
export function registerModel(description: ModelDescription): ModelSpec {
  const { id, dim, pooling = 'cls', queryInstruction = '', maxLength = 512, revision, files } = description;
  if (typeof id !== 'string' || !/^[^/\s]+\/[^/\s]+$/.test(id)) throw invalidInput('id', 'a string like org/name', id);
  if (!Number.isInteger(dim) || dim < 1) throw invalidInput('dim', 'an integer above 0', dim);
  if (pooling !== 'cls' && pooling !== 'mean') throw invalidInput('pooling', "'cls' or 'mean'", pooling);
  if (typeof queryInstruction !== 'string') throw invalidInput('queryInstruction', 'a string', queryInstruction);
  if (!Number.isInteger(maxLength) || maxLength < 3)
    throw invalidInput('maxLength', 'an integer of 3 or more', maxLength);
  const spec: ModelSpec = { id, dim, pooling, queryInstruction, maxLength, hub: published(id, files, revision) };
  registry.set(id, spec);
  return spec;
}

/**
 * The model of that id; `Xenova/…` and `onnx-community/…` name the published ONNX exports of a `BAAI/…` model.
 * Throws UnknownModelError, which lists the known ones.
 */
export function findModel(id: string): ModelSpec {
  const spec = registry.get(id);
  if (spec) return spec;
  const [org, name] = id.split('/');
  const original = registry.get(`BAAI/${name?.replace(/-ONNX$/, '')}`);
  if (original && org === 'Xenova') return { ...original, hub: { ...original.hub, repo: id } };
  if (original && org === 'onnx-community') return { ...original, hub: published(id) };
  const message = `Unknown model "${id}". Known: ${[...registry.keys()].join(', ')}. Make your own known by registerModel()`;
  throw new BgeError('UnknownModelError', message, { details: { model: id } });
}
