// What an index says without a query, on the 20,000 meanings of public/wordnet: near-duplicates, beside a search for the nearest of each passage, by
// turns and with the same groups; and maps of some of them. `node bench/groups.mjs`; times are the processor's, so that other work counts little.
import { readFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { load, root } from './eval/node-engine.mjs';
import { seconds } from './format.mjs';
import { median } from './statistics.mjs';

const ROUNDS = 2;
const THRESHOLD = 0.95;
const MAPPED = [10_000, 2000];

/** Times of the processor, in milliseconds. */
class Clock {
  /** @type {number[]} */
  #times = [];

  /** @template T @param {() => T | Promise<T>} work */
  async of(work) {
    const before = process.cpuUsage();
    const result = await work();
    this.#times.push(process.cpuUsage(before).user / 1000);
    return result;
  }

  get median() {
    return median(this.#times);
  }

  toString() {
    return seconds(this.median);
  }
}

/** As was done before: the nearest of each passage that can be near-duplicates, so many passages a pass. */
const NEAREST = 32;
const PASS = 16;

const { openInMemory, readIndexFile, Groups, VectorIndex, toFloats } = await load([
  `export { openInMemory } from './search/in-memory';`,
  `export { readIndexFile } from './search/store/file';`,
  `export { Groups } from './search/duplicates';`,
  `export { VectorIndex } from './search/vectors/vector-index';`,
  `export { toFloats } from './search/vectors/halves';`,
]);

const file = new Uint8Array(gunzipSync(readFileSync(join(root, 'public/wordnet/common.bgez'))));
const { space, dim } = (await readIndexFile(file)).manifest;
const index = await openInMemory(
  {
    ...{ name: null, url: null, space, dim, vectors: 'int8', lexical: null, hasWeights: false },
    ...{ passageTokens: 256, overlapTokens: 32, onSpaceChange: 'error' },
  },
  {},
  () => {},
);
const call = { id: 1, signal: new AbortController().signal, onEvent: () => {} };
await index.importFile(file, call);
const { data, rows, lines } = index.exportVectors();
const plain = await VectorIndex.open({ dim });
plain.add(data);
console.log(`${rows} × ${dim}, Node ${process.version}, ${cpus()[0]?.model}, load ${loadavg()[0]?.toFixed(1)}`);

const [ours, theirs] = [new Clock(), new Clock()];
for (let round = 0; round < ROUNDS; round++) {
  const found = await ours.of(() => index.duplicates(THRESHOLD, call));
  const expected = await theirs.of(bySearches);
  if (found.length !== expected.length) throw new Error(`${found.length} groups in place of ${expected.length}`);
}
console.log(
  `near-duplicates at ${THRESHOLD}: ${ours}; by searches ${theirs}; 1/${(theirs.median / ours.median).toFixed(1)} of that`,
);

for (const count of MAPPED) {
  const ids = new Set(
    lines
      .trimEnd()
      .split('\n')
      .map((/** @type {string} */ line) => JSON.parse(line).id),
  );
  await index.remove([...ids].slice(count), call);
  const map = new Clock();
  await map.of(() => index.map({ neighbours: 15, seed: 0 }, call));
  console.log(`a map of ${count} documents: ${map}`);
}

function bySearches() {
  const groups = new Groups(rows);
  for (let from = 0; from < rows; from += PASS) {
    const queries = toFloats(data.subarray(from * dim, (from + PASS) * dim));
    for (const [i, hits] of plain.search(queries, NEAREST).entries())
      for (const { row, score } of hits) if (score >= THRESHOLD) groups.join(from + i, row);
  }
  return groups.list();
}
