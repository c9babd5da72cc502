// The index of the reverse dictionary. `npm run wordnet` writes public/wordnet/common.bgez, 20,000 meanings;
// `npm run wordnet -- --all` writes all.bgez, with all of them, which the page offers by a click. Then some descriptions are
// searched for, and the figures printed. --limit=N takes the first N meanings only, and so does Ctrl+C: what is done by then is written.
// --continue begins with what the file has by then, or the smaller one; --ask asks the file that is there.
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { cpus, loadavg, type } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import { load } from '../../bench/eval/node-engine.mjs';
import { ask } from './ask.mjs';
import { allMeanings, commonMeanings, licence } from './synsets.mjs';

/**
 * Vectors are rounded to multiples of this, as finely as int8 does with a scale for each of them. The index stores float16, where such
 * numbers have many zero bits, so that gzip takes much off.
 */
const STEP = 1 / 512;

const root = join(dirname(fileURLToPath(import.meta.url)), '../..');
const folder = join(root, 'public/wordnet');
const has = (/** @type {string} */ option) => process.argv.includes(option);
const common = join(folder, 'common.bgez');
const file = has('--all') ? join(folder, 'all.bgez') : common;
const limit = process.argv.find((argument) => argument.startsWith('--limit='))?.split('=')[1];

// Not in the tree before `npm run build`, so its types are named.
/** @type {typeof import('../../src/node/index')} */
const { createEmbedder, createIndex } = await import(String(new URL('../../dist/node.js', import.meta.url)));

const embedder = await createEmbedder({ modelBase: join(root, 'public/models') });
const busy = loadavg()[0]?.toFixed(1);
console.log(`${cpus().length} × ${cpus()[0]?.model.trim()}, ${type()}, Node ${process.versions.node}, load ${busy}`);
if (!has('--ask')) await build();
/** @type {typeof import('../../demo/search/chinese')} */
const { ChineseWords, englishOf } = await load(["export * from './demo/search/chinese'"]);
const chinese = new ChineseWords(new TextDecoder().decode(await unpacked(join(folder, 'chinese.tsvz'))));
await ask({
  ...{ file: new Blob([await unpacked(file)]), embedder, createIndex },
  english: (description) => englishOf(chinese.read(description)),
});
embedder.dispose();

async function build() {
  const start = performance.now();
  const meanings = (has('--all') ? allMeanings() : commonMeanings()).slice(0, limit ? Number(limit) : undefined);
  const index = await createIndex({ embedder: rounding(embedder) });
  const before = has('--continue') && [file, common].find((path) => existsSync(path));
  if (before) await index.import(new Blob([await unpacked(before)]));
  let told = 0;
  const onProgress = (/** @type {import('../../src/node/index').IndexEvent} */ event) => {
    if (event.phase !== 'add' || event.documents < told + 500) return;
    told = event.documents;
    console.log(`${told} of ${meanings.length}, ${seconds(start)}`);
  };
  const stop = new AbortController();
  process.once('SIGINT', () => stop.abort());
  const documents = meanings.map(({ pos, examples, ...meaning }) => ({
    ...{ ...meaning, tags: [pos] },
    ...(examples.length > 0 && { examples }),
  }));
  // What is stored when it is stopped stays.
  await index.add(documents, { onProgress, signal: stop.signal }).catch((error) => {
    if (!stop.signal.aborted) throw error;
  });
  const { documents: count } = await index.stats();
  await index.calibrate();
  await index.compact();
  const bytes = new Uint8Array(await (await index.export()).arrayBuffer());
  index.dispose();
  const packed = await promisify(gzip)(bytes, { level: 9 });
  await mkdir(folder, { recursive: true });
  await writeFile(`${file}.part`, packed);
  await rename(`${file}.part`, file); // whole, or not there
  await writeFile(join(folder, 'LICENSE'), `${licence()}\n`);
  const sizes = `${packed.length} bytes (${bytes.length} unpacked)`;
  console.log(`${relative(root, file)}: ${count} meanings, ${sizes}, built in ${seconds(start)}`);
}

/**
 * The same embedder, and the same embedding space: passages are rounded a little more than float16 does.
 * @param {import('../../src/node/index').Embedder} embedder
 * @returns {import('../../src/node/index').IndexEmbedder}
 */
function rounding(embedder) {
  return {
    info: embedder.info,
    tokenize: (texts, options) => embedder.tokenize(texts, options),
    encodeQueries: (texts, options) => embedder.encodeQueries(texts, options),
    async encodeCorpus(texts, options) {
      const { data, space } = await embedder.encodeCorpus(texts, options);
      return { data: data.map((value) => Math.round(value / STEP) * STEP), space };
    },
  };
}

async function unpacked(/** @type {string} */ path) {
  return new Uint8Array(await promisify(gunzip)(await readFile(path)));
}

function seconds(/** @type {number} */ start) {
  return `${((performance.now() - start) / 1000).toFixed(0)} s`;
}
