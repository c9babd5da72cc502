import { randomOf } from '../../search/clusters/random';
import { Pauses } from '../../search/pauses';
import { checkInteger, checkPositive } from '../inputs.js';
import { BgeError, invalidInput, misfit } from '../shared/errors.js';
import { Adam } from './adam.js';
import { batchOf, type NumberedExample, Numbering, numbered } from './batches.js';
import { STRETCH } from './exact-search.js';
import { collectExamples, type Source, type TrainingExample } from './examples.js';
import { QueryMap } from './info-nce.js';
import { checkEmbedder, type TrainingEmbedder, vectorsOf } from './models.js';
import { QueryAdapter, type TrainingReport } from './query-adapter.js';

export interface TrainingOptions {
  embedder: TrainingEmbedder;
  /** The share of the queries by which each epoch is judged, and which teach nothing: above 0, to 0.5. Default 0.1, one query at least. */
  heldOut?: number;
  /** The most epochs, an integer above 0. Default 30. */
  epochs?: number;
  /** Training ends after so many epochs in a row without a lower held-out loss: an integer above 0. Default 3. */
  patience?: number;
  /** Queries of a step, an integer above 0: each is compared with the passages of all of them. Default 32. */
  batchSize?: number;
  /** Of Adam, above 0. Default 0.0003. */
  learningRate?: number;
  /** What cosines are divided by, above 0. Default 0.02, as for BGE v1.5. */
  temperature?: number;
  /** What the squared distance from the identity adds to the loss, 0 or more. Default 0.01. */
  regularization?: number;
  /** Of the split, the order and the choice of positives. The same seed gives the same adapter. An integer from 0 to 2³² − 1; default 0. */
  seed?: number;
  /** Hears how many texts are embedded, then the losses of each epoch. */
  onProgress?: (event: TrainingEvent) => void;
  /** Ends the training with the signal's reason; nothing comes of it then. */
  signal?: AbortSignal;
}

export type TrainingEvent =
  | { readonly phase: 'embed'; readonly texts: number; readonly totalTexts: number }
  | ({ readonly phase: 'epoch' } & TrainingReport['epochs'][number]);

/**
 * Trains a linear adapter of the query vectors, by examples with positives and, better, mined negatives; the model and the corpus's vectors stay as they are. It starts as the
 * identity, and learns by InfoNCE over all passages of a step, with Adam, until a part of the queries that is held out gains no more; the best epoch is
 * given. Costs a pass of the model for each different text, then about dim² + 2 · dim · passages multiplications for each query of a step. It runs on the calling thread, where other work
 * gets its turn every 8 ms or so. Give it some hundred examples: with few of them it gains nothing, and then gives the identity (`report.bestEpoch` is 0).
 * Rejects with InvalidInputError (no positives, fewer than 2 different queries), TrainingDivergedError, SpaceMismatchError, as the embedder does, or the reason of `signal`.
 */
export async function trainQueryAdapter(
  examples: Source<TrainingExample>,
  options: TrainingOptions,
): Promise<QueryAdapter> {
  const settings = checkOptions(options);
  const { embedder, signal, seed, onProgress } = settings;
  const all = await collectExamples(examples, 'examples');
  const { space, dim } = embedder.info;
  const random = randomOf(seed);
  const { train, heldOut, queries, passages, positives } = split(all, settings.heldOut, random);
  const totalTexts = queries.length + passages.length;
  const tell = (before: number) => (done: number) => onProgress?.({ phase: 'embed', texts: before + done, totalTexts });
  const vectors = {
    queries: await vectorsOf(embedder, 'query', queries, { signal, onPiece: tell(0) }),
    passages: await vectorsOf(embedder, 'passage', passages, { signal, onPiece: tell(queries.length) }),
    dim,
  };
  checkFinite(vectors.queries, queries, dim);
  checkFinite(vectors.passages, passages, dim);
  const batch = (part: readonly NumberedExample[], chosen: readonly number[]) =>
    batchOf(part, chosen, vectors, positives);

  const pauses = new Pauses(signal, STRETCH);
  const map = await QueryMap.identity(dim, pauses);
  const adam = new Adam(map.parameters.length, settings.learningRate);
  const heldOutLoss = async () => {
    let sum = 0;
    for (const part of partsOf(heldOut, settings.batchSize))
      sum += (await map.loss(batch(part, new Array(part.length).fill(0)), settings, false)) * part.length;
    return sum / heldOut.length;
  };
  const epochs: TrainingReport['epochs'][number][] = [];
  let best = { epoch: 0, loss: Number.POSITIVE_INFINITY, ...map.result() };
  const judge = async (epoch: number, trainLoss: number | null) => {
    const loss = checkLoss(await heldOutLoss(), epoch, settings.learningRate);
    const entry = { epoch, trainLoss, heldOutLoss: loss };
    epochs.push(entry);
    if (loss < best.loss) best = { epoch, loss, ...map.result() };
    onProgress?.({ phase: 'epoch', ...entry });
  };
  await judge(0, null);
  for (let epoch = 1; epoch <= settings.epochs && epoch - best.epoch <= settings.patience; epoch++) {
    let sum = 0;
    for (const part of partsOf(shuffled(train, random), settings.batchSize)) {
      await pauses.pause();
      const loss = await map.loss(batch(part, part.map(random)), settings, true);
      sum += checkLoss(loss, epoch, settings.learningRate) * part.length;
      await adam.step(map.parameters, map.gradient, pauses);
    }
    await judge(epoch, sum / train.length);
  }
  signal?.throwIfAborted();
  const { weight, bias, epoch: bestEpoch } = best;
  const report = { trained: train.length, heldOut: heldOut.length, epochs, bestEpoch };
  return new QueryAdapter({ weight, bias, space, dim, report });
}

/** By queries: no query is on both sides. */
function split(all: readonly TrainingExample[], share: number, random: () => number) {
  const queries = new Numbering<string>();
  const passages = new Numbering<string>();
  const examples = numbered(all, queries, passages);
  const count = queries.all.length;
  if (count < 2) throw misfit('examples', 'of 2 different queries at least, one of which is held out', count);
  const order = shuffled(Array.from(queries.all.keys()), random);
  const held = new Set(order.slice(0, Math.max(1, Math.round(share * count))));
  const positives = new Map(order.map((query) => [query, new Set<number>()]));
  for (const { query, pos } of examples) for (const passage of pos) positives.get(query)!.add(passage);
  return {
    train: examples.filter(({ query }) => !held.has(query)),
    heldOut: examples.filter(({ query }) => held.has(query)),
    queries: queries.all,
    passages: passages.all,
    positives,
  };
}

function shuffled<T>(values: readonly T[], random: () => number): T[] {
  const copy = [...values];
  for (let i = copy.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [copy[i], copy[j]] = [copy[j]!, copy[i]!];
  }
  return copy;
}

function* partsOf<T>(values: readonly T[], size: number): Generator<T[]> {
  for (let from = 0; from < values.length; from += size) yield values.slice(from, from + size);
}

function checkLoss(loss: number, epoch: number, learningRate: number): number {
  if (Number.isFinite(loss)) return loss;
  const message = `The loss of epoch ${epoch} is ${loss}; try a learningRate below ${learningRate}, or a higher temperature`;
  throw new BgeError('TrainingDivergedError', message, { details: { epoch, learningRate } });
}

function checkFinite(vectors: Float32Array, texts: readonly string[], dim: number): void {
  const wrong = vectors.findIndex((value) => !Number.isFinite(value));
  if (wrong < 0) return;
  const text = texts[Math.floor(wrong / dim)]!.slice(0, 60);
  throw invalidInput(`the vector of "${text}"`, 'finite numbers', vectors[wrong]);
}

function checkOptions(options: TrainingOptions) {
  if (typeof options !== 'object' || options === null) throw invalidInput('options', 'an object', options);
  const { heldOut = 0.1, epochs = 30, patience = 3, batchSize = 32, seed = 0 } = options;
  const { learningRate = 0.0003, temperature = 0.02, regularization = 0.01 } = options;
  checkEmbedder(options.embedder);
  for (const [what, value] of Object.entries({ epochs, patience, batchSize })) checkPositive(what, value);
  for (const [what, value] of Object.entries({ learningRate, temperature }))
    if (!(Number.isFinite(value) && value > 0)) throw invalidInput(what, 'a number above 0', value);
  if (!(Number.isFinite(regularization) && regularization >= 0))
    throw invalidInput('regularization', 'a number of 0 or more', regularization);
  if (!(heldOut > 0 && heldOut <= 0.5)) throw invalidInput('heldOut', 'a number above 0, to 0.5', heldOut);
  checkInteger('seed', seed, 0, 2 ** 32 - 1);
  return { ...options, heldOut, epochs, patience, batchSize, seed, learningRate, temperature, regularization };
}
