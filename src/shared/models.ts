import { BgeError, invalidInput } from './errors.js';

/** Number format of a model's files, named as on the hub: `q8` is `model_quantized.onnx`. */
export type Dtype = 'fp32' | 'fp16' | 'q8' | 'q4f16';

/** Output heads of BGE-M3 that give one weight, or one vector, a token. */
export type TokenHead = 'sparse' | 'colbert';

export interface ModelFile {
  readonly path: string;
  /** Where it lies in another repository of the hub than the release, at `main`; your own server has all in one folder. */
  readonly repo?: string;
  /** Known size and SHA-256 (hex): what arrives must match. Unknown ones are taken from the server at first use. */
  readonly bytes?: number;
  readonly sha256?: string;
}

/** Sizes and hashes of files, by path. */
export type KnownFiles = Readonly<Record<string, Omit<ModelFile, 'path'>>>;

/** A set of files on one server layout; the worker knows the ways to run them. */
export interface ModelRelease {
  /** The path of the model on the server, `<org>/<name>`. */
  readonly repo: string;
  readonly revision: string;
  /** Sizes and hashes of its files, where they are known. */
  readonly known: KnownFiles;
  /** Paths of its ONNX graphs. */
  readonly graphs: Readonly<Partial<Record<Dtype, string>>>;
  /** Of this project's own making (scripts/prepare-models); the number is that of its attention heads. */
  readonly prepared?: { readonly heads: number };
  /** The repository that has the weights of M3's heads, if they are elsewhere. */
  readonly headRepo?: string;
}

/** What must be known about a model to run it as its authors do. */
export interface ModelSpec {
  readonly id: string;
  /** True for the rows of this package's registry: answers that are known of them are checked at the start. */
  readonly builtIn: boolean;
  /** `embed`: texts to vectors. `rerank`: pairs of query and passage to one logit each. */
  readonly task: 'embed' | 'rerank';
  /** Dimensions of the dense vector; 1 for a reranker. */
  readonly dim: number;
  /** The heads that it has beside the dense one. */
  readonly heads: readonly TokenHead[];
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

/** Paths of the graphs in the usual layout of an ONNX export on the hub (Xenova, onnx-community, optimum). */
const GRAPHS: Readonly<Record<Dtype, string>> = {
  q8: 'onnx/model_quantized.onnx',
  fp16: 'onnx/model_fp16.onnx',
  fp32: 'onnx/model.onnx',
  q4f16: 'onnx/model_q4f16.onnx',
};

/** The state of the files of this project's own making. */
const PREPARED = 'bge-web-1';

function published(repo: string, rest: Partial<ModelRelease> = {}): ModelRelease {
  return { repo, revision: 'main', known: {}, graphs: GRAPHS, ...rest };
}

function bge(name: string, dim: number, queryInstruction: string): ModelSpec {
  return {
    id: `BAAI/${name}`,
    builtIn: true,
    task: 'embed',
    dim,
    heads: [],
    pooling: 'cls',
    queryInstruction,
    maxLength: 512,
    hub: published(`Xenova/${name}`),
  };
}

function m3(id: string, hub: ModelRelease): ModelSpec {
  return { ...bge('bge-m3', 1024, ''), id, heads: ['sparse', 'colbert'], maxLength: 8192, hub };
}

function reranker(name: string, hub: string, maxLength: number): ModelSpec {
  return { ...bge(name, 1, ''), task: 'rerank', maxLength, hub: published(hub) };
}

/** Source: FlagEmbedding README, "Model List", and inference/{embedder,reranker}/model_mapping.py. */
const registry = new Map<string, ModelSpec>(
  [
    {
      ...bge('bge-small-en-v1.5', 384, ENGLISH),
      own: published('BAAI/bge-small-en-v1.5', { revision: PREPARED, prepared: { heads: 12 } }),
    },
    bge('bge-base-en-v1.5', 768, ENGLISH),
    bge('bge-large-en-v1.5', 1024, ENGLISH),
    {
      ...bge('bge-small-zh-v1.5', 512, CHINESE),
      own: published('BAAI/bge-small-zh-v1.5', { revision: PREPARED, prepared: { heads: 8 } }),
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
    // The graph comes from Xenova; the heads are small files that only BAAI has.
    m3('BAAI/bge-m3', published('Xenova/bge-m3', { headRepo: 'BAAI/bge-m3' })),
    // An export with all three heads in the graph.
    m3('gpahal/bge-m3-onnx-int8', published('gpahal/bge-m3-onnx-int8', { graphs: { q8: 'model_quantized.onnx' } })),
    reranker('bge-reranker-base', 'Xenova/bge-reranker-base', 512),
    reranker('bge-reranker-large', 'Xenova/bge-reranker-large', 512),
    reranker('bge-reranker-v2-m3', 'onnx-community/bge-reranker-v2-m3-ONNX', 8192),
  ].map((spec) => [spec.id, spec]),
);

/** What `registerModel` needs to know of a model of one's own; the rest has BGE's defaults. */
export interface ModelDescription {
  /** `<org>/<name>`: the model's path on the server. */
  id: string;
  /** `embed` (default) or `rerank`. */
  task?: 'embed' | 'rerank';
  /** Dimensions of its vectors; not for rerankers. */
  dim?: number;
  /** Heads beside the dense one, in the graph itself or beside it as `sparse_linear.safetensors` and `colbert_linear.safetensors` (or `.pt`). Default none. */
  heads?: readonly TokenHead[];
  /** Default `cls`, as all BGE models. */
  pooling?: 'cls' | 'mean';
  /** Default none. */
  queryInstruction?: string;
  /** The most tokens of a text, or of a pair. Default 512. */
  maxLength?: number;
  /** Branch, tag or commit. Default `main`. */
  revision?: string;
  /** Paths of its ONNX graphs by number format. Default: the hub's usual layout. Weights beside a graph are found by the names that it gives. */
  graphs?: Partial<Record<Dtype, string>>;
  /** Size and SHA-256 by path, such as `onnx/model_quantized.onnx`, where they are known: what arrives must match. */
  files?: KnownFiles;
}

/**
 * Makes a fine-tuned BGE, or any other encoder in the hub's ONNX layout, known by its id, in place of one that had the id before.
 * Expected files: tokenizer.json and at least one of onnx/model_quantized.onnx, model_fp16.onnx, model.onnx, model_q4f16.onnx
 * (or of `graphs`), or, for the CPU, a checkpoint: model.safetensors and config.json. Throws InvalidInputError.
 */
export function registerModel(description: ModelDescription): ModelSpec {
  const { id, task = 'embed', dim = task === 'rerank' ? 1 : undefined, heads = [], pooling = 'cls' } = description;
  const { queryInstruction = '', maxLength = 512, revision, files, graphs } = description;
  if (typeof id !== 'string' || !/^[^/\s]+\/[^/\s]+$/.test(id)) throw invalidInput('id', 'a string like org/name', id);
  if (task !== 'embed' && task !== 'rerank') throw invalidInput('task', "'embed' or 'rerank'", task);
  if (!Number.isInteger(dim) || dim! < 1) throw invalidInput('dim', 'an integer above 0', dim);
  if (task === 'rerank' && dim !== 1) throw invalidInput('dim', 'left out for a reranker, which gives one logit', dim);
  if (!Array.isArray(heads) || heads.some((head) => head !== 'sparse' && head !== 'colbert'))
    throw invalidInput('heads', "an array of 'sparse' and 'colbert'", heads);
  if (pooling !== 'cls' && pooling !== 'mean') throw invalidInput('pooling', "'cls' or 'mean'", pooling);
  if (typeof queryInstruction !== 'string') throw invalidInput('queryInstruction', 'a string', queryInstruction);
  if (!Number.isInteger(maxLength) || maxLength < 3)
    throw invalidInput('maxLength', 'an integer of 3 or more', maxLength);
  const hub = published(id, {
    ...(files && { known: files }),
    ...(revision && { revision }),
    ...(graphs && { graphs }),
  });
  if (graphs && !Object.keys(graphs).every((dtype) => dtype in GRAPHS))
    throw invalidInput('graphs', 'paths by fp32, fp16, q8 or q4f16', graphs);
  const spec: ModelSpec = { id, builtIn: false, task, dim: dim!, heads, pooling, queryInstruction, maxLength, hub };
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
  if (original && (org === 'Xenova' || org === 'onnx-community'))
    return { ...original, hub: { ...original.hub, repo: id } };
  const message = `Unknown model "${id}". Known: ${[...registry.keys()].join(', ')}. Make your own known by registerModel()`;
  throw new BgeError('UnknownModelError', message, { details: { model: id } });
}
