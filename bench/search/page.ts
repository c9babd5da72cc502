import type { SearchIndex } from '../../src/search/search-index';
import { DIM, queries, question, text, vectors } from './data';

// What bench/search.mjs asks of a page, by `window.bench`.

const PIECE = 5000;

/** An embedder that takes no time: what is measured is the index. */
function madeUpEmbedder() {
  let next = 0;
  const info = { space: 'made up', dim: DIM, maxLength: 512 };
  return {
    info,
    async encodeCorpus(texts: readonly string[]) {
      const data = vectors(next, texts.length);
      next += texts.length;
      return { data, space: info.space };
    },
    async encodeQueries(texts: readonly string[]) {
      return { data: queries(texts.length), space: info.space };
    },
    tokenize: async (texts: readonly string[]) => texts.map(() => ({ ids: { length: 90 }, truncated: false })),
  };
}

let index: SearchIndex;

/** Milliseconds. */
async function open(): Promise<number> {
  const { createIndex } = (await import('/dist/search.js' as string)) as typeof import('../../src/search');
  const start = performance.now();
  index = await createIndex({ embedder: madeUpEmbedder(), name: 'bench' });
  return performance.now() - start;
}

/** Milliseconds, with those in which vectors were made up. */
async function fill(documents: number): Promise<number> {
  await open();
  let taken = 0;
  for (let first = 0; first < documents; first += PIECE) {
    const count = Math.min(PIECE, documents - first);
    const piece = Array.from({ length: count }, (_, i) => ({ id: `${first + i}`, text: text(first + i) }));
    const start = performance.now();
    await index.add(piece);
    taken += performance.now() - start;
  }
  return taken;
}

/** Milliseconds of each question, after some that do not count. */
async function ask(mode: 'dense' | 'lexical' | 'hybrid', questions: number): Promise<number[]> {
  const each: number[] = [];
  for (let q = -5; q < questions; q++) {
    const asked = question(q + 5);
    const start = performance.now();
    await index.search(asked, { mode });
    if (q >= 0) each.push(performance.now() - start);
  }
  return each;
}

/** What a worker makes of a task. */
function inWorker(file: string, task: unknown): Promise<unknown> {
  const worker = new Worker(file, { type: 'module' });
  return new Promise((resolve, reject) => {
    worker.onmessage = ({ data }) => (data.error ? reject(new Error(data.error)) : resolve(data.outcomes));
    worker.onerror = ({ message }) => reject(new Error(message));
    worker.postMessage(task);
  });
}

const bench = {
  scan: (task: unknown) => inWorker('/vendor/worker.js', task),
  words: (task: unknown) => inWorker('/vendor/words.js', task),
  ...{ open, fill, ask },
};
Object.assign(globalThis, { bench });
