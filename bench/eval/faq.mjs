// Questions and answers, embedded: what `npm run eval` and scripts/eval-adapter.mjs measure with.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { load, openModel, root } from './node-engine.mjs';

const { chunk, textToEmbed } = await load([`export { chunk, textToEmbed } from './search/chunking/chunk';`]);

/** The embedded models, and the questions and answers in the language of each. */
export const FAQS = /** @type {const} */ ([
  ['BAAI/bge-small-en-v1.5', 'faq-en.jsonl'],
  ['BAAI/bge-small-zh-v1.5', 'faq-zh.jsonl'],
]);

/** Questions are queries, answers are documents, and one answers each. @param {string} modelId @param {string} file */
export async function embeddedFaq(modelId, file) {
  const lines = readFileSync(join(root, 'bench/eval', file), 'utf8')
    .trim()
    .split('\n');
  /** @type {{ question: string, answer: string }[]} */
  const faq = lines.map((line) => JSON.parse(line));
  const model = await openModel(modelId);
  /** @type {{ document: number, text: string, passage: { text: string } }[]} */
  const passages = [];
  for (const [document, { answer }] of faq.entries())
    for (const passage of await chunk(answer, model.countTokens))
      passages.push({ document, text: textToEmbed(passage), passage });
  const vectors = await model.embedPassages(passages.map(({ text }) => text));
  const queries = await model.embedQueries(faq.map(({ question }) => question));
  const qrels = Object.fromEntries(faq.map((_, q) => [q, { [q]: 1 }]));
  return { faq, passages, vectors, queries, qrels };
}

/** The documents of a ranking of passages, each once. @param {readonly { id: number }[]} ranking @param {readonly { document: number }[]} passages */
export function documentsOf(ranking, passages) {
  return [...new Set(ranking.map(({ id }) => `${passages[id]?.document}`))];
}
