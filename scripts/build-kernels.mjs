// Compiles the kernels of the WebAssembly engine (AssemblyScript) to the files that heap.ts imports.
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import asc from 'assemblyscript/asc';

const folder = join(fileURLToPath(import.meta.url), '../../worker/engine/wasm');

export async function buildKernels() {
  await compile('index.ts', 'kernels.wasm', ['simd']);
  await compile('relaxed.ts', 'kernels-relaxed.wasm', ['simd', 'relaxed-simd']);
}

/** @param {string} entry @param {string} file @param {string[]} features */
async function compile(entry, file, features) {
  const options = ['--runtime', 'stub', '--importMemory', '--initialMemory', '1', '--maximumMemory', '65536'];
  const { error, stderr } = await asc.main([
    ...[`kernels/${entry}`, '--outFile', file, '--baseDir', folder],
    ...['-O3', '--converge', '--noAssert', '--disableWarning', '112', ...options],
    ...features.flatMap((feature) => ['--enable', feature]),
  ]);
  if (error) throw new Error(`The kernels do not compile: ${error.message}\n${stderr}`);
}

export default buildKernels;
