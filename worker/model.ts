import { BgeError, isBgeError } from '../src/shared/errors';
import type { ModelBuild, ModelFile, ModelRelease } from '../src/shared/models';
import type { Device, LoadConfig, LoadEvent } from '../src/shared/protocol';
import type { Engine } from './engine/engine';
import { openOrt } from './engine/ort';
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
  readonly build: ModelBuild;
}

/**
 * Reads the files of the first build that suits the device and that the server has, and opens it.
 * Rejects with InvalidInputError when no build has the dtype that was asked for, and with the errors of the store, the
 * tokenizer and the engine.
 */
export async function loadModel(
  config: LoadConfig,
  device: Device,
  emit: (event: LoadEvent) => void,
): Promise<LoadedModel> {
  const candidates = candidatesFor(config, device);
  let missing: unknown;
  for (const candidate of candidates) {
    try {
      return await open(candidate, config, device, emit);
    } catch (error) {
      if (!isBgeError(error, 'ModelFileNotFoundError')) throw error;
      missing ??= error;
    }
  }
  if (missing) throw missing;
  const message = `${config.model.id} has no ${config.dtype === 'auto' ? '' : `${config.dtype} `}build for ${device}`;
  throw new BgeError('InvalidInputError', message, { details: { device } });
}

/** A hub has the published files; your own server may have ours, which are taken first, or a copy of the hub's. */
function candidatesFor({ model, modelBase, dtype }: LoadConfig, device: Device): Candidate[] {
  const releases = isHubLayout(modelBase) || !model.own ? [model.hub] : [model.own, { ...model.hub, repo: model.id }];
  return releases.flatMap((release) =>
    release.builds
      .filter((build) => build.devices.includes(device) && (dtype === 'auto' || build.dtype === dtype))
      .map((build) => ({ release, build })),
  );
}

async function open(
  { release, build }: Candidate,
  config: LoadConfig,
  device: Device,
  emit: (event: LoadEvent) => void,
) {
  const revision = config.revision ?? release.revision;
  const store = openModelStore({ cache: config.cache, onEvent: emit });
  const request = (file: ModelFile) => ({
    url: urlOf(config.modelBase, release.repo, revision, file.path),
    model: config.model.id,
    revision,
    // Sizes and hashes are those of the release's own revision.
    file: config.revision === null || config.revision === release.revision ? file : { path: file.path },
  });
  const files = [
    release.tokenizer,
    build.graph,
    ...(build.weights ? [build.weights.recipe, build.weights.source] : []),
  ];
  const [tokenizerJson, graph, recipe, source] = await store.read(files.map(request));
  const tokenizer = createTokenizer(tokenizerJson!);
  emit({ phase: 'compile', device, dtype: build.dtype });
  const engine = await openOrt({
    device,
    dtype: build.dtype,
    pooling: config.model.pooling,
    graph: graph!,
    ...(recipe && source && { weights: fillWeights(recipe, source) }),
    wasmBase: config.wasmBase,
    batchTokens: config.batchTokens,
  });
  return { tokenizer, engine, revision };
}

function isHubLayout(modelBase: string): boolean {
  return modelBase.includes('{revision}');
}

function urlOf(modelBase: string, repo: string, revision: string, path: string): string {
  const template = modelBase.includes('{file}') ? modelBase : `${modelBase.replace(/\/$/, '')}/{model}/{file}`;
  return template.replace('{model}', repo).replace('{revision}', encodeURIComponent(revision)).replace('{file}', path);
}
