import { ColbertEmbeddings } from './colbert.js';
import { Embeddings } from './embeddings.js';
import { invalidInput } from './shared/errors.js';
import type { ColbertFormat, EncodeReply, Heads } from './shared/protocol.js';
import { SparseEmbeddings } from './sparse.js';

/** Which heads of a BGE-M3 model to run: one pass through the model serves all of them. */
export interface HeadChoice {
  /** Dense vectors. Default true. */
  dense?: boolean;
  /** Lexical weights. Default false. */
  sparse?: boolean;
  /** A vector for each token; `true` is `'float32'`. Default false. */
  colbert?: boolean | ColbertFormat;
}

/** A choice that names at least one head: with it `encode` gives an object of heads, without it the dense Embeddings alone. */
export type NamedHeads = HeadChoice &
  (Required<Pick<HeadChoice, 'dense'>> | Required<Pick<HeadChoice, 'sparse'>> | Required<Pick<HeadChoice, 'colbert'>>);

type Given<Wanted, Result> = Wanted extends true | ColbertFormat ? Result : null;
type Kept<Wanted, Result> = Wanted extends false ? null : Result;

/** No head is named. */
export interface NoHeads {
  dense?: undefined;
  sparse?: undefined;
  colbert?: undefined;
}

/** What the chosen heads give; null for those that were not chosen. */
export interface HeadEmbeddings<Choice extends HeadChoice = HeadChoice> {
  readonly dense: Choice extends { dense?: infer Wanted } ? Kept<Wanted, Embeddings> : Embeddings;
  readonly sparse: Choice extends { sparse?: infer Wanted } ? Given<Wanted, SparseEmbeddings> : null;
  readonly colbert: Choice extends { colbert?: infer Wanted } ? Given<Wanted, ColbertEmbeddings> : null;
  /** Tokens of each text, special tokens included, after truncation. */
  readonly tokenCounts: Uint32Array<ArrayBuffer>;
  /** 1 where the text was longer than `maxLength` and was cut. */
  readonly truncated: Uint8Array<ArrayBuffer>;
}

/** True if the caller named a head, and so expects HeadEmbeddings. */
export function namesHeads({ dense, sparse, colbert }: HeadChoice): boolean {
  return dense !== undefined || sparse !== undefined || colbert !== undefined;
}

/** Throws InvalidInputError, also when no head is left. */
export function checkHeads({ dense = true, sparse = false, colbert = false }: HeadChoice): Heads {
  for (const [name, value] of Object.entries({ dense, sparse }))
    if (typeof value !== 'boolean') throw invalidInput(name, 'a boolean', value);
  if (typeof colbert !== 'boolean' && !['float32', 'float16', 'int8'].includes(colbert))
    throw invalidInput('colbert', "a boolean, 'float32', 'float16' or 'int8'", colbert);
  if (!dense && !sparse && !colbert) throw invalidInput('dense', 'true where no other head is asked for', dense);
  return { dense, sparse, colbert: colbert === true ? 'float32' : colbert || null };
}

export function toHeadEmbeddings(reply: EncodeReply): HeadEmbeddings<HeadChoice> {
  const { dense, sparse, colbert, tokenCounts, truncated, space } = reply;
  return {
    dense: dense && denseOf(reply),
    sparse: sparse && new SparseEmbeddings({ ...sparse, space }),
    colbert: colbert && new ColbertEmbeddings({ ...colbert, space }),
    tokenCounts,
    truncated,
  } as HeadEmbeddings<HeadChoice>;
}

export function denseOf({ dense, dim, tokenCounts, truncated, space }: EncodeReply): Embeddings {
  return new Embeddings({ data: dense!, dim, tokenCounts, truncated, space });
}
