import { BgeError, isBgeError } from '../src/shared/errors';
import type { Dtype, ModelFile, ModelRelease, TokenHead } from '../src/shared/models';
import type { Device, LoadConfig, LoadEvent } from '../src/shared/protocol';
import { type Build, buildsOf, headFiles, isHalf, mainFile, sourcesOf, TOKENIZER } from './builds';
import { checkPooling } from './check-pooling';
import type { DeviceChoice } from './device';
import type { Linear } from './engine/engine';
import type { Ort } from './engine/ort-runtime';
import { fasterPrecision } from './engine/wasm/precision';
import { UnsupportedGraphError } from './engine/wasm/unsupported';
import { readLinear } from './heads/linear';
import type { Host } from './host';
import type { ModelStore } from './model-store';
import { type OpenedBuild, openByRuntime, openOwn } from './open-build';
import { filesOf, isHubLayout, type ReleaseFiles } from './release-files';

export interface LoadedModel extends OpenedBuild {
  readonly revision: string;
  /**
   * The weights of a head that the graph does not have, from a file of their own.
   * Rejects with ModelFileNotFoundError, which names the file, CorruptModelError, and the errors of the store.
   */
  loadHead(head: TokenHead): Promise<Linear>;
}

interface Candidate {
  readonly release: ModelRelease;
  readonly build: Build;
}

/**
 * Reads the files of the first build that suits the device and that the server has, and opens it.
 * Rejects with InvalidInputError when no build has the dtype that was asked for, and with the errors of the store, the
 * tokenizer and the engine.
 */
export async function loadModel(
  config: LoadConfig,
  choice: DeviceChoice,
  { openStore, startRuntime: start }: Host,
  emit: (event: LoadEvent) => void,
): Promise<LoadedModel> {
  const { device } = choice;
  const candidates = candidatesFor(config, choice).filter(({ build }) => start || build.engine === 'wasm');
  if (candidates.length === 0) {
    const [dtype, advice] =
      config.dtype === 'auto' ? ['', ''] : [`${config.dtype} `, "; dtype 'auto' takes what it has"];
    const message = `${config.model.id} has no ${dtype}build for ${device}${advice}`;
    throw new BgeError('InvalidInputError', message, { details: { device } });
  }
  if (candidates.some(({ build }) => build.engine === 'wasm' && build.dtype === 'q8')) fasterPrecision(); // while files come
  let runtime: Promise<Ort> | undefined;
  const startRuntime = () => {
    runtime ??= start!(device, config.wasmBase, config.threads);
    runtime.catch(() => {}); // it may fail while nobody waits for it
    return runtime;
  };
  const store = openStore(config, emit);
  let refused: BgeError | undefined;
  let tooLarge = Number.POSITIVE_INFINITY;
  const useless = new Set<unknown>();
  const ordered = await storedFirst(candidates, config, store);
  const { release: likely, build: first } = ordered[0]!;
  const silent = openStore(config, () => {}); // a small file beside the model is no part of its progress
  await checkPooling(config.model, filesOf(likely, config, silent), sourcesOf(first));
  for (const { release, build } of ordered) {
    const files = filesOf(release, config, store);
    const main = files.url(mainFile(build));
    if (useless.has(main) || (build.engine === 'ort' && WEIGHT_BYTES[build.dtype] >= tooLarge)) continue;
    try {
      const opened =
        build.engine === 'wasm'
          ? await openOwn(build, config, files, emit)
          : await openByRuntime(build, config, choice, startRuntime, files, emit);
      const loadHead = (head: TokenHead) => firstHead(headFiles(release, head), files, config.model.dim);
      return { ...opened, loadHead, revision: config.revision ?? release.revision };
    } catch (thrown) {
      const error = thrown instanceof UnsupportedGraphError ? unsupported(thrown, main) : thrown;
      if (!isBgeError(error) || !(build.engine === 'wasm' ? leavesItToOthers(error, main) : isForAnotherBuild(error)))
        throw refused?.name === 'DownloadError' ? refused : error; // what stops small files stops a runtime too, which does not say why
      if (isForAnotherBuild(error)) useless.add(error.details.url);
      if (isTooLarge(error) && build.engine === 'ort') tooLarge = WEIGHT_BYTES[build.dtype];
      // Where no runtime says more, a file that is there and does not do matters, not one that is missing.
      if (!start && refused && isForAnotherBuild(refused) && !isForAnotherBuild(error)) refused = undefined;
      refused ??= isTooLarge(error) ? withAdvice(error, build, config, device) : error;
    }
  }
  const { name, message, details } = refused!;
  throw new BgeError(name, message, { cause: refused, details: { ...details, device } });
}

/** A hub has the published files; your own server may have ours, which are taken first, or a copy of the hub's. */
function candidatesFor(config: LoadConfig, { device, halfFloats }: DeviceChoice): Candidate[] {
  const { model, modelBase, dtype, failed } = config;
  const hasOwnFailed = failed.some(({ engine }) => engine === 'wasm');
  const releases = isHubLayout(modelBase) || !model.own ? [model.hub] : [model.own, model.hub];
  return releases.flatMap((release) =>
    buildsOf(release, model)
      .filter((build) => includes(build.devices, device) && (build.engine === 'ort' || !hasOwnFailed))
      .filter((build) => (dtype === 'auto' ? halfFloats || !isHalf(build) : build.dtype === dtype))
      .map((build) => ({ release, build })),
  );
}

/** What is stored comes before what the server would have to be asked for: whole, or all but our engine's recipe of some kB. */
async function storedFirst(
  candidates: readonly Candidate[],
  config: LoadConfig,
  store: ModelStore,
): Promise<readonly Candidate[]> {
  for (const candidate of candidates) {
    const { release, build } = candidate;
    const recipe = build.engine === 'wasm' && build.weights.kind === 'prepared' ? build.weights.recipe : undefined;
    const needed = [TOKENIZER, ...sourcesOf(build)].filter((file) => file !== recipe);
    if (!(await filesOf(release, config, store).holds(needed))) continue;
    return [candidate, ...candidates.filter((other) => other !== candidate)];
  }
  return candidates;
}

function includes(devices: readonly Device[], device: Device): boolean {
  return devices.includes(device);
}

/** The first of the files that is stored, or that the server has; if there is none, the error names the one that is best to have. */
async function firstHead(
  candidates: readonly ModelFile[],
  { read, holds }: ReleaseFiles,
  inputs: number,
): Promise<Linear> {
  const stored = await Promise.all(candidates.map((file) => holds([file])));
  let missing: unknown;
  for (const file of [...candidates.filter((_, i) => stored[i]), ...candidates.filter((_, i) => !stored[i])]) {
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
function withAdvice(error: BgeError, { dtype }: Build, { model }: LoadConfig, device: Device): BgeError {
  const smaller = buildsOf(model.hub, model)
    .filter((build) => includes(build.devices, device) && WEIGHT_BYTES[build.dtype] < WEIGHT_BYTES[dtype])
    .map((build) => `'${build.dtype}'`);
  const advice = smaller.length > 0 ? `take dtype ${[...new Set(smaller)].join(' or ')}` : 'take a smaller model';
  const message = `${error.message}; ${advice}`;
  return new BgeError('ModelTooLargeError', message, { cause: error, details: { ...error.details, device } });
}

/** The build's file is not there, or cannot be had: another file may be. */
function isForAnotherBuild(error: BgeError): boolean {
  return isMissing(error) || isTooLarge(error);
}

/**
 * What our engine cannot read, the runtime may, which then says better what is wrong. Offline, a small recipe may be all that
 * is missing where the runtime's graph is stored.
 */
function leavesItToOthers(error: BgeError, main: string): boolean {
  const { engine, url } = error.details;
  const isUnreadable = engine === undefined && /^(Engine|CorruptModel|WrongModel)Error$/.test(error.name);
  return isForAnotherBuild(error) || isUnreadable || (error.name === 'DownloadError' && url !== main);
}

function unsupported(cause: UnsupportedGraphError, url: string): BgeError {
  return new BgeError('EngineError', `Our engine cannot run ${url}: ${cause.message}`, { cause });
}

function isTooLarge({ name }: BgeError): boolean {
  return name === 'ModelTooLargeError';
}

/** Some servers answer 403 where there is no file. */
function isMissing({ name, details }: BgeError): boolean {
  return name === 'ModelFileNotFoundError' || details.status === 401 || details.status === 403;
}
