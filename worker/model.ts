import { BgeError, isBgeError } from '../src/shared/errors';
import type { ModelBuild, ModelFile, ModelRelease } from '../src/shared/models';
import type { LoadConfig, LoadEvent } from '../src/shared/protocol';
import type { DeviceChoice } from './device';
import type { Engine } from './engine/engine';
import { openOrt } from './engine/ort';
import { type Ort, startOrt } from './engine/ort-runtime';
import { widenLayerNorms } from './half-precision';
import { knownFiles } from './known-files';
import { openModelStore } from './model-store';
import { createTokenizer, type Tokenizer } from './tokenizer';
import { fillWeights } from './weights';

export interface LoadedModel {
  readonly tokenizer: Tokenizer;
  readonly engine: Engine;
  readonly revision: string;
}

interface Candidate {
  readonly release: ModelRelease;
  /** The model's path on this server. */
  readonly repo: string;
  readonly build: ModelBuild;
}

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
  let missing: BgeError | undefined;
  for (const candidate of candidates) {
    try {
      return await open(candidate, config, choice, runtime, emit);
    } catch (error) {
      if (!isBgeError(error) || !isMissing(error)) throw error;
      missing ??= error;
    }
  }
  const { name, message, details } = missing!;
  throw new BgeError(name, message, { cause: missing, details: { ...details, device } });
}

/** A hub has the published files; your own server may have ours, which are taken first, or a copy of the hub's. */
function candidatesFor({ model, modelBase, dtype }: LoadConfig, { device, halfFloats }: DeviceChoice): Candidate[] {
  const releases = isHubLayout(modelBase) || !model.own ? [model.hub] : [model.own, model.hub];
  return releases.flatMap((release) =>
    release.builds
      .filter((build) => build.devices.includes(device))
      .filter((build) => (dtype === 'auto' ? halfFloats || !isHalf(build) : build.dtype === dtype))
      .map((build) => ({ release, build, repo: isHubLayout(modelBase) ? release.repo : model.id })),
  );
}

async function open(
  { release, build, repo }: Candidate,
  config: LoadConfig,
  { device }: DeviceChoice,
  runtime: Promise<Ort>,
  emit: (event: LoadEvent) => void,
): Promise<LoadedModel> {
  const revision = config.revision ?? release.revision;
  const store = openModelStore({ cache: config.cache, onEvent: emit });
  // Sizes and hashes are those of the release's own revision.
  const isKnownRevision = revision === release.revision;
  const request = (file: ModelFile) => ({
    url: urlOf(config.modelBase, repo, revision, file.path),
    model: config.model.id,
    revision,
    file: isKnownRevision
      ? { ...knownFiles[`${release.repo}@${revision}`]?.[file.path], ...file }
      : { path: file.path },
  });
  const { source, recipe } = build.weights ?? {};
  const wanted = [release.tokenizer, build.graph, ...(source ? [source] : []), ...(recipe ? [recipe] : [])];
  const [[tokenizerJson, graph, sourceBytes, recipeJson], ort] = await Promise.all([
    store.read(wanted.map(request)),
    runtime,
  ]);
  const tokenizer = createTokenizer(tokenizerJson!);
  emit({ phase: 'compile', device, dtype: build.dtype });
  const engine = await openOrt(ort, {
    device,
    dtype: build.dtype,
    pooling: config.model.pooling,
    graph: isHalf(build) ? widenLayerNorms(graph!) : graph!,
    ...(source && { weights: weightsFrom(source.path, sourceBytes!, recipeJson) }),
    batchTokens: config.batchTokens,
  });
  return { tokenizer, engine, revision };
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
