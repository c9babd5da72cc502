import { BgeError, isBgeError } from '../src/shared/errors';
import type { Dtype, ModelBuild, ModelFile, ModelRelease, TokenHead } from '../src/shared/models';
import type { Device, LoadConfig, LoadEvent } from '../src/shared/protocol';
import type { DeviceChoice } from './device';
import type { Engine, Linear } from './engine/engine';
import { openOrt } from './engine/ort';
import { type Ort, startOrt } from './engine/ort-runtime';
import { externalFiles } from './external-data';
import { widenLayerNorms } from './half-precision';
import { readLinear } from './heads/linear';
import { knownFiles } from './known-files';
import { openModelStore } from './model-store';
import { createTokenizer, type Tokenizer } from './tokenizer';
import { fillWeights } from './weights';

export interface LoadedModel {
  readonly tokenizer: Tokenizer;
  readonly engine: Engine;
  readonly revision: string;
  /**
   * The weights of a head that the graph does not have, from a file of their own.
   * Rejects with ModelFileNotFoundError, which names the file, CorruptModelError, and the errors of the store.
   */
  loadHead(head: TokenHead): Promise<Linear>;
}

interface Candidate {
  readonly release: ModelRelease;
  readonly build: ModelBuild;
}

/** Reads files of one release, as the configuration says. */
type ReadFiles = (files: readonly ModelFile[]) => Promise<Uint8Array<ArrayBuffer>[]>;

/**
 * Reads the files of the first build that suits the device and that the server has, and opens it.
 * Rejects with InvalidInputError when no build has the dtype that was asked for, and with the errors of the store, the
 * tokenizer and the engine.
 */
export async function loadModel(
  config: LoadConfig,
  choice: DeviceChoice,
  emit: (event: LoadEvent) => void,
): Promise<LoadedModel> {
  const { device } = choice;
  const candidates = candidatesFor(config, choice);
  if (candidates.length === 0) {
    const message = `${config.model.id} has no ${config.dtype === 'auto' ? '' : `${config.dtype} `}build for ${device}`;
    throw new BgeError('InvalidInputError', message, { details: { device } });
  }
  const runtime = startOrt(device, config.wasmBase);
  runtime.catch(() => {}); // it may fail while nobody waits for it
  let refused: BgeError | undefined;
  for (const { release, build } of candidates) {
    try {
      const read = fileReader(release, config, emit);
      const opened = await open(release, build, config, choice, runtime, read, emit);
      const loadHead = (head: TokenHead) => firstHead(release.heads[head], read, config.model.dim);
      return { ...opened, loadHead, revision: config.revision ?? release.revision };
    } catch (error) {
      if (!isBgeError(error) || !(isMissing(error) || isTooLarge(error))) throw error;
      refused ??= isTooLarge(error) ? withAdvice(error, build, config, device) : error;
    }
  }
  const { name, message, details } = refused!;
  throw new BgeError(name, message, { cause: refused, details: { ...details, device } });
}

/** A hub has the published files; your own server may have ours, which are taken first, or a copy of the hub's. */
function candidatesFor({ model, modelBase, dtype }: LoadConfig, { device, halfFloats }: DeviceChoice): Candidate[] {
  const releases = isHubLayout(modelBase) || !model.own ? [model.hub] : [model.own, model.hub];
  return releases.flatMap((release) =>
    release.builds
      .filter((build) => build.devices.includes(device))
      .filter((build) => (dtype === 'auto' ? halfFloats || !isHalf(build) : build.dtype === dtype))
      .map((build) => ({ release, build })),
  );
}

function fileReader(release: ModelRelease, config: LoadConfig, emit: (event: LoadEvent) => void): ReadFiles {
  const { model, modelBase, cache } = config;
  const revision = config.revision ?? release.revision;
  const store = openModelStore({ cache, onEvent: emit });
  // Sizes and hashes are those of the release's own revision.
  const isKnownRevision = revision === release.revision;
  const request = (file: ModelFile) => ({
    url: isHubLayout(modelBase)
      ? urlOf(modelBase, file.repo ?? release.repo, file.repo ? 'main' : revision, file.path)
      : urlOf(modelBase, model.id, revision, file.path),
    model: model.id,
    revision,
    file: isKnownRevision
      ? { ...knownFiles[`${release.repo}@${revision}`]?.[file.path], ...file }
      : { path: file.path },
  });
  return (files) => store.read(files.map(request));
}

async function open(
  release: ModelRelease,
  build: ModelBuild,
  config: LoadConfig,
  { device }: DeviceChoice,
  runtime: Promise<Ort>,
  read: ReadFiles,
  emit: (event: LoadEvent) => void,
): Promise<Pick<LoadedModel, 'tokenizer' | 'engine'>> {
  const { source, recipe } = build.weights ?? {};
  const wanted = [release.tokenizer, build.graph, ...(source ? [source] : []), ...(recipe ? [recipe] : [])];
  const [[tokenizerJson, graph, sourceBytes, recipeJson], ort] = await Promise.all([read(wanted), runtime]);
  const weights = source
    ? [weightsFrom(source.path, sourceBytes!, recipeJson)]
    : await readExternal(build.graph.path, graph!, read);
  const tokenizer = createTokenizer(tokenizerJson!);
  emit({ phase: 'compile', device, dtype: build.dtype });
  const engine = await openOrt(ort, {
    device,
    dtype: build.dtype,
    task: config.model.task,
    pooling: config.model.pooling,
    normalize: config.normalize,
    graph: isHalf(build) ? widenLayerNorms(graph!) : graph!,
    weights,
    batchTokens: config.batchTokens,
  });
  return { tokenizer, engine };
}

/** The weights that a published graph keeps in files beside it. The runtime reads them where they lie: no copy is made. */
async function readExternal(graphPath: string, graph: Uint8Array, read: ReadFiles) {
  const names = externalFiles(graph);
  if (names.length === 0) return [];
  const files = await read(names.map((name) => ({ path: graphPath.replace(/[^/]*$/, name) })));
  return names.map((path, i) => ({ path, data: files[i]! }));
}

/** The first of the files that the server has; if it has none, the error names the one that is best to have. */
async function firstHead(files: readonly ModelFile[], read: ReadFiles, inputs: number): Promise<Linear> {
  let missing: unknown;
  for (const file of files) {
    try {
      const [bytes] = await read([file]);
      return readLinear(bytes!, file.path, inputs);
    } catch (error) {
      if (!isBgeError(error) || !isMissing(error)) throw error;
      missing ??= error;
    }
  }
  throw missing;
}

/** Bytes of a weight, about. */
const WEIGHT_BYTES: Readonly<Record<Dtype, number>> = { fp32: 4, fp16: 2, q8: 1, q4f16: 0.6 };

/** A model that is too large, with what helps: a smaller number format of it on the same device. */
function withAdvice(error: BgeError, { dtype }: ModelBuild, { model }: LoadConfig, device: Device): BgeError {
  const smaller = model.hub.builds
    .filter((build) => build.devices.includes(device) && WEIGHT_BYTES[build.dtype] < WEIGHT_BYTES[dtype])
    .map((build) => `'${build.dtype}'`);
  const advice = smaller.length > 0 ? `take dtype ${smaller.join(' or ')}` : 'take a smaller model';
  const message = `${error.message}; ${advice}`;
  return new BgeError('ModelTooLargeError', message, { cause: error, details: { ...error.details, device } });
}

function isTooLarge({ name }: BgeError): boolean {
  return name === 'ModelTooLargeError';
}

/** Some servers answer 403 where there is no file. */
function isMissing({ name, details }: BgeError): boolean {
  return name === 'ModelFileNotFoundError' || details.status === 401 || details.status === 403;
}

/** The external data of a graph: the source itself, by its file name, or what the recipe makes of it. */
function weightsFrom(path: string, source: Uint8Array, recipeJson: Uint8Array | undefined) {
  return recipeJson ? fillWeights(recipeJson, source) : { path: path.split('/').pop()!, data: source };
}

function isHalf({ dtype }: ModelBuild): boolean {
  return dtype === 'fp16' || dtype === 'q4f16';
}

function isHubLayout(modelBase: string): boolean {
  return modelBase.includes('{revision}');
}

function urlOf(modelBase: string, repo: string, revision: string, path: string): string {
  const template = modelBase.includes('{file}') ? modelBase : `${modelBase.replace(/\/$/, '')}/{model}/{file}`;
  return template.replace('{model}', repo).replace('{revision}', encodeURIComponent(revision)).replace('{file}', path);
}
