// Encodes token ids by our own engine, without a browser: `node own-engine.mjs MODEL_FOLDER HEADS [i16|i8|f32] < ids.json > vectors.f32`
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { buildKernels } from '../build-kernels.mjs';

const [folder = '', heads, precision = 'i16'] = process.argv.slice(2);
await buildKernels();
const { outputFiles } = await build({
  absWorkingDir: join(dirname(fileURLToPath(import.meta.url)), '../..'),
  stdin: {
    contents: `export { Encoder } from './worker/engine/wasm/encoder'; export { readPrepared } from './worker/engine/wasm/prepared-weights';`,
    resolveDir: '.',
  },
  bundle: true,
  write: false,
  format: 'esm',
  target: 'node20',
  loader: { '.wasm': 'binary', '.gz': 'binary' },
});
const code = outputFiles[0]?.text ?? '';
const { Encoder, readPrepared } = await import(`data:text/javascript;base64,${Buffer.from(code).toString('base64')}`);
/** @param {string} name */
const read = (name) => new Uint8Array(readFileSync(join(folder, 'onnx', name)));
const weights = readPrepared(read('model_webgpu.json'), read('model_quantized.onnx'), Number(heads));
const encoder = await Encoder.open(weights, precision);
for (const ids of JSON.parse(readFileSync(0, 'utf8')))
  process.stdout.write(new Uint8Array(encoder.encode(Int32Array.from(ids), [ids.length], 'first').slice().buffer));
