// The embedded models in Node, by our own engine and without a browser; vectors are kept in .tmp/eval from run to run.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { buildKernels } from '../../scripts/build-kernels.mjs';

export const root = join(dirname(fileURLToPath(import.meta.url)), '../..');

/**
 * Bundles TypeScript modules of this repository and imports them; `code` is the bundle.
 * @param {string[]} exports
 */
export async function load(exports) {
  await buildKernels();
  const { outputFiles } = await build({
    absWorkingDir: root,
    stdin: { contents: exports.join('\n'), resolveDir: '.' },
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    loader: { '.wasm': 'binary', '.gz': 'binary' },
    logLevel: 'error',
  });
  const code = outputFiles[0]?.text ?? '';
  const modules = await import(`data:text/javascript;base64,${Buffer.from(code).toString('base64')}`);
  return { ...modules, code };
}

/**
 * Opens a model of public/models.
 * @param {string} id
 */
export async function openModel(id) {
  const { createTokenizer, openEncoder, readPrepared, findModel, code } = await load([
    `export { createTokenizer } from './worker/tokenizer';`,
    `export { openEncoder } from './worker/engine/wasm/engine';`,
    `export { readPrepared } from './worker/engine/wasm/prepared-weights';`,
    `export { findModel } from './src/shared/models';`,
  ]);
  const folder = join(root, 'public/models', id);
  /** @param {string} name */
  const read = (name) => new Uint8Array(readFileSync(join(folder, name)));
  const heads = JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8')).num_attention_heads;
  const tokenizer = createTokenizer(read('tokenizer.json'));
  const weights = readPrepared(read('onnx/model_webgpu.json'), read('onnx/model_quantized.onnx'), heads);
  const engine = await openEncoder({ weights }, { dtype: 'q8', pooling: 'cls', threads: 1 });
  const { dim, queryInstruction } = findModel(id);

  /** @param {string} text @returns {Promise<Float32Array>} */
  async function embedOne(text) {
    const { ids } = tokenizer.encode(text, 512);
    const { dense } = await engine.run({ ids, lengths: [ids.length] }, ['dense']);
    const norm = Math.hypot(...dense);
    return dense.map((/** @type {number} */ value) => value / norm);
  }

  /**
   * Vectors of length 1; from the first run on out of a file, until the engine's code changes.
   * @param {readonly string[]} texts @param {string} instruction
   */
  async function embed(texts, instruction = '') {
    const key = createHash('sha256')
      .update(JSON.stringify([id, code, instruction, texts]))
      .digest('hex')
      .slice(0, 16);
    const file = join(root, '.tmp/eval', `${key}.f32`);
    if (!existsSync(file)) {
      const data = new Float32Array(texts.length * dim);
      for (const [i, text] of texts.entries()) data.set(await embedOne(instruction + text), i * dim);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, data);
    }
    const bytes = readFileSync(file);
    return texts.map((_, i) => new Float32Array(bytes.buffer, bytes.byteOffset + i * dim * 4, dim));
  }

  return {
    /** @param {readonly string[]} texts */
    countTokens: async (texts) => texts.map((text) => tokenizer.encode(text, Number.POSITIVE_INFINITY).ids.length),
    /** @param {readonly string[]} texts */
    embedPassages: (texts) => embed(texts),
    /** @param {readonly string[]} texts */
    embedQueries: (texts) => embed(texts, queryInstruction),
  };
}

/** @param {Float32Array} a @param {Float32Array} b */
export function dot(a, b) {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += /** @type {number} */ (a[i]) * /** @type {number} */ (b[i]);
  return sum;
}
