import type { EmbeddingFunction, EmbeddingFunctionSpace, SparseEmbeddingFunction, SparseVector } from 'chromadb';
import type { Embedder } from '../embedder.js';
import { checkStrings } from '../inputs.js';
import { BgeError, invalidInput } from '../shared/errors.js';
import type { SparseEmbeddings } from '../sparse.js';

type Encoder = Pick<Embedder, 'encodeCorpus' | 'encodeQueries' | 'info'>;

/** What Chroma stores with a collection, to find its embedding function again. */
export type BgeConfig = { readonly model: string; readonly space: string };

/** The embedders of this page that a stored collection may ask for, by their space. */
const known = new Map<string, Encoder>();

abstract class BgeFunction {
  /** Under this name Chroma stores it: `registerEmbeddingFunction(fn.name, BgeEmbeddingFunction)`. */
  abstract readonly name: string;
  protected readonly embedder: Encoder;

  /** `embedder` is of `createEmbedder`, from `bge-web` or `bge-web/node`, and stays yours. Throws InvalidInputError. */
  constructor(embedder: Encoder) {
    if (typeof embedder?.encodeCorpus !== 'function') throw invalidInput('embedder', 'one of createEmbedder', embedder);
    this.embedder = embedder;
    known.set(embedder.info.space, embedder);
  }

  getConfig(): BgeConfig {
    const { model, space } = this.embedder.info;
    return { model, space };
  }

  /** Throws SpaceMismatchError for a collection of another embedding space. */
  validateConfig(config: Record<string, unknown>): void {
    const { space } = this.embedder.info;
    if (config.space !== space) throw mismatch(`${config.space}`, space);
  }

  /** The vectors of a collection stay: so must their space. Throws SpaceMismatchError. */
  validateConfigUpdate(config: Record<string, unknown>): void {
    this.validateConfig(config);
  }
}

/** Chroma's embedding function by BGE: queries get the model's instruction, documents do not. Rejects as `encode`. */
export class BgeEmbeddingFunction extends BgeFunction implements EmbeddingFunction {
  readonly name = 'bge-web';

  /** Gives the function of a stored collection, on the embedder of its space for which one was made before. Throws SpaceMismatchError. */
  static buildFromConfig(config: Record<string, unknown>): BgeEmbeddingFunction {
    return new BgeEmbeddingFunction(embedderOf(config));
  }

  /** Gives the vectors of documents. */
  async generate(texts: string[]): Promise<number[][]> {
    return (await this.embedder.encodeCorpus(checkStrings('texts', texts))).toArray();
  }

  /** Gives the vectors of queries, with their instruction. */
  async generateForQueries(texts: string[]): Promise<number[][]> {
    return (await this.embedder.encodeQueries(checkStrings('texts', texts))).toArray();
  }

  defaultSpace(): EmbeddingFunctionSpace {
    return 'cosine';
  }

  supportedSpaces(): EmbeddingFunctionSpace[] {
    return ['cosine', 'l2', 'ip'];
  }
}

/** Chroma's sparse embedding function by the lexical weights of BGE-M3: an index is a token id. Rejects as `encode`, with WrongModelError for a model without them. */
export class BgeSparseEmbeddingFunction extends BgeFunction implements SparseEmbeddingFunction {
  readonly name = 'bge-web-sparse';

  /** Gives the function of a stored collection, on the embedder of its space for which one was made before. Throws SpaceMismatchError. */
  static buildFromConfig(config: Record<string, unknown>): BgeSparseEmbeddingFunction {
    return new BgeSparseEmbeddingFunction(embedderOf(config));
  }

  /** Throws InvalidInputError, or WrongModelError. */
  constructor(embedder: Encoder) {
    super(embedder);
    const { model, heads } = embedder.info;
    if (heads.includes('sparse')) return;
    throw new BgeError('WrongModelError', `${model} has no sparse head; BAAI/bge-m3 has one`, {
      details: { head: 'sparse' },
    });
  }

  /** Gives the lexical weights of documents. */
  async generate(texts: string[]): Promise<SparseVector[]> {
    return toSparse((await this.embedder.encodeCorpus(checkStrings('texts', texts), { sparse: true })).sparse);
  }

  /** Gives the lexical weights of queries. */
  async generateForQueries(texts: string[]): Promise<SparseVector[]> {
    return toSparse((await this.embedder.encodeQueries(checkStrings('texts', texts), { sparse: true })).sparse);
  }
}

function embedderOf({ space, model }: Record<string, unknown>): Encoder {
  const embedder = known.get(`${space}`);
  if (!embedder) throw mismatch(`${space}`, [...known.keys()].join(', ') || `none; make one of ${model}`);
  return embedder;
}

function mismatch(stored: string, expected: string): BgeError {
  const message = `The collection is of the embedding space ${stored}, the embedder of ${expected}`;
  return new BgeError('SpaceMismatchError', message, { details: { stored, expected } });
}

/** Chroma wants rising indices. */
function toSparse(weights: SparseEmbeddings): SparseVector[] {
  return Array.from(weights, (row) => {
    const tokens = row.toTokens().sort((a, b) => a.id - b.id);
    return {
      indices: tokens.map(({ id }) => id),
      values: tokens.map(({ weight }) => weight),
      tokens: tokens.map(({ token }) => token),
    };
  });
}
