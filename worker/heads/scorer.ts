import type { PairScores, TextPair } from '../../src/shared/protocol';
import { lateInteraction, lexicalMatch } from '../../src/shared/scores';
import type { LexicalWeights } from './sparse';
import type { TextVectors } from './text-vectors';

/** Scores pairs as their passages come out of the model, so that no more vectors are kept than those of the queries. */
export class PairScorer {
  /** The different queries and passages of the pairs. */
  readonly queries: readonly string[];
  readonly passages: readonly string[];
  readonly #pairs: readonly { readonly query: number; readonly passage: number }[];
  readonly #weights: readonly [number, number, number];
  readonly #byPassage: readonly number[][];
  readonly #queryVectors: TextVectors[] = [];
  readonly #dense: number[] = [];
  readonly #sparse: number[] = [];
  readonly #colbert: number[] = [];

  constructor(pairs: readonly TextPair[], weights: readonly [number, number, number]) {
    const queries = new Numbered();
    const passages = new Numbered();
    this.#pairs = pairs.map(([query, passage]) => ({ query: queries.of(query), passage: passages.of(passage) }));
    this.queries = queries.all;
    this.passages = passages.all;
    this.#weights = weights;
    this.#byPassage = this.passages.map(() => []);
    for (const [pair, { passage }] of this.#pairs.entries()) this.#byPassage[passage]!.push(pair);
  }

  putQuery(query: number, vectors: TextVectors): void {
    this.#queryVectors[query] = vectors;
  }

  /** The places of the pairs that have the passage. */
  pairsOf(passage: number): readonly number[] {
    return this.#byPassage[passage]!;
  }

  /** Scores one of these pairs; its query must be there. */
  score(pair: number, passage: TextVectors): void {
    const { dense, sparse, colbert } = scorePair(this.#queryVectors[this.#pairs[pair]!.query]!, passage);
    this.#dense[pair] = dense;
    this.#sparse[pair] = sparse;
    this.#colbert[pair] = colbert;
  }

  scores(): PairScores {
    const [denseWeight, sparseWeight, colbertWeight] = this.#weights;
    const two = this.#dense.map((dense, i) => dense * denseWeight + this.#sparse[i]! * sparseWeight);
    return {
      dense: this.#dense,
      sparse: this.#sparse,
      colbert: this.#colbert,
      'sparse+dense': two.map((sum) => sum / (denseWeight + sparseWeight)),
      'colbert+sparse+dense': two.map(
        (sum, i) => (sum + this.#colbert[i]! * colbertWeight) / (denseWeight + sparseWeight + colbertWeight),
      ),
    };
  }
}

/** The three scores of a query and a passage that have all three kinds of vectors. */
export function scorePair(query: TextVectors, passage: TextVectors) {
  const dim = query.dense!.length;
  return {
    dense: query.dense!.reduce((sum, value, d) => sum + value * passage.dense![d]!, 0),
    sparse: lexicalMatch(asArrays(query.sparse!), asArrays(passage.sparse!)),
    colbert: lateInteraction(query.colbert!, passage.colbert!, dim),
  };
}

const asArrays = (weights: LexicalWeights) => ({ ids: [...weights.keys()], weights: [...weights.values()] });

/** Gives each different text a number. */
class Numbered {
  readonly #numbers = new Map<string, number>();

  get all(): readonly string[] {
    return [...this.#numbers.keys()];
  }

  of(text: string): number {
    const number = this.#numbers.get(text) ?? this.#numbers.size;
    this.#numbers.set(text, number);
    return number;
  }
}
