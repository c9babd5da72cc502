// Compiles the kernels of the WebAssembly engine (AssemblyScript) to the file that heap.ts imports.
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import asc from 'assemblyscript/asc';

const folder = join(fileURLToPath(import.meta.url), '../../worker/engine/wasm');

export async function buildKernels() {
  const options = ['--runtime', 'stub', '--importMemory', '--initialMemory', '1', '--maximumMemory', '65536'];
  const { error, stderr } = await asc.main([
    ...['kernels/index.ts', '--outFile', 'kernels.wasm', '--baseDir', folder],
    ...['-O3', '--converge', '--noAssert', '--enable', 'simd', '--disableWarning', '112', ...options],
  ]);
  if (error) throw new Error(`The kernels do not compile: ${error.message}\n${stderr}`);
}

export default buildKernels;
