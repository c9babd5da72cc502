import { randomOf } from '../../search/clusters/random';
import { checkInteger, checkPositive, checkStrings } from '../inputs.js';
import { invalidInput, misfit } from '../shared/errors.js';
import { ExactSearch, type Found } from './exact-search.js';
import { checkExample, checkSource, collectExamples, type Source, type TrainingExample } from './examples.js';
import { type Judge, limitsOf, rerankerJudge, vectorJudge } from './limits.js';
import { checkEmbedder, type TrainingEmbedder, type TrainingReranker, vectorsOf } from './models.js';

export interface MiningOptions {
  embedder: TrainingEmbedder;
  /** Which places of the search are candidates, from 0: the first that is, and the first that is not any more. Default [10, 210]. */
  range?: readonly [number, number];
  /** How many for each query, an integer above 0. Default 15. */
  negatives?: number;
  /** The same seed gives the same negatives. An integer from 0 to 2³² − 1; default 0. */
  seed?: number;
  /** Leaves out candidates with score + margin above that of the worst positive (sentence-transformers' `absolute_margin`). Default: none. */
  margin?: number;
  /** Leaves out candidates above p − |p| × relativeMargin, p the worst positive's score: 0.05 for "at most 95% of it". Default: none. */
  relativeMargin?: number;
  /** Leaves out candidates with a score above this one. Default: none. */
  maxScore?: number;
  /**
   * Judges the candidates for the three limits above, in place of the vectors, by the sigmoid of its logits, 0 to 1; its logits of what is
   * chosen are written to `pos_scores` and `neg_scores`. Costs a pass for each candidate where there is a limit, else for each chosen text.
   */
  reranker?: TrainingReranker;
  /** Hears how many texts of the corpus are embedded, then how many examples are done. */
  onProgress?: (event: MiningEvent) => void;
  /** Ends the mining with the signal's reason. */
  signal?: AbortSignal;
}

export interface MiningEvent {
  readonly phase: 'corpus' | 'mine';
  readonly done: number;
  /** Null where examples come one by one, and nobody knows how many. */
  readonly total: number | null;
}

/** An example with its negatives. */
export interface MinedExample extends TrainingExample {
  readonly neg: readonly string[];
}

/** Examples whose queries are embedded and looked for together. */
const GROUP = 64;

/**
 * Gives each example again with hard negatives in `neg`, in place of those it had: texts that the embedder takes for good answers, and that are none.
 * Of the places `range` of an exact search of the corpus, those that are no positive of the query, nor the query itself, nor beyond a limit, are its
 * candidates; `negatives` of them are drawn, and come out the best first. Where there are fewer, texts from below the range are drawn too, then from above
 * it; limits may leave fewer, which is then all. Without a corpus (null) it is made of all `pos` and `neg` of the examples, which are read first.
 * An example's old `neg_scores` are dropped. Source: FlagEmbedding, scripts/hn_mine.py, and sentence-transformers, `mine_hard_negatives` for the limits.
 * Rejects with InvalidInputError (also for a corpus too small for the negatives asked for), SpaceMismatchError, as the models do, or the reason of `signal`.
 */
export async function* mineHardNegatives(
  pairs: Source<TrainingExample>,
  corpus: readonly string[] | null,
  options: MiningOptions,
): AsyncGenerator<MinedExample, void, undefined> {
  const settings = checkOptions(options);
  const { embedder, signal, onProgress } = settings;
  checkSource('pairs', pairs);
  const given = corpus === null ? null : checkStrings('corpus', corpus);
  const all = given === null || Array.isArray(pairs) ? await collectExamples(pairs, 'pairs') : null;
  const distinct = new Set(given ?? all!.flatMap(({ pos, neg = [] }) => [...pos, ...neg]));
  const texts = [...distinct];
  for (const [i, example] of (all ?? []).entries()) checkEnough(example, i, distinct, settings.negatives);
  if (all?.length === 0) return;
  const onPiece = (done: number) => onProgress?.({ phase: 'corpus', done, total: texts.length });
  const vectors = await vectorsOf(embedder, 'passage', texts, { signal, onPiece });
  const search = await ExactSearch.over(vectors, embedder.info.dim, signal);
  const miner = new Miner(texts, vectors, search, settings);
  let done = 0;
  for await (const group of groupsOf(all ?? pairs)) {
    for (const [i, example] of group.entries()) checkEnough(example, done + i, distinct, settings.negatives);
    for (const mined of await miner.mine(group)) {
      done++;
      onProgress?.({ phase: 'mine', done, total: all?.length ?? null });
      yield mined;
    }
  }
}

type Settings = ReturnType<typeof checkOptions>;

class Miner {
  readonly #texts: readonly string[];
  readonly #rows: ReadonlyMap<string, number>;
  readonly #vectors: Float32Array<ArrayBuffer>;
  readonly #search: ExactSearch;
  readonly #settings: Settings;
  readonly #random: () => number;

  constructor(texts: readonly string[], vectors: Float32Array<ArrayBuffer>, search: ExactSearch, settings: Settings) {
    this.#texts = texts;
    this.#rows = new Map(texts.map((text, row) => [text, row]));
    this.#vectors = vectors;
    this.#search = search;
    this.#settings = settings;
    this.#random = randomOf(settings.seed);
  }

  async mine(examples: readonly TrainingExample[]): Promise<MinedExample[]> {
    const { embedder, range, signal } = this.#settings;
    const { dim } = embedder.info;
    const texts = examples.map(({ query }) => query);
    const queries = await vectorsOf(embedder, 'query', texts, { signal });
    const found = await this.#search.search(queries, range[1]);
    const vectorOf = await this.#vectorsWithPositives(examples);
    const mined: MinedExample[] = [];
    for (const [i, example] of examples.entries()) {
      const query = queries.subarray(i * dim, (i + 1) * dim);
      mined.push(await this.#mineOne(example, found[i]!, this.#judgeOf(example, query, vectorOf)));
    }
    return mined;
  }

  async #mineOne(example: TrainingExample, found: readonly Found[], judge: Judge): Promise<MinedExample> {
    const { negatives, range, reranker, limits } = this.#settings;
    const never = new Set([...example.pos, example.query]);
    const within = limits && (await limitsOf(limits, example.pos, judge));
    /** What may be a negative, in the order given. */
    const allowed = async (rows: readonly number[]) => {
      const texts = rows.map((row) => this.#texts[row]!).filter((text) => !never.has(text));
      if (!within) return texts;
      const scores = await judge.score(texts);
      return texts.filter((_, i) => within(scores[i]!));
    };
    const places = found.map(({ row }) => row);
    const neg = sample(await allowed(places.slice(...range)), negatives, this.#random);
    if (neg.length < negatives) {
      const below = this.#rowsWithout(new Set(places));
      neg.push(...(await allowed(sample(below, negatives - neg.length + never.size, this.#random))));
    }
    if (neg.length < negatives) {
      const above = await allowed(places.slice(0, range[0]));
      neg.push(...sample(above, negatives - neg.length, this.#random));
    }
    neg.length = Math.min(neg.length, negatives);
    const { neg_scores: _, ...rest } = example;
    if (!reranker) return { ...rest, neg };
    return { ...rest, neg, pos_scores: await judge.logits(example.pos), neg_scores: await judge.logits(neg) };
  }

  #rowsWithout(rows: ReadonlySet<number>): number[] {
    return Array.from(this.#texts.keys()).filter((row) => !rows.has(row));
  }

  #judgeOf(example: TrainingExample, query: Float32Array, vectorOf: (text: string) => Float32Array): Judge {
    const { reranker, signal } = this.#settings;
    return reranker ? rerankerJudge(reranker, example.query, signal) : vectorJudge(query, vectorOf);
  }

  /** Vectors of the corpus, and of positives that are not in it, where limits need them. */
  async #vectorsWithPositives(examples: readonly TrainingExample[]): Promise<(text: string) => Float32Array> {
    const { embedder, limits, reranker, signal } = this.#settings;
    const { dim } = embedder.info;
    const row = (vectors: Float32Array, i: number) => vectors.subarray(i * dim, (i + 1) * dim);
    const others =
      limits && !reranker ? examples.flatMap(({ pos }) => pos.filter((text) => !this.#rows.has(text))) : [];
    const vectors = await vectorsOf(embedder, 'passage', others, { signal });
    const more = new Map(others.map((text, i) => [text, row(vectors, i)]));
    return (text) => more.get(text) ?? row(this.#vectors, this.#rows.get(text)!);
  }
}

/** So many of them, drawn without putting back, in the order in which they were given; all where there are no more. */
function sample<T>(values: readonly T[], count: number, random: () => number): T[] {
  const left = values.map((value, place) => ({ value, place }));
  for (let i = 0; i < Math.min(count, left.length); i++) {
    const j = i + Math.floor(random() * (left.length - i));
    [left[i], left[j]] = [left[j]!, left[i]!];
  }
  return left
    .slice(0, count)
    .sort((a, b) => a.place - b.place)
    .map(({ value }) => value);
}

async function* groupsOf(examples: Source<TrainingExample>): AsyncGenerator<TrainingExample[], void, undefined> {
  let group: TrainingExample[] = [];
  let count = 0;
  for await (const example of examples) {
    group.push(checkExample(example, `pairs[${count++}]`));
    if (group.length < GROUP) continue;
    yield group;
    group = [];
  }
  if (group.length > 0) yield group;
}

function checkEnough({ query, pos }: TrainingExample, i: number, corpus: ReadonlySet<string>, negatives: number): void {
  const own = [...new Set([...pos, query])].filter((text) => corpus.has(text)).length;
  const others = corpus.size - own;
  if (others >= negatives) return;
  const expected = `${negatives} different texts or more that are neither positives nor the query of pairs[${i}]`;
  throw misfit(
    'corpus',
    expected,
    `${others}: ${negatives - others} are missing; add texts, or ask for fewer \`negatives\``,
  );
}

function checkOptions(options: MiningOptions) {
  if (typeof options !== 'object' || options === null) throw invalidInput('options', 'an object', options);
  const { embedder, range = [10, 210], negatives = 15, seed = 0, margin, relativeMargin, maxScore, ...rest } = options;
  checkEmbedder(embedder);
  if (!Array.isArray(range) || range.length !== 2) throw invalidInput('range', 'an array of two places', range);
  checkInteger('range[0]', range[0], 0, Number.MAX_SAFE_INTEGER);
  checkInteger('range[1]', range[1], range[0] + 1, Number.MAX_SAFE_INTEGER);
  checkPositive('negatives', negatives);
  checkInteger('seed', seed, 0, 2 ** 32 - 1);
  const limits = { margin, relativeMargin, maxScore };
  for (const [what, limit] of Object.entries(limits))
    if (limit !== undefined && !Number.isFinite(limit)) throw invalidInput(what, 'a finite number', limit);
  const hasLimits = Object.values(limits).some((limit) => limit !== undefined);
  return {
    ...rest,
    embedder,
    range: [range[0], range[1]] as const,
    negatives,
    seed,
    limits: hasLimits ? limits : null,
  };
}
