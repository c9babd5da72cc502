// What a query adapter gains on questions it was not trained with: `node scripts/eval-adapter.mjs`. The questions of bench/eval in five parts; for
// each part an adapter is trained by the others, with mined negatives. Vectors come from `npm run eval`'s cache, or are made first, in some minutes.
import { documentsOf, embeddedFaq, FAQS } from '../bench/eval/faq.mjs';
import { dot, load } from '../bench/eval/node-engine.mjs';
import { mean, standardError } from '../bench/statistics.mjs';

const FOLDS = 5;
const { best, evaluate, mineHardNegatives, trainQueryAdapter } = await load([
  `export { best } from './search/ranking';`,
  `export { evaluate, mineHardNegatives, trainQueryAdapter } from './src/training/index';`,
]);

for (const [id, file] of FAQS) await measure(id, file);

/** @param {string} modelId @param {string} file */
async function measure(modelId, file) {
  const { faq, passages, vectors, queries, qrels } = await embeddedFaq(modelId, file);
  const corpus = passages.map(({ text }) => text);
  const questions = faq.map(({ question }) => question);
  const embedder = embedderOf(new Map(zip(corpus, vectors)), new Map(zip(questions, queries)));
  const pairs = faq.map(({ question }, q) => ({
    query: question,
    pos: passages.filter(({ document }) => document === q).map(({ text }) => text),
  }));
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
      before[q] = ranked(data);
      after[q] = ranked(await adapter.apply(data));
    }
  }
  const [plain, gained] = [before, after].map((rankings) => evaluate(rankings, qrels, { k: [10, 100] }));
  console.log(
    `\n${modelId}, ${file}: best epochs ${epochs.join()}, ${seconds.toFixed(1)} s a part for mining and training`,
  );
  console.log('| | nDCG@10 | recall@10 | MRR |\n|---|---|---|---|');
  for (const [name, { mean: found }] of Object.entries({ 'as it is': plain, adapted: gained })) {
    const shown = [found['ndcg@10'], found['recall@10'], found['mrr@100']].map((value) => value.toFixed(4));
    console.log(`| ${[name, ...shown].join(' | ')} |`);
  }
  const differences = faq.map((_, q) => gained.queries[q]['ndcg@10'] - plain.queries[q]['ndcg@10']);
  console.log(
    `gain of nDCG@10: ${mean(differences).toFixed(4)} (standard error ${standardError(differences).toFixed(4)})`,
  );

  /** @param {Float32Array} query */
  function ranked(query) {
    const scores = vectors.map((vector, id) => ({ id, score: dot(query, vector) }));
    return documentsOf(best(scores, 100), passages);
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
