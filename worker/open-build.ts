import type { ModelFile } from '../src/shared/models';
import type { LoadConfig, LoadEvent } from '../src/shared/protocol';
import { type EncoderBuild, isHalf, type OrtBuild, sourcesOf, TOKENIZER } from './builds';
import type { DeviceChoice } from './device';
import type { Engine } from './engine/engine';
import { openOrt } from './engine/ort';
import type { Ort } from './engine/ort-runtime';
import { openEncoder } from './engine/wasm/engine';
import { packedName, readPackedFile } from './engine/wasm/packed-file';
import { fasterPrecision } from './engine/wasm/precision';
import { readWeights } from './engine/wasm/read-weights';
import { externalFiles } from './external-data';
import { widenLayerNorms } from './half-precision';
import type { ReleaseFiles } from './release-files';
import { createTokenizer, type Tokenizer } from './tokenizer';
import { fillWeights } from './weights';

export interface OpenedBuild {
  readonly tokenizer: Tokenizer;
  readonly engine: Engine;
}

/** By our own engine: the runtime's 14 MB are not fetched. */
export async function openOwn(
  build: EncoderBuild,
  { model, threads }: LoadConfig,
  files: ReleaseFiles,
  emit: (event: LoadEvent) => void,
): Promise<OpenedBuild> {
  const { dtype, weights: from } = build;
  const options = { dtype, pooling: model.pooling, threads };
  const isPacking = () => emit({ phase: 'compile', device: 'wasm', dtype });
  const name = dtype === 'q8' && from.kind !== 'prepared' ? packedName(model, await fasterPrecision()) : null;
  const packed = name && (await files.recall(sourcesOf(build), name));
  if (packed) {
    const { tokenizer } = await readWithTokenizer(files, []);
    isPacking();
    return { tokenizer, engine: await openEncoder({ packed: readPackedFile(packed) }, options) };
  }
  const { tokenizer, others: source } = await readWithTokenizer(files, sourcesOf(build));
  isPacking();
  const externals = from.kind === 'onnx' ? await readExternal(from.graph.path, source[0]!, files) : [];
  const engine = await openEncoder({ weights: readWeights(from, source, externals, model) }, options);
  // What is hardly smaller than the source is not worth its place in the store.
  if (name && externals.length === 0 && 1.5 * engine.bytes < source[0]!.length)
    files.keep(sourcesOf(build), name, engine.packedFile());
  return { tokenizer, engine };
}

/** The files, and the tokenizer, which is made while they still come. */
async function readWithTokenizer(
  { read }: Pick<ReleaseFiles, 'read'>,
  files: readonly ModelFile[],
): Promise<{ tokenizer: Tokenizer; others: Uint8Array<ArrayBuffer>[] }> {
  let tokenizer: Promise<Tokenizer> | undefined;
  const [, ...others] = await read([TOKENIZER, ...files], (n, bytes) => {
    if (n > 0) return;
    tokenizer = Promise.resolve(bytes).then(createTokenizer);
    tokenizer.catch(() => {}); // told as soon as all files are there
  });
  return { tokenizer: await tokenizer!, others };
}

/** By onnxruntime-web. */
export async function openByRuntime(
  build: OrtBuild,
  config: LoadConfig,
  { device }: DeviceChoice,
  startRuntime: () => Promise<Ort>,
  files: ReleaseFiles,
  emit: (event: LoadEvent) => void,
): Promise<OpenedBuild> {
  const { source } = build.weights ?? {};
  const [{ tokenizer, others }, ort] = await Promise.all([readWithTokenizer(files, sourcesOf(build)), startRuntime()]);
  const [graph, sourceBytes, recipeJson] = others;
  const weights = source
    ? [weightsFrom(source.path, sourceBytes!, recipeJson)]
    : await readExternal(build.graph.path, graph!, files);
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
async function readExternal(graphPath: string, graph: Uint8Array, { read }: ReleaseFiles) {
  const names = externalFiles(graph);
  if (names.length === 0) return [];
  const files = await read(names.map((name) => ({ path: graphPath.replace(/[^/]*$/, name) })));
  return names.map((path, i) => ({ path, data: files[i]! }));
}

/** The external data of a graph: the source itself, by its file name, or what the recipe makes of it. */
function weightsFrom(path: string, source: Uint8Array, recipeJson: Uint8Array | undefined) {
  return recipeJson ? fillWeights(recipeJson, source) : { path: path.split('/').pop()!, data: source };
}
