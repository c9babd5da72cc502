// What a query adapter gains on questions it was not trained with: `node scripts/eval-adapter.mjs`. The questions of bench/eval in five parts; for
// each part an adapter is trained by the others, with mined negatives. Vectors come from `npm run eval`'s cache, or are made first, in some minutes.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { load, openModel, root } from '../bench/eval/node-engine.mjs';

const FOLDS = 5;
const { best, chunk, evaluate, mineHardNegatives, textToEmbed, trainQueryAdapter } = await load([
  `export { best } from './search/ranking';`,
  `export { chunk, textToEmbed } from './search/chunking/chunk';`,
  `export { evaluate, mineHardNegatives, trainQueryAdapter } from './src/training/index';`,
]);

for (const [id, file] of [
  ['BAAI/bge-small-en-v1.5', 'faq-en.jsonl'],
  ['BAAI/bge-small-zh-v1.5', 'faq-zh.jsonl'],
])
  await measure(String(id), String(file));

/** @param {string} modelId @param {string} file */
async function measure(modelId, file) {
  const lines = readFileSync(join(root, 'bench/eval', file), 'utf8')
    .trim()
    .split('\n');
  /** @type {{ question: string, answer: string }[]} */
  const faq = lines.map((line) => JSON.parse(line));
  const model = await openModel(modelId);
  /** @type {{ document: number, text: string }[]} */
  const passages = [];
  for (const [document, { answer }] of faq.entries())
    for (const passage of await chunk(answer, model.countTokens))
      passages.push({ document, text: textToEmbed(passage) });
  const corpus = passages.map(({ text }) => text);
  const questions = faq.map(({ question }) => question);
  const embedder = embedderOf(
    new Map(zip(corpus, await model.embedPassages(corpus))),
    new Map(zip(questions, await model.embedQueries(questions))),
  );
  const pairs = faq.map(({ question }, q) => ({
    query: question,
    pos: passages.filter(({ document }) => document === q).map(({ text }) => text),
  }));
  const { data: vectors } = await embedder.encodeCorpus(corpus);
  /** @type {Record<string, string[]>} */
  const before = {};
  /** @type {Record<string, string[]>} */
  const after = {};
  const epochs = [];
  let seconds = 0;
  for (let fold = 0; fold < FOLDS; fold++) {
    const start = performance.now();
    const train = pairs.filter((_, q) => q % FOLDS !== fold);
    const options = { embedder, range: [2, 50], relativeMargin: 0.05 };
    const adapter = await trainQueryAdapter(mineHardNegatives(train, corpus, options), {
      embedder,
      ...JSON.parse(process.argv[2] ?? '{}'),
    });
    seconds += (performance.now() - start) / 1000 / FOLDS;
    epochs.push(adapter.report.bestEpoch);
    for (const [q, question] of questions.entries()) {
      if (q % FOLDS !== fold) continue;
      const { data } = await embedder.encodeQueries([question]);
      before[q] = documentsOf(data);
      after[q] = documentsOf(await adapter.apply(data));
    }
  }
  const qrels = Object.fromEntries(faq.map((_, q) => [q, { [q]: 1 }]));
  const [plain, gained] = [before, after].map((rankings) => evaluate(rankings, qrels, { k: [10, 100] }));
  console.log(
    `\n${modelId}, ${file}: best epochs ${epochs.join()}, ${seconds.toFixed(1)} s a part for mining and training`,
  );
  console.log('| | nDCG@10 | recall@10 | MRR |\n|---|---|---|---|');
  for (const [name, { mean }] of Object.entries({ 'as it is': plain, adapted: gained })) {
    const shown = [mean['ndcg@10'], mean['recall@10'], mean['mrr@100']].map((value) => value.toFixed(4));
    console.log(`| ${[name, ...shown].join(' | ')} |`);
  }
  const differences = faq.map((_, q) => gained.queries[q]['ndcg@10'] - plain.queries[q]['ndcg@10']);
  const mean = differences.reduce((sum, value) => sum + value, 0) / faq.length;
  const variance = differences.reduce((sum, value) => sum + (value - mean) ** 2, 0) / faq.length;
  console.log(`gain of nDCG@10: ${mean.toFixed(4)} (standard error ${Math.sqrt(variance / faq.length).toFixed(4)})`);

  /** @param {Float32Array} query */
  function documentsOf(query) {
    const scores = passages.map((_, id) => {
      let score = 0;
      for (let d = 0; d < query.length; d++) score += (query[d] ?? 0) * (vectors[id * query.length + d] ?? 0);
      return { id, score };
    });
    const ranking = best(scores, 100);
    return [...new Set(ranking.map((/** @type {{ id: number }} */ { id }) => `${passages[id]?.document}`))];
  }
}

/** @template A, B @param {readonly A[]} a @param {readonly B[]} b @returns {[A, B][]} */
function zip(a, b) {
  return a.map((value, i) => [value, /** @type {B} */ (b[i])]);
}

/** An embedder that gives stored vectors. @param {Map<string, Float32Array>} passages @param {Map<string, Float32Array>} queries */
function embedderOf(passages, queries) {
  const dim = passages.values().next().value?.length ?? 0;
  /** @param {Map<string, Float32Array>} vectors @returns {(texts: readonly string[]) => Promise<{ data: Float32Array, space: string }>} */
  const encode = (vectors) => async (texts) => {
    const data = new Float32Array(texts.length * dim);
    for (const [i, text] of texts.entries()) data.set(vectors.get(text) ?? [], i * dim);
    return { data, space: 'stored' };
  };
  return { info: { space: 'stored', dim }, encodeCorpus: encode(passages), encodeQueries: encode(queries) };
}
