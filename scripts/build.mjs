// Builds the package into dist/: the page's parts, each worker as one self-contained file, model and worker in one for Node,
// the types, and beside the worker the files of onnxruntime-web, which the worker loads only when it needs them.
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { buildKernels } from './build-kernels.mjs';

/** @param {string} file @param {RegExp} what @param {string} by */
function rewrite(file, what, by) {
  const text = readFileSync(file, 'utf8');
  if (!what.test(text)) throw new Error(`${file} has no ${what}`);
  writeFileSync(file, text.replace(what, by));
}

/** @param {Record<string, string>} entryPoints @param {import('esbuild').BuildOptions} options */
async function bundle(entryPoints, options) {
  await build({
    absWorkingDir: root,
    entryPoints,
    outdir: dist,
    bundle: true,
    minify: true,
    sourcemap: true,
    format: 'esm',
    loader: { '.wasm': 'binary', '.gz': 'binary' },
    logLevel: 'warning',
    ...options,
  });
}

/** The command imports the package's file for Node, and has no second copy of it. @type {import('esbuild').Plugin} */
const besideNode = {
  name: 'beside-node',
  setup: ({ onResolve }) => onResolve({ filter: /^\.\.\/index\.js$/ }, () => ({ path: './node.js', external: true })),
};

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const dist = join(root, 'dist');
const adapters = ['langchain', 'ai-sdk', 'chroma', 'semantic-embedder', 'react', 'llamaindex', 'files'];
rmSync(dist, { recursive: true, force: true });

await buildKernels();
// Plain esbuild keeps `new URL('./worker.js', import.meta.url)` as it stands: the app's own bundler must find it there.
const parts = {
  ...{ index: 'src/index.ts', worker: 'worker/index.ts', search: 'src/search/index.ts' },
  training: 'src/training/index.ts',
};
await bundle(parts, { target: 'es2022' });
// What reads Markdown has a build for pages, that needs a DOM, and one for workers.
await bundle({ 'search-worker': 'search/index.ts' }, { target: 'es2022', conditions: ['worker'] });
// Node shows the line of code that threw: it must not be all of them.
const forNode = /** @type {const} */ ({ target: 'node20.19', platform: 'node', minify: false });
await bundle({ node: 'src/node/index.ts' }, forNode);
await bundle(
  { cli: 'src/node/cli/main.ts' },
  { ...forNode, banner: { js: '#!/usr/bin/env node' }, plugins: [besideNode] },
);

// The frameworks are the app's own, and so is the page's part: a second copy of it would have workers and registered models of its own.
const pageParts = { '../index.js': './index.js', '../search/index.js': './search.js' };
const besideUs = {
  name: 'page-parts',
  /** @param {import('esbuild').PluginBuild} build */
  setup(build) {
    build.onResolve({ filter: /^\.\.\/(search\/)?index\.js$/ }, ({ path }) => ({
      path: pageParts[/** @type {keyof typeof pageParts} */ (path)],
      external: true,
    }));
  },
};
await bundle(Object.fromEntries(adapters.map((name) => [name, `src/adapters/${name}.ts`])), {
  target: 'es2022',
  packages: 'external',
  plugins: [besideUs],
});

const ortDist = dirname(createRequire(import.meta.url).resolve('onnxruntime-web/wasm'));
mkdirSync(join(dist, 'ort'));
for (const file of [
  'ort.wasm.bundle.min.mjs',
  'ort-wasm-simd-threaded.wasm',
  'ort.jspi.bundle.min.mjs',
  'ort-wasm-simd-threaded.jspi.wasm',
  'ort.webgpu.bundle.min.mjs',
  'ort-wasm-simd-threaded.asyncify.wasm',
]) {
  const to = join(dist, 'ort', file);
  copyFileSync(join(ortDist, file), to);
  // The maps are not shipped, and bundlers would complain.
  if (file.endsWith('.mjs')) rewrite(to, /\n\/\/# sourceMappingURL=.*\s*$/, '\n');
}
// The worker's one dynamic import has an address that is known at run time only; minifying takes the comments that say so.
rewrite(join(dist, 'worker.js'), /\bimport\((?=\w)/, 'import(/* @vite-ignore */ /* webpackIgnore: true */ ');

const tsc = join(root, 'node_modules/typescript/bin/tsc');
execFileSync(process.execPath, [tsc, '--build', '--force', 'src', 'src/node', 'src/adapters', 'src/training'], {
  cwd: root,
  stdio: 'inherit',
});
writeFileSync(
  join(dist, 'worker.d.ts'),
  '/** The worker: start it by `new Worker(url, { type: "module" })`; it has no exports. */\nexport {};\n',
);
