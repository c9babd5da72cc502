import { DIM, queries, vectors } from './data';
import { type Index, indexes } from './indexes';

// Builds one index, and asks it; or several, by turns. Everything is timed here, in a worker, as in an app.

export interface Task {
  readonly names: readonly string[];
  readonly rows: number;
  readonly queries: number;
  readonly k: number;
}

export interface Outcome {
  /** Milliseconds, without those in which the vectors were made up. */
  readonly build: number;
  readonly each: readonly number[];
  /** The rows that each query found. */
  readonly found: readonly (readonly number[])[];
}

const PIECE = 2000;

/** Queries before those that count: a compiler has then made what it can of the code. */
const WARM_UP = 10;

self.onmessage = async ({ data }: MessageEvent<Task>) => {
  try {
    self.postMessage({ outcomes: await run(data) });
  } catch (error) {
    self.postMessage({ error: String(error) });
  }
};

async function run({ names, rows, queries: count, k }: Task): Promise<Outcome[]> {
  const built: { index: Index; build: number; each: number[]; found: number[][] }[] = [];
  for (const name of names) built.push({ index: await indexes[name]!(rows), build: 0, each: [], found: [] });
  for (let first = 0; first < rows; first += PIECE) {
    const piece = vectors(first, Math.min(PIECE, rows - first));
    for (const one of built) {
      const start = performance.now();
      await one.index.add(piece, first);
      one.build += performance.now() - start;
    }
  }
  const asked = queries(WARM_UP + count);
  for (let q = 0; q < WARM_UP + count; q++) {
    const query = asked.slice(q * DIM, (q + 1) * DIM);
    for (const { index, each, found } of built) {
      const start = performance.now();
      const hits = await index.search(query, k);
      if (q < WARM_UP) continue;
      each.push(performance.now() - start);
      found.push(hits);
    }
  }
  return built.map(({ build, each, found }) => ({ build, each, found }));
}
