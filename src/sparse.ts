import { modelOf } from './embeddings.js';
import { checkOffsets, checkRow } from './inputs.js';
import { misfit } from './shared/errors.js';
import type { SparseData } from './shared/protocol.js';
import { lexicalMatch } from './shared/scores.js';

/** The lexical weights of one text: each of its tokens once, in the order in which they first occur, with a weight above 0. */
export interface LexicalWeights {
  /** Token ids. */
  readonly ids: Uint32Array<ArrayBuffer>;
  readonly weights: Float32Array<ArrayBuffer>;
  /** Names the embedding space, as in `Embeddings`: ids mean the same within one model only. */
  readonly space: string;
  /** The same for a person: the token's text beside its weight. Different ids may have the same text. */
  toTokens(): { id: number; token: string; weight: number }[];
}

/** The lexical weights of some texts: row `i` belongs to input `i`. */
export class SparseEmbeddings implements Iterable<LexicalWeights> {
  /** Token ids of all texts in a row. */
  readonly ids: Uint32Array<ArrayBuffer>;
  readonly weights: Float32Array<ArrayBuffer>;
  /** rows + 1 places: text `i` has the ids and weights from `offsets[i]` to `offsets[i + 1]`. */
  readonly offsets: Uint32Array<ArrayBuffer>;
  /** The text of each token id that occurs. */
  readonly tokens: ReadonlyMap<number, string>;
  /** Names the embedding space, as in `Embeddings`. */
  readonly space: string;

  /** Throws InvalidInputError if the sizes do not fit each other. */
  constructor({ ids, weights, offsets, tokens, space }: SparseData & { readonly space: string }) {
    const entries = checkOffsets(offsets);
    for (const [what, list] of Object.entries({ ids, weights }))
      if (list.length !== entries) throw misfit(what, `${entries} numbers`, list.length);
    this.ids = ids;
    this.weights = weights;
    this.offsets = offsets;
    this.tokens = tokens;
    this.space = space;
  }

  get rows(): number {
    return this.offsets.length - 1;
  }

  /** The weights of text `i`: views, not copies. Throws InvalidInputError outside 0 … rows − 1. */
  row(i: number): LexicalWeights {
    checkRow(i, this.rows);
    const [start, end] = [this.offsets[i]!, this.offsets[i + 1]!];
    const ids = this.ids.subarray(start, end);
    const weights = this.weights.subarray(start, end);
    const toTokens = () => Array.from(ids, (id, k) => ({ id, token: this.tokens.get(id) ?? '', weight: weights[k]! }));
    return { ids, weights, space: this.space, toTokens };
  }

  /** Each row in turn, as `row` gives it. */
  *[Symbol.iterator](): Iterator<LexicalWeights> {
    for (let i = 0; i < this.rows; i++) yield this.row(i);
  }
}

/**
 * Gives the lexical score of two texts: the sum over their common tokens of the products of the two weights; 0 without
 * a common token. It is not normalised: compare scores of one query only.
 * Source: FlagEmbedding, `compute_lexical_matching_score`. Throws InvalidInputError when the models differ.
 */
export function lexicalScore(
  query: Pick<LexicalWeights, 'ids' | 'weights' | 'space'>,
  passage: Pick<LexicalWeights, 'ids' | 'weights' | 'space'>,
): number {
  if (modelOf(query) !== modelOf(passage)) throw misfit('passage', `weights of ${modelOf(query)}`, modelOf(passage));
  return lexicalMatch(query, passage);
}
