// Compiles the kernels (AssemblyScript), of the encoder and of the vector index, to the files that lie beside their folders.
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import asc from 'assemblyscript/asc';

const root = join(fileURLToPath(import.meta.url), '../..');

export async function buildKernels() {
  await compile('worker/engine/wasm', 'index.ts', 'kernels.wasm', ['simd']);
  await compile('worker/engine/wasm', 'relaxed.ts', 'kernels-relaxed.wasm', ['simd', 'relaxed-simd']);
  await compile('search/vectors', 'index.ts', 'kernels.wasm', ['simd']);
}

/** @param {string} folder @param {string} entry @param {string} file @param {string[]} features */
async function compile(folder, entry, file, features) {
  const options = ['--runtime', 'stub', '--importMemory', '--initialMemory', '1', '--maximumMemory', '65536'];
  const { error, stderr } = await asc.main([
    ...[`kernels/${entry}`, '--outFile', file, '--baseDir', join(root, folder)],
    ...['-O3', '--converge', '--noAssert', '--disableWarning', '112', ...options],
    ...features.flatMap((feature) => ['--enable', feature]),
  ]);
  if (error) throw new Error(`The kernels of ${folder} do not compile: ${error.message}\n${stderr}`);
}

export default buildKernels;
