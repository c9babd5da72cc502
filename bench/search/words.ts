import MiniSearch from 'minisearch';
import { question, text } from './data';

// MiniSearch alone, in a worker, as an app would use it for search by words.

export interface WordsOutcome {
  readonly build: number;
  /** Milliseconds to have it back from the JSON that an app would store. */
  readonly open: number;
  readonly each: readonly number[];
}

const PIECE = 1000;

self.onmessage = async ({ data: { documents, questions } }: MessageEvent<{ documents: number; questions: number }>) => {
  const options = { fields: ['text'] };
  let index = new MiniSearch(options);
  let build = 0;
  for (let first = 0; first < documents; first += PIECE) {
    const piece = Array.from({ length: PIECE }, (_, i) => ({ id: first + i, text: text(first + i) }));
    const start = performance.now();
    index.addAll(piece);
    build += performance.now() - start;
  }
  const json = JSON.stringify(index);
  const start = performance.now();
  index = MiniSearch.loadJSON(json, options);
  const open = performance.now() - start;
  const each = Array.from({ length: questions }, (_, q) => {
    const asked = question(q);
    const from = performance.now();
    index.search(asked);
    return performance.now() - from;
  });
  self.postMessage({ outcomes: { build, open, each } satisfies WordsOutcome });
};
