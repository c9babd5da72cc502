// bge-web and transformers.js side by side in a real Chromium, on the same model files: `npm run bench`.
// --quick: few texts, one round, nothing written. --all: also what fails in transformers.js.
// MODEL_DIR: a folder with the published files, `BAAI/bge-small-en-v1.5/onnx/…`, for the rows that need them.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Tokenizer } from '@huggingface/tokenizers';
import { launch, openPage } from './browser.mjs';
import { ours, theirBatches, theirPublished, theirs } from './contenders.mjs';
import { makeCorpus, makeQueries } from './corpus.mjs';
import { describeMachine } from './machine.mjs';
import { toMarkdown, toTables } from './report.mjs';
import { MODEL, openSite, root, versions } from './site.mjs';
import { measureVisits } from './starts.mjs';
import { sum } from './statistics.mjs';
import { inTurn, measureThroughput } from './throughput.mjs';

const quick = process.argv.includes('--quick');
const rounds = quick ? 1 : 3;
const slices = quick ? makeCorpus(1, 16) : makeCorpus(8, 32);
const modelDir = process.env.MODEL_DIR;

const began = performance.now();
/** @param {string} message */
const tell = (message) => console.log(`${((performance.now() - began) / 1000).toFixed(0).padStart(4)} s  ${message}`);

const site = await openSite(modelDir);
try {
  const machine = await describeMachine(site.url);
  tell(machine.join(' · '));
  const published = quick ? [] : site.published.map((dtype) => theirPublished[dtype]);
  const skipped = Object.values(theirPublished).filter((contender) => !published.includes(contender));
  for (const { label } of skipped) tell(`skipped, ${quick ? 'to be quick' : 'for want of MODEL_DIR'}: ${label}`);

  const visits = await measureStarts();
  const throughputs = await measureThroughput(site.url, [ours, theirs, theirBatches, ...published], workload(), tell);
  const failures = process.argv.includes('--all') ? [await tryOneCall(slices.flat())] : [];
  const corpus = { tokens: tokensOf(slices), textsPerSlice: slices[0]?.length ?? 0 };
  const results = { machine, versions, rounds, ...corpus, visits, throughputs, skipped, failures };
  console.log(`\n${toTables(results)}`);
  if (!quick) writeFileSync(join(root, 'bench/RESULTS.md'), toMarkdown(results));
} finally {
  await site.close();
}

/** @returns {Promise<{ ours: import('./starts.mjs').Visits[], theirs: import('./starts.mjs').Visits[] }>} */
async function measureStarts() {
  /** @type {Awaited<ReturnType<typeof measureStarts>>} */
  const visits = { ours: [], theirs: [] };
  for (let round = 0; round < rounds; round++) {
    for (const contender of inTurn([ours, theirs], round)) {
      tell(`first and second visit, round ${round + 1} of ${rounds}: ${contender.label}`);
      const queries = makeQueries(5, 32, 100 + round);
      visits[contender === ours ? 'ours' : 'theirs'].push(await measureVisits(site, contender, queries));
    }
  }
  return visits;
}

function workload() {
  const count = quick ? 5 : 30;
  return {
    rounds,
    slices,
    queries: { 8: makeQueries(count, 8, 8), 32: makeQueries(count, 32, 32) },
    warmUp: makeQueries(40, 32, 1),
    goldens: readGoldens(),
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
