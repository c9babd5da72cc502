// The vector index beside a plain JavaScript loop over a Float32Array, and beside reading its bytes once:
// `node bench/vectors.mjs [rows]`, 100,000 × 384 by default. Everything by turns, in one run; the numbers are medians.
import { cpus } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import asc from 'assemblyscript/asc';
import { build } from 'esbuild';
import { buildKernels } from '../scripts/build-kernels.mjs';

const ROUNDS = 25;
const DIM = 384;
const K = 10;
const rows = Number(process.argv[2] ?? 100_000);
const root = join(fileURLToPath(import.meta.url), '../..');

/** @returns {Promise<typeof import('../search/vectors/vector-index').VectorIndex>} */
async function bundled() {
  await buildKernels();
  const outfile = join(root, '.tmp/vector-index.mjs');
  await build({
    entryPoints: [join(root, 'search/vectors/vector-index.ts')],
    ...{
      outfile,
      bundle: true,
      format: 'esm',
      platform: 'node',
      target: 'node20',
      loader: { '.wasm': 'binary', '.gz': 'binary' },
    },
  });
  return (await import(pathToFileURL(outfile).href)).VectorIndex;
}

const READER = `export function read(from: usize, bytes: usize): i32 {
  let a = i32x4.splat(0), b = i32x4.splat(0), c = i32x4.splat(0), d = i32x4.splat(0);
  for (const end = from + bytes; from < end; from += 64) {
    a = v128.or(a, v128.load(from));
    b = v128.or(b, v128.load(from, 16));
    c = v128.or(c, v128.load(from, 32));
    d = v128.or(d, v128.load(from, 48));
  }
  return i32x4.extract_lane(v128.or(v128.or(a, b), v128.or(c, d)), 0);
}`;

/** Reads so many bytes of WebAssembly memory once. @param {number} bytes @returns {Promise<() => unknown>} */
async function reader(bytes) {
  const pages = Math.ceil(bytes / 65_536) + 1;
  const options = { optimizeLevel: 3, enable: ['simd'], runtime: 'stub', initialMemory: pages };
  const { binary } = await asc.compileString(READER, /** @type {any} */ (options));
  const { instance } = await WebAssembly.instantiate(/** @type {any} */ (binary), { env: { abort() {} } });
  const { memory, read } = /** @type {any} */ (instance.exports);
  new Uint8Array(memory.buffer).fill(1);
  return () => read(0, Math.floor(bytes / 64) * 64);
}

/** Vectors of length 1. @param {number} count @param {number} seed */
function vectors(count, seed) {
  const data = new Float32Array(count * DIM);
  let state = seed;
  for (let from = 0; from < data.length; from += DIM) {
    let squares = 0;
    for (let i = from; i < from + DIM; i++) {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      data[i] = (state / 2 ** 31 - 1) ** 3;
      squares += /** @type {number} */ (data[i]) ** 2;
    }
    for (let i = from; i < from + DIM; i++) data[i] = /** @type {number} */ (data[i]) / Math.sqrt(squares);
  }
  return data;
}

/** The loop that people write. @param {Float32Array} data @param {Float32Array} query */
function plainScan(data, query) {
  const best = [];
  let least = -Infinity;
  for (let row = 0, i = 0; i < data.length; row++) {
    let score = 0;
    for (let d = 0; d < DIM; d++) score += /** @type {number} */ (data[i++]) * /** @type {number} */ (query[d]);
    if (score <= least) continue;
    best.push({ row, score });
    best.sort((a, b) => b.score - a.score);
    best.length = Math.min(best.length, K);
    if (best.length === K) least = best[K - 1]?.score ?? least;
  }
  return best;
}

/** @param {Record<string, () => unknown>} works */
function measure(works) {
  const times = Object.fromEntries(Object.keys(works).map((name) => [name, /** @type {number[]} */ ([])]));
  for (let round = 0; round < ROUNDS; round++) {
    for (const [name, work] of Object.entries(works)) {
      const start = performance.now();
      work();
      times[name]?.push(performance.now() - start);
    }
  }
  return Object.fromEntries(
    Object.entries(times).map(([name, list]) => [name, list.sort((a, b) => a - b)[ROUNDS >> 1] ?? 0]),
  );
}

const VectorIndex = await bundled();
const data = vectors(rows, 1);
const queries = vectors(100, 7).map((value, i) => value + 2 * /** @type {number} */ (data[i]));
/** @param {number} i */
const query = (i) => queries.subarray(i * DIM, (i + 1) * DIM);
const indexes = Object.fromEntries(
  await Promise.all(
    /** @type {const} */ (['int8', 'float32', 'binary']).map(async (mode) => {
      const index = await VectorIndex.open({ dim: DIM, mode });
      const start = performance.now();
      index.add(data);
      console.log(
        `${mode}: built in ${Math.round(performance.now() - start)} ms, ${Math.round(index.bytes / 2 ** 20)} MiB`,
      );
      return [mode, index];
    }),
  ),
);
let next = 0;
const times = measure({
  'plain JavaScript loop': () => plainScan(data, query(next++ % 100)),
  'reading the int8 rows once': await reader(rows * DIM),
  int8: () => indexes.int8.search(query(next++ % 100), K),
  'int8, 16 queries': () => indexes.int8.search(queries.subarray(0, 16 * DIM), K),
  float32: () => indexes.float32.search(query(next++ % 100), K),
  binary: () => indexes.binary.search(query(next++ % 100), K),
});
console.log(`${rows} × ${DIM}, best ${K}, Node ${process.version}, ${cpus()[0]?.model}`);
for (const [name, ms] of Object.entries(times))
  console.log(
    `${name.padEnd(28)}${ms.toFixed(2).padStart(8)} ms  1/${(Number(times['plain JavaScript loop']) / ms).toFixed(1)} of the plain loop`,
  );
console.log(
  `int8 takes ${(Number(times.int8) / Number(times['reading the int8 rows once'])).toFixed(2)} × the time of reading its rows once`,
);
for (const [mode, index] of Object.entries(indexes)) {
  const hits = index.search(queries.subarray(0, 20 * DIM), K);
  /** @type {number[]} */
  const found = hits.map((/** @type {{ row: number }[]} */ list, /** @type {number} */ i) => {
    const truth = plainScan(data, query(i));
    return truth.filter(({ row }) => list.some((hit) => hit.row === row)).length / K;
  });
  console.log(`${mode}: recall@${K} ${(found.reduce((a, b) => a + b) / found.length).toFixed(4)}`);
}
