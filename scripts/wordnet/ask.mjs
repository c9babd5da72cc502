// How well and how fast an index answers.
import { CHINESE_DESCRIPTIONS, DESCRIPTIONS } from './descriptions.mjs';

/** Each description is searched for so many times. */
const ROUNDS = 2;

const MODES = /** @type {const} */ (['dense', 'lexical', 'hybrid']);

/**
 * A description, as it is searched for, and the words that would do.
 * @typedef {{ query: string, words: readonly string[] }} Task
 */

/**
 * Prints how often the word that a description means is the first, and among the first ten, and how long a search takes.
 * @param {{
 *   file: Blob,
 *   embedder: import('../../src/node/index').Embedder,
 *   createIndex: typeof import('../../src/node/index').createIndex,
 *   english: (chinese: string) => string,
 * }} what
 */
export async function ask({ file, embedder, createIndex, english }) {
  // A query is embedded before it is searched for, so that the times are apart.
  let query = await embedder.encodeQueries(['warm']);
  const index = await createIndex({
    embedder: {
      info: embedder.info,
      tokenize: (texts) => embedder.tokenize(texts),
      encodeCorpus: (texts) => embedder.encodeCorpus(texts),
      encodeQueries: async () => query,
    },
  });
  const opening = performance.now();
  await index.import(file);
  const { documents } = await index.stats();
  console.log(`${documents} meanings, opened in ${((performance.now() - opening) / 1000).toFixed(1)} s`);
  const chinese = CHINESE_DESCRIPTIONS.map(([description, ...words]) => ({ query: english(description), words }));
  await askAll(
    'English',
    DESCRIPTIONS.map(([query, word]) => ({ query, words: [word] })),
  );
  await askAll(
    'Chinese, glosses chosen by them',
    chinese.filter((_, i) => i % 2 === 0),
  );
  await askAll(
    'Chinese, held out',
    chinese.filter((_, i) => i % 2 === 1),
  );
  index.dispose();

  /** @param {string} name @param {Task[]} tasks */
  async function askAll(name, tasks) {
    const embedding = new Times();
    const searches = MODES.map((mode) => ({ mode, times: new Times(), first: 0, ten: 0 }));
    for (let round = 0; round < ROUNDS; round++) {
      for (const { query: description, words } of tasks) {
        query = await embedding.of(() => embedder.encodeQueries([description]));
        for (const search of searches) {
          const { mode, times } = search;
          const hits = await times.of(() => index.search(description, { mode, explain: true }));
          const titles = hits.map(({ document }) => String(document.title).split(', '));
          const place = titles.findIndex((title) => title.some((word) => words.includes(word)));
          if (round > 0) continue;
          if (place === 0) search.first++;
          if (place >= 0) search.ten++;
        }
      }
    }
    console.log(`${name}: embedding a query: ${embedding}`);
    for (const { mode, times, first, ten } of searches)
      console.log(`  ${mode}: ${times}; ${first} of ${tasks.length} words first, ${ten} among the first ten`);
  }
}

class Times {
  /** @type {number[]} */
  #ms = [];

  /** @template T @param {() => Promise<T>} work @returns {Promise<T>} */
  async of(work) {
    const start = performance.now();
    const result = await work();
    this.#ms.push(performance.now() - start);
    return result;
  }

  toString() {
    const sorted = this.#ms.toSorted((a, b) => a - b);
    const at = (/** @type {number} */ part) => `${sorted[Math.floor(part * (sorted.length - 1))]?.toFixed(1)} ms`;
    return `median ${at(0.5)}, p99 ${at(0.99)} (${sorted.length} queries)`;
  }
}
