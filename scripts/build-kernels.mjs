// Compiles the kernels (AssemblyScript), of the encoder and of the vector index, each folder to the file beside it.
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import asc from 'assemblyscript/asc';

const root = join(fileURLToPath(import.meta.url), '../..');
const FOLDERS = ['worker/engine/wasm', 'search/vectors'];

export async function buildKernels() {
  const options = ['--runtime', 'stub', '--importMemory', '--initialMemory', '1', '--maximumMemory', '65536'];
  for (const folder of FOLDERS) {
    const { error, stderr } = await asc.main([
      ...['kernels/index.ts', '--outFile', 'kernels.wasm', '--baseDir', join(root, folder)],
      ...['-O3', '--converge', '--noAssert', '--enable', 'simd', '--disableWarning', '112', ...options],
    ]);
    if (error) throw new Error(`The kernels of ${folder} do not compile: ${error.message}\n${stderr}`);
  }
}

export default buildKernels;
