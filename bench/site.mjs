// The server of the benchmark: the pages, the built package, transformers.js with the runtime that it pins, and the models.
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

export const root = join(dirname(fileURLToPath(import.meta.url)), '..');
export const MODEL = 'BAAI/bge-small-en-v1.5';
const work = join(root, '.tmp/bench');

const transformers = createRequire(import.meta.url).resolve('@huggingface/transformers');
const transformersOrt = dirname(createRequire(transformers).resolve('onnxruntime-web/webgpu'));

/** @param {string} file @returns {string} */
export const versionIn = (file) => JSON.parse(readFileSync(file, 'utf8')).version;

export const versions = {
  'bge-web': versionIn(join(root, 'package.json')),
  'its onnxruntime-web': versionIn(join(root, 'node_modules/onnxruntime-web/package.json')),
  '@huggingface/transformers': versionIn(join(dirname(transformers), '../package.json')),
  "transformers' onnxruntime-web": versionIn(join(transformersOrt, '../package.json')),
};

/** @typedef {{ runtime: number, model: number, js: number }} Bytes */

/** The worker, with our engine in it, as a server sends it. */
export const workerBytes = () => gzipSync(readFileSync(join(root, 'dist/worker.js'))).length;

/** @param {string | undefined} modelDir a folder laid out like the hub, with the published files */
export async function openSite(modelDir) {
  rmSync(work, { recursive: true, force: true });
  const bundling = /** @type {const} */ ({ absWorkingDir: root, bundle: true, platform: 'browser', logLevel: 'error' });
  await build({
    ...bundling,
    entryPoints: ['bench/page/transformers-worker.js'],
    outdir: join(work, 'vendor'),
    ...{ minify: true, format: 'esm' },
  });
  await build({
    ...bundling,
    entryPoints: ['bench/kernels/page.ts'],
    outfile: join(work, 'vendor/kernels.js'),
    ...{ format: 'iife', globalName: 'kernels', loader: { '.wasm': 'binary', '.gz': 'binary' } },
  });
  const { startServer, isolation } = await importTypeScript('e2e/hub-server.ts');
  /** @type {Record<string, string>} */
  const roots = {
    '/': join(root, 'bench/page'),
    '/dist/': join(root, 'dist'),
    '/vendor/': join(work, 'vendor'),
    '/vendor/ort/': transformersOrt,
    '/models/': join(root, 'public/models'),
    '/runtime-only/': join(root, 'public/models'),
    '/published/': join(work, 'published'),
  };
  const published = linkPublished(modelDir, roots['/models/'] ?? '');
  const headers = {
    // As files with a version in their name are served: a second visit has them from the browser's cache.
    '/': { 'Cache-Control': 'max-age=31536000, immutable' },
    '/kernels.html': isolation, // for a clock of 5 µs; the other pages are not isolated, as most are not
  };
  const server = await startServer({ roots, headers });
  // Without the recipe of the weights bge-web's own engine cannot run them, and onnxruntime-web does.
  server.answer(/^\/runtime-only\/.*\/model_webgpu\.json$/, { status: 404 });
  return {
    url: server.url,
    published,
    close: () => server.close(),
    /** What was downloaded since the last call, uncompressed. @returns {Bytes} */
    takeBytes() {
      const bytes = { runtime: 0, model: 0, js: 0 };
      for (const { url, status } of server.log.splice(0)) {
        const path = url.replace(/\?.*/, '');
        const kind = /\/ort\//.test(path)
          ? 'runtime'
          : /^\/(models|runtime-only|published)\//.test(path)
            ? 'model'
            : 'js';
        if (status === 200) bytes[kind] += sizeOf(roots, path);
      }
      return bytes;
    },
  };
}

/** @param {Record<string, string>} roots @param {string} path */
function sizeOf(roots, path) {
  const prefixes = Object.keys(roots).filter((prefix) => path.startsWith(prefix));
  const longest = prefixes.reduce((best, prefix) => (prefix.length > best.length ? prefix : best), '');
  return statSync(join(roots[longest] ?? '', path.slice(longest.length))).size;
}

/**
 * Puts the published models beside the small files that the package has anyway.
 * @param {string | undefined} modelDir @param {string} models
 * @returns {('q8' | 'fp32')[]} which of them there are
 */
function linkPublished(modelDir, models) {
  const folder = join(work, 'published', MODEL);
  mkdirSync(join(folder, 'onnx'), { recursive: true });
  for (const file of ['config.json', 'tokenizer.json', 'tokenizer_config.json'])
    symlinkSync(join(models, MODEL, file), join(folder, file));
  const files = /** @type {const} */ ({ q8: 'onnx/model_quantized.onnx', fp32: 'onnx/model.onnx' });
  const found = /** @type {const} */ (['q8', 'fp32']).filter(
    (dtype) => modelDir && existsSync(join(modelDir, MODEL, files[dtype])),
  );
  for (const dtype of found) symlinkSync(join(modelDir ?? '', MODEL, files[dtype]), join(folder, files[dtype]));
  return found;
}

/** Node cannot read TypeScript by itself. @param {string} path @returns {Promise<typeof import('../e2e/hub-server')>} */
export async function importTypeScript(path) {
  const outfile = join(root, '.tmp/bench', path.replace(/\.ts$/, '.mjs'));
  await build({ absWorkingDir: root, entryPoints: [path], outfile, format: 'esm', platform: 'node' });
  return import(pathToFileURL(outfile).href);
}
