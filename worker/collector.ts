import type { EncodeReply, Heads, SparseData } from '../src/shared/protocol';
import { ColbertRows } from './heads/colbert';
import { type LexicalWeights, mergeWeights } from './heads/sparse';
import type { TextVectors } from './heads/text-vectors';
import { normalizeRow } from './pooling';

/** The ids of a text, or of one of the pieces that a long text was cut into. */
export interface Piece {
  readonly ids: Int32Array;
  /** Which text. */
  readonly text: number;
}

/**
 * Gathers what the model makes of the pieces, in whatever order they come, into one result a text. A text of several
 * pieces has the mean of their dense vectors, weighted by their tokens; of lexical weights the highest; all token vectors.
 */
export class Collector {
  readonly #texts: number;
  readonly #pieces: readonly Piece[];
  readonly #dim: number;
  readonly #normalize: boolean;
  readonly #tokenCounts: Uint32Array<ArrayBuffer>;
  readonly #dense: Float32Array<ArrayBuffer> | null;
  readonly #sparse: LexicalWeights[] | null;
  readonly #colbert: ColbertRows | null;
  /** Where the token vectors of each piece begin. */
  readonly #colbertStarts: number[] = [];

  /** @param pieces in the order of their texts */
  constructor(texts: number, pieces: readonly Piece[], heads: Heads, dim: number, normalize: boolean) {
    this.#texts = texts;
    this.#pieces = pieces;
    this.#dim = dim;
    this.#normalize = normalize;
    this.#tokenCounts = new Uint32Array(texts);
    const colbertOffsets = new Uint32Array(texts + 1);
    let tokenRows = 0;
    for (const { ids, text } of pieces) {
      this.#tokenCounts[text]! += ids.length;
      this.#colbertStarts.push(tokenRows);
      tokenRows += ids.length - 1;
      colbertOffsets[text + 1] = tokenRows;
    }
    this.#dense = heads.dense ? new Float32Array(texts * dim) : null;
    this.#sparse = heads.sparse ? [] : null;
    this.#colbert = heads.colbert ? new ColbertRows(colbertOffsets, dim, heads.colbert) : null;
  }

  put(piece: number, { dense, sparse, colbert }: TextVectors): void {
    const { ids, text } = this.#pieces[piece]!;
    if (this.#dense) {
      const row = this.#denseRow(text);
      // A text of one piece keeps its vector to the last bit.
      const share = ids.length / this.#tokenCounts[text]!;
      for (let d = 0; d < row.length; d++) row[d]! += dense![d]! * share;
    }
    if (this.#sparse) this.#sparse[piece] = sparse!;
    this.#colbert?.put(this.#colbertStarts[piece]!, colbert!);
  }

  /** @param textOf a token id as text for a person */
  finish(textOf: (id: number) => string): Omit<EncodeReply, 'truncated' | 'space'> {
    if (this.#dense && this.#normalize) this.#normalizeMeans();
    return {
      dense: this.#dense,
      sparse: this.#sparse && sparseData(this.#weightsByText(), textOf),
      colbert: this.#colbert && plain(this.#colbert),
      dim: this.#dim,
      tokenCounts: this.#tokenCounts,
    };
  }

  #denseRow(text: number): Float32Array {
    return this.#dense!.subarray(text * this.#dim, (text + 1) * this.#dim);
  }

  #normalizeMeans(): void {
    const seen = new Uint8Array(this.#texts);
    for (const { text } of this.#pieces) {
      if (seen[text] === 1) normalizeRow(this.#denseRow(text));
      seen[text] = Math.min(2, seen[text]! + 1);
    }
  }

  #weightsByText(): LexicalWeights[] {
    const byText = Array.from({ length: this.#texts }, (): LexicalWeights[] => []);
    for (const [i, { text }] of this.#pieces.entries()) byText[text]!.push(this.#sparse![i]!);
    return byText.map(mergeWeights);
  }
}

function sparseData(texts: readonly LexicalWeights[], textOf: (id: number) => string): SparseData {
  const size = texts.reduce((sum, weights) => sum + weights.size, 0);
  const ids = new Uint32Array(size);
  const weights = new Float32Array(size);
  const offsets = new Uint32Array(texts.length + 1);
  const tokens = new Map<number, string>();
  let at = 0;
  for (const [i, text] of texts.entries()) {
    for (const [id, weight] of text) {
      ids[at] = id;
      weights[at++] = weight;
      if (!tokens.has(id)) tokens.set(id, textOf(id));
    }
    offsets[i + 1] = at;
  }
  return { ids, weights, offsets, tokens };
}

/** Without the class, which would not survive the way to the page. */
function plain({ data, scales, offsets, dim }: ColbertRows) {
  return { data, scales, offsets, dim };
}
