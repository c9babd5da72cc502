// bge-web and transformers.js side by side in a real Chromium, on the same model files: `npm run bench`.
// --quick: few texts, one round, nothing written. --only PART: one part (or, given again, several) of kernels, starts, warm and
// scaling, nothing written. --all: also what fails in transformers.js.
// MODEL_DIR: a folder with the published files, `BAAI/bge-small-en-v1.5/onnx/…`, for the rows that need them.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Tokenizer } from '@huggingface/tokenizers';
import { launch, openPage } from './browser.mjs';
import { ours, oursAlone, runtime, theirBatches, theirPublished, theirs } from './contenders.mjs';
import { makeCorpus, makeQueries } from './corpus.mjs';
import { measureProducts, measureSplit } from './kernels.mjs';
import { describeMachine } from './machine.mjs';
import { toMarkdown, toTables } from './report.mjs';
import { measureScaling } from './scaling.mjs';
import { MODEL, openSite, root, versions, workerBytes } from './site.mjs';
import { measureVisits } from './starts.mjs';
import { sum } from './statistics.mjs';
import { inTurn, measureThroughput } from './throughput.mjs';

const PARTS = ['kernels', 'starts', 'warm', 'scaling'];
const { quick, all, only } = readArguments();
const rounds = quick ? { starts: 1, corpus: 1, scaling: 1 } : { starts: 3, corpus: 2, scaling: 4 };
const slices = quick ? makeCorpus(1, 16) : makeCorpus(8, 32);
const warmUp = makeQueries(40, 32, 1); // after which even the slowest to warm up is warm
const modelDir = process.env.MODEL_DIR;

const began = performance.now();
/** @param {string} message */
const tell = (message) => console.log(`${((performance.now() - began) / 1000).toFixed(0).padStart(4)} s  ${message}`);

const site = await openSite(modelDir);
try {
  const machine = await describeMachine();
  tell(machine.join(' · '));
  const published = quick ? [] : site.published.map((dtype) => theirPublished[dtype]);
  const skipped = Object.values(theirPublished).filter((contender) => !published.includes(contender));
  for (const { label } of skipped) tell(`skipped, ${quick ? 'to be quick' : 'for want of MODEL_DIR'}: ${label}`);

  tell('the products of the kernels'); // in every run: they say which instructions the CPU has
  /** @type {import('./results.mjs').Results} */
  const results = {
    ...{ machine, versions, workerBytes: workerBytes(), rounds, skipped, failures: [] },
    ...{ tokens: tokensOf(slices), textsPerSlice: slices[0]?.length ?? 0 },
    products: await measureProducts(site.url, quick ? 3000 : 9000),
  };
  if (wants('kernels')) {
    tell('where the time of a text goes');
    results.split = await measureSplit(site.url, quick ? 1000 : 4000);
  }
  if (wants('starts')) results.visits = await measureStarts();
  if (wants('warm')) {
    const contenders = [ours, oursAlone, runtime, theirs, theirBatches, ...published];
    results.throughputs = await measureThroughput(site.url, contenders, workload(), tell);
    if (all) results.failures.push(await tryOneCall(slices.flat()));
  }
  if (wants('scaling')) results.scaling = await measureScaling(site.url, slices.slice(0, rounds.scaling), warmUp, tell);
  console.log(`\n${toTables(results)}`);
  if (!quick && !only) writeFileSync(join(root, 'bench/RESULTS.md'), toMarkdown(results));
  tell('done');
} finally {
  await site.close();
}

function readArguments() {
  const flag = /** @type {const} */ ({ type: 'boolean', default: false });
  const { values } = parseArgs({ options: { quick: flag, all: flag, only: { type: 'string', multiple: true } } });
  const unknown = values.only?.find((part) => !PARTS.includes(part));
  if (unknown !== undefined) throw new Error(`Expected --only to be one of ${PARTS.join(', ')}, got ${unknown}`);
  return values;
}

/** @param {string} part */
function wants(part) {
  return !only || only.includes(part);
}

/** @returns {Promise<{ ours: import('./starts.mjs').Visits[], theirs: import('./starts.mjs').Visits[] }>} */
async function measureStarts() {
  /** @type {Awaited<ReturnType<typeof measureStarts>>} */
  const visits = { ours: [], theirs: [] };
  for (let round = 0; round < rounds.starts; round++) {
    for (const contender of inTurn([ours, theirs], round)) {
      tell(`first and second visit, round ${round + 1} of ${rounds.starts}: ${contender.label}`);
      const queries = makeQueries(5, 32, 100 + round);
      visits[contender === ours ? 'ours' : 'theirs'].push(await measureVisits(site, contender, queries));
    }
  }
  return visits;
}

function workload() {
  const count = quick ? 5 : 30;
  return {
    rounds: rounds.corpus,
    slices,
    queries: { 8: makeQueries(count, 8, 8), 32: makeQueries(count, 32, 32) },
    warmUp,
    goldens: readGoldens().slice(0, quick ? 10 : undefined),
  };
}

/** Texts, as the model is to see them, and the vectors that FlagEmbedding gives for them in float32. */
function readGoldens() {
  const file = join(root, 'e2e/goldens', `${MODEL.split('/')[1]}.json`);
  /** @type {{ instruction: string, cases: { kind: string, text: string, embedding: number[] }[] }} */
  const { instruction, cases } = JSON.parse(readFileSync(file, 'utf8'));
  return cases.map(({ kind, text, embedding }) => ({
    text: kind === 'encodeQueries' ? instruction + text : text,
    embedding,
  }));
}

/** @param {string[][]} texts @returns {number[]} tokens of each slice */
function tokensOf(texts) {
  /** @param {string} name */
  const json = (name) => JSON.parse(readFileSync(join(root, 'public/models', MODEL, name), 'utf8'));
  const tokenizer = new Tokenizer(json('tokenizer.json'), json('tokenizer_config.json'));
  return texts.map((slice) => sum(slice.map((text) => tokenizer.encode(text).ids.length)));
}

/** @param {string[]} texts @returns {Promise<string>} what became of it */
async function tryOneCall(texts) {
  tell(`transformers.js q8, all ${texts.length} texts in one call`);
  const browser = await launch();
  try {
    const page = await openPage(await browser.newContext(), site.url + theirs.page);
    const ms = await page.time(texts, texts.length);
    return `transformers.js q8, all ${texts.length} texts in one call: ${(texts.length / ms) * 1000} texts/s`;
  } catch (error) {
    const reason = String(error).split('\n')[0];
    return `transformers.js q8, all ${texts.length} texts in one call: fails (${reason})`;
  } finally {
    await browser.close();
  }
}
