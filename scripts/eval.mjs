// Retrieval quality of the embedded models on the FAQs of bench/eval: `npm run eval`. Questions are queries, answers are documents,
// and one answers each. The models run in Node, by our own engine; the first run takes some minutes. --write: stores scores for the tests.
// --reranker FOLDER [--model ID]: reranks the best of the hybrid ranking, by a model that lies in FOLDER/<ID>/.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { documentsOf, embeddedFaq, FAQS } from '../bench/eval/faq.mjs';
import { dot, load, root } from '../bench/eval/node-engine.mjs';
import { openReranker, RERANKED } from '../bench/eval/reranker.mjs';
import { mean, standardError } from '../bench/statistics.mjs';

const { WordIndex, best, calibrate, evaluate, fuseHybrid, reciprocalRankFusion, relevanceOf, thresholdFor } =
  await load([
    `export { WordIndex } from './search/lexical/word-index';`,
    `export { fuseHybrid, reciprocalRankFusion } from './search/fusion';`,
    `export { calibrate, relevanceOf, thresholdFor } from './search/calibration';`,
    `export { best } from './search/ranking';`,
    `export { evaluate } from './src/training/evaluate';`,
  ]);

const CANDIDATES = 100;
const HYBRID = 'hybrid (0.7 / 0.3, min-max)';
const reranker = await openReranker();
/** @type {Record<string, { noise: number[], passageNoise: number[], relevant: number[] }>} */
const samples = {};
for (const [id, file] of FAQS) await measure(id, file);
if (!reranker) console.log('\nRerank: none is embedded in this repository; --reranker FOLDER takes one.');
if (process.argv.includes('--write'))
  writeFileSync(join(root, 'e2e/goldens/search/scores.json'), `${JSON.stringify(samples)}\n`);

/** @param {string} modelId @param {string} file */
async function measure(modelId, file) {
  const { faq, passages, vectors, queries, qrels } = await embeddedFaq(modelId, file);
  const words = new WordIndex();
  words.add(passages.map(({ passage }, id) => ({ id, ...passage })));

  const scores = queries.map((query) => vectors.map((vector) => dot(query, vector)));
  const dense = scores.map((row) =>
    best(
      row.map((score, id) => ({ id, score })),
      CANDIDATES,
    ),
  );
  const lexical = faq.map(({ question }) => words.search(question, { k: CANDIDATES }));
  console.log(`\n${modelId}, ${file}: ${faq.length} questions, ${passages.length} passages`);
  console.log('| ranking | nDCG@10 | recall@10 | MRR |\n|---|---|---|---|');
  const rows = {
    dense,
    'lexical (BM25)': lexical,
    [HYBRID]: dense.map((ranking, q) => fuseHybrid(ranking, lexical[q])),
    'hybrid (reciprocal ranks, k = 60)': dense.map((ranking, q) => reciprocalRankFusion([ranking, lexical[q]])),
  };
  if (reranker) {
    const { model, rerank } = reranker;
    const reranked = [];
    for (const [q, ranking] of rows[HYBRID].entries())
      reranked.push(await rerank(faq[q]?.question ?? '', ranking, passages));
    Object.assign(rows, { [`hybrid + rerank (the best ${RERANKED}, ${model})`]: reranked });
  }
  /** @type {number[][]} */
  const gains = [];
  for (const [name, rankings] of Object.entries(rows)) {
    const documents = rankings.map((ranking) => documentsOf(ranking, passages));
    const { mean: found, queries: measures } = evaluate(Object.fromEntries(documents.entries()), qrels, {
      k: [10, CANDIDATES],
    });
    const means = [found['ndcg@10'], found['recall@10'], found[`mrr@${CANDIDATES}`]].map((value) => value.toFixed(4));
    console.log(`| ${[name, ...means].join(' | ')} |`);
    gains.push(faq.map((_, q) => measures[q]['ndcg@10']));
  }
  tellDifference(gains);
  tellCalibration(modelId, scores, vectors, passages);
}

/** Of nDCG@10: hybrid against the better of its sides, question by question. @param {number[][]} gains */
function tellDifference([dense = [], lexical = [], hybrid = []]) {
  const better = mean(dense) >= mean(lexical) ? dense : lexical;
  const differences = hybrid.map((gain, q) => gain - (better[q] ?? 0));
  console.log(
    `hybrid less the better side: ${mean(differences).toFixed(4)} (standard error ${standardError(differences).toFixed(4)})`,
  );
}

/** @param {string} modelId @param {number[][]} scores @param {Float32Array[]} vectors @param {{ document: number }[]} passages */
function tellCalibration(modelId, scores, vectors, passages) {
  const noise = scores.flatMap((row, q) => row.filter((_, i) => passages[i]?.document !== q));
  const relevant = scores.map((row, q) => Math.max(...row.filter((_, i) => passages[i]?.document === q)));
  const passageNoise = vectors.flatMap((a, i) =>
    vectors.slice(0, i).flatMap((b, j) => (passages[i]?.document === passages[j]?.document ? [] : [dot(a, b)])),
  );
  const fitted = calibrate({ noise, relevant, pairs: 'query-passage' });
  const { middle } = calibrate({ noise: passageNoise, pairs: 'passage-passage' });
  const shown = { ...fitted, passageShift: middle - fitted.middle };
  console.log(
    `calibration: ${Object.entries(shown)
      .map(([name, value]) => `${name} ${value.toFixed(4)}`)
      .join(', ')}`,
  );
  for (const falsePositiveRate of [0.05, 0.01, 0.001, 0.0001]) {
    const threshold = thresholdFor(fitted, { falsePositiveRate });
    const found = noise.filter((score) => score >= threshold).length / noise.length;
    const kept = relevant.filter((score) => score >= threshold).length / relevant.length;
    console.log(
      `  false positives ${falsePositiveRate}: above ${threshold.toFixed(3)}, found ${found.toFixed(5)}, relevant kept ${kept.toFixed(3)}`,
    );
  }
  console.log(
    `  relevance of random pairs ${mean(noise.map((s) => relevanceOf(fitted, s))).toFixed(3)}, of relevant ones ${mean(relevant.map((s) => relevanceOf(fitted, s))).toFixed(3)}`,
  );
  samples[modelId] = {
    noise: every(noise, 2000),
    passageNoise: every(passageNoise, 2000),
    relevant: every(relevant, 500),
  };
}

/** At most so many, evenly taken. @param {number[]} values @param {number} count */
function every(values, count) {
  const step = Math.max(1, values.length / count);
  return Array.from({ length: Math.min(count, values.length) }, (_, i) =>
    Number((values[Math.floor(i * step)] ?? 0).toFixed(4)),
  );
}
