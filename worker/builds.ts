import type { Dtype, ModelFile, ModelRelease, ModelSpec, TokenHead } from '../src/shared/models';
import type { Device } from '../src/shared/protocol';

/** A way to run a model by onnxruntime-web. */
export interface OrtBuild {
  readonly engine: 'ort';
  readonly dtype: Dtype;
  readonly devices: readonly Device[];
  /** The ONNX graph, with its weights unless `weights` says where they are. */
  readonly graph: ModelFile;
  /** For a graph without weights: the file that has them. The graph reads it as external data of that name, or, with a recipe, what the recipe makes of it. */
  readonly weights?: { readonly source: ModelFile; readonly recipe?: ModelFile };
}

/** Where our own encoder finds its weights. */
export type EncoderWeightsFile =
  /** An ONNX graph, as others export it. */
  | { readonly kind: 'onnx'; readonly graph: ModelFile }
  /** A checkpoint of PyTorch, and its configuration. */
  | { readonly kind: 'checkpoint'; readonly tensors: ModelFile; readonly config: ModelFile }
  /** An int8 file of this project's own releases, and what lies where in it; `heads` are those of the attention. */
  | { readonly kind: 'prepared'; readonly source: ModelFile; readonly recipe: ModelFile; readonly heads: number };

/** A way to run a model by our own encoder: q8 rounds what is not int8 in the file. */
export interface EncoderBuild {
  readonly engine: 'wasm';
  readonly dtype: 'q8' | 'fp32';
  readonly devices: readonly Device[];
  readonly weights: EncoderWeightsFile;
}

export type Build = OrtBuild | EncoderBuild;

const file = (path: string): ModelFile => ({ path });

export const TOKENIZER = file('tokenizer.json');

/** The devices that each number format suits in the runtime, best format for a device first. */
const DEVICES: Readonly<Record<Dtype, readonly Device[]>> = {
  q8: ['wasm'],
  fp16: ['webgpu'],
  fp32: ['webgpu', 'wasm'],
  q4f16: ['webgpu'],
};

/** All ways to run a release, best first for each device. */
export function buildsOf(release: ModelRelease, { builtIn }: ModelSpec): Build[] {
  if (release.prepared) return preparedBuilds(release.prepared.heads);
  // The hub's exports of the known models have no checkpoint.
  return [...graphBuilds(release.graphs), ...(builtIn ? [] : checkpointBuilds())];
}

/** For the CPU our own engine first, and int8 before float32: nearly as exact, and twice as fast. */
function graphBuilds(graphs: ModelRelease['graphs']): Build[] {
  return (Object.keys(DEVICES) as Dtype[]).flatMap((dtype): Build[] => {
    const path = graphs[dtype];
    if (!path) return [];
    const graph = file(path);
    const own = (rounded: EncoderBuild['dtype']) => ownBuild(rounded, { kind: 'onnx', graph });
    const ort: OrtBuild = { engine: 'ort', dtype, devices: DEVICES[dtype], graph };
    if (dtype === 'q4f16') return [ort]; // weights of 4 bits are not for our engine
    return [own('q8'), ...(dtype === 'fp32' ? [own('fp32')] : []), ort];
  });
}

function checkpointBuilds(): Build[] {
  const weights = { kind: 'checkpoint', tensors: file('model.safetensors'), config: file('config.json') } as const;
  return [ownBuild('q8', weights), ownBuild('fp32', weights)];
}

/** One int8 set of weights, a recipe that says what lies where, and a graph without weights for each device. */
function preparedBuilds(heads: number): Build[] {
  const source = file('onnx/model_quantized.onnx');
  const recipe = file('onnx/model_webgpu.json');
  const ort = (device: Device, graph: string, weights: OrtBuild['weights']): OrtBuild => ({
    ...{ engine: 'ort', dtype: 'q8', devices: [device], graph: file(graph) },
    ...(weights && { weights }),
  });
  return [
    ownBuild('q8', { kind: 'prepared', source, recipe, heads }),
    ort('wasm', 'onnx/model_cls.onnx', { source }),
    ort('webgpu', 'onnx/model_webgpu.onnx', { source, recipe }),
  ];
}

function ownBuild(dtype: EncoderBuild['dtype'], weights: EncoderWeightsFile): EncoderBuild {
  return { engine: 'wasm', dtype, devices: ['wasm'], weights };
}

/** The file without which a build is nothing. */
export function mainFile(build: Build): ModelFile {
  if (build.engine === 'ort') return build.graph;
  const { weights } = build;
  if (weights.kind === 'onnx') return weights.graph;
  return weights.kind === 'checkpoint' ? weights.tensors : weights.source;
}

/** What belongs to it. */
function sideFiles(build: Build): ModelFile[] {
  if (build.engine === 'wasm') {
    const { weights } = build;
    if (weights.kind === 'onnx') return [];
    return [weights.kind === 'checkpoint' ? weights.config : weights.recipe];
  }
  const { source, recipe } = build.weights ?? {};
  return [source, recipe].filter((one) => one !== undefined);
}

/** The files of a build beside the tokenizer: the main one, and what belongs to it. */
export function sourcesOf(build: Build): ModelFile[] {
  return [mainFile(build), ...sideFiles(build)];
}

export function isHalf({ dtype }: Build): boolean {
  return dtype === 'fp16' || dtype === 'q4f16';
}

/** Where the weights of a head lie that is not in the graph: the first that the server has is taken. */
export function headFiles({ headRepo }: ModelRelease, head: TokenHead): ModelFile[] {
  return ['safetensors', 'pt'].map((format) => ({
    path: `${head}_linear.${format}`,
    ...(headRepo && { repo: headRepo }),
  }));
}
