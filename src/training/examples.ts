import { checkStrings } from '../inputs.js';
import { BgeError, invalidInput, misfit } from '../shared/errors.js';

/** A query, texts that answer it, and texts that do not: a line of FlagEmbedding's training files. Other fields pass through. */
export interface TrainingExample {
  readonly query: string;
  /** At least one. */
  readonly pos: readonly string[];
  readonly neg?: readonly string[];
  /** A teacher's scores of `pos` and `neg`, such as a reranker's logits. */
  readonly pos_scores?: readonly number[];
  readonly neg_scores?: readonly number[];
  readonly prompt?: string;
  readonly type?: string;
  readonly [field: string]: unknown;
}

/** Many of something, at hand or to come. */
export type Source<T> = Iterable<T> | AsyncIterable<T>;

/**
 * Reads FlagEmbedding's JSONL, an example a line, as it comes: from a string, a Blob (a file), a stream of bytes (a response's body), or pieces of text. Empty lines are passed over.
 * Throws InvalidInputError, which names the line, for what is not JSON or no example.
 */
export async function* fromJsonl(
  source: string | Blob | ReadableStream<Uint8Array<ArrayBuffer>> | Source<string>,
): AsyncGenerator<TrainingExample, void, undefined> {
  let line = 0;
  for await (const text of linesOf(piecesOf(source))) {
    line++;
    if (text.trim() !== '') yield checkExample(parsed(text, line), `line ${line}`);
  }
}

/** Writes examples as FlagEmbedding's JSONL: a line each, with its line break. */
export async function* toJsonl(examples: Source<TrainingExample>): AsyncGenerator<string, void, undefined> {
  for await (const example of examples) yield `${JSON.stringify(example)}\n`;
}

/** Throws InvalidInputError for what is no example. */
export function checkExample(example: unknown, what: string): TrainingExample {
  if (typeof example !== 'object' || example === null || Array.isArray(example))
    throw invalidInput(what, 'an object of query, pos and neg', example);
  const { query, pos, neg, pos_scores, neg_scores } = example as TrainingExample;
  if (typeof query !== 'string') throw invalidInput(`${what}.query`, 'a string', query);
  if (checkStrings(`${what}.pos`, pos).length === 0) throw misfit(`${what}.pos`, 'at least one text', 'none');
  if (neg !== undefined) checkStrings(`${what}.neg`, neg);
  checkScores(`${what}.pos_scores`, pos_scores, pos);
  checkScores(`${what}.neg_scores`, neg_scores, neg ?? []);
  return example as TrainingExample;
}

/** Reads all of them, checked. */
export async function collectExamples(source: Source<TrainingExample>, what: string): Promise<TrainingExample[]> {
  checkSource(what, source);
  const examples: TrainingExample[] = [];
  for await (const example of source) examples.push(checkExample(example, `${what}[${examples.length}]`));
  return examples;
}

export function checkSource(what: string, source: unknown): void {
  const isSource =
    typeof source === 'object' && source !== null && (Symbol.iterator in source || Symbol.asyncIterator in source);
  if (!isSource) throw invalidInput(what, 'an array, or an iterable, of examples', source);
}

function checkScores(what: string, scores: readonly number[] | undefined, texts: readonly string[]): void {
  if (scores === undefined || scores === null) return;
  if (!Array.isArray(scores)) throw invalidInput(what, 'an array of numbers', scores);
  const wrong = scores.findIndex((score) => !Number.isFinite(score));
  if (wrong >= 0) throw invalidInput(`${what}[${wrong}]`, 'a finite number', scores[wrong]);
  if (scores.length !== texts.length) throw misfit(what, `one number a text, ${texts.length}`, scores.length);
}

function parsed(text: string, line: number): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const shown = text.length > 60 ? `${text.slice(0, 60)}…` : text;
    throw new BgeError('InvalidInputError', `Expected line ${line} to be JSON, got \`${shown}\``, { cause });
  }
}

async function* piecesOf(source: Parameters<typeof fromJsonl>[0]): AsyncGenerator<string, void, undefined> {
  if (typeof source === 'string') yield source;
  else if (source instanceof Blob) yield* decoded(source.stream());
  else if (source instanceof ReadableStream) yield* decoded(source);
  else yield* source;
}

/** By a reader: not every browser's streams can be iterated. */
async function* decoded(stream: ReadableStream<Uint8Array<ArrayBuffer>>): AsyncGenerator<string, void, undefined> {
  const reader = stream.getReader();
  const decoder = new TextDecoder();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      yield decoder.decode(value, { stream: true });
    }
    yield decoder.decode();
  } finally {
    await reader.cancel();
  }
}

async function* linesOf(pieces: AsyncIterable<string>): AsyncGenerator<string, void, undefined> {
  let rest = '';
  for await (const piece of pieces) {
    const lines = (rest + piece).split('\n');
    rest = lines.pop()!;
    yield* lines;
  }
  if (rest !== '') yield rest;
}
