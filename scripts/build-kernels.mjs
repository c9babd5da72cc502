// Compiles the kernels (AssemblyScript), of the encoder and of the vector index, to the files that lie beside their folders.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import asc from 'assemblyscript/asc';

const root = join(fileURLToPath(import.meta.url), '../..');

export async function buildKernels() {
  const plain = await compile('worker/engine/wasm', 'index.ts', ['simd']);
  const relaxed = await compile('worker/engine/wasm', 'relaxed.ts', ['simd', 'relaxed-simd']);
  const length = new Uint32Array([plain.length]);
  // The two are much alike: packed together they are half as large.
  const both = Buffer.concat([new Uint8Array(length.buffer), plain, relaxed]);
  writeFileSync(join(root, 'worker/engine/wasm/kernels.gz'), gzipSync(both, { level: 9 }));
  writeFileSync(join(root, 'search/vectors/kernels.wasm'), await compile('search/vectors', 'index.ts', ['simd']));
}

/** @param {string} folder @param {string} entry @param {string[]} features */
async function compile(folder, entry, features) {
  const options = ['--runtime', 'stub', '--importMemory', '--initialMemory', '1', '--maximumMemory', '65536'];
  /** @type {Uint8Array | undefined} */
  let binary;
  const { error, stderr } = await asc.main(
    [
      ...[`kernels/${entry}`, '--outFile', 'kernels.wasm', '--baseDir', join(root, folder)],
      ...['-O3', '--converge', '--noAssert', '--disableWarning', '112', ...options],
      ...features.flatMap((feature) => ['--enable', feature]),
    ],
    {
      writeFile(_, contents) {
        binary = /** @type {Uint8Array} */ (contents);
      },
    },
  );
  if (error || !binary) throw new Error(`The kernels of ${folder} do not compile: ${error?.message}\n${stderr}`);
  return binary;
}

export default buildKernels;
