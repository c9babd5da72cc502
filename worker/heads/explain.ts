import type { Explanation, Span, Tokens } from '../../src/shared/protocol';
import { bestMatches } from '../../src/shared/scores';
import { scorePair } from './scorer';
import type { TextVectors } from './text-vectors';

interface Side {
  readonly text: string;
  readonly tokens: Tokens;
  readonly vectors: TextVectors;
}

/** Why a query and a passage match: the tokens that both have, and for each token of the query its best partner. */
export function explainMatch(query: Side, passage: Side, dim: number, textOf: (id: number) => string): Explanation {
  const common = [...query.vectors.sparse!].flatMap(([id, weight]) => {
    const other = passage.vectors.sparse!.get(id);
    return other === undefined ? [] : [{ id, score: weight * other }];
  });
  // Row i of the ColBERT vectors belongs to token i + 1: the first token, <s>, has none.
  const named = (side: Side, row: number) => ({
    token: textOf(side.tokens.ids[row + 1]!),
    ...spanOf(side, row + 1),
  });
  return {
    scores: scorePair(query.vectors, passage.vectors),
    lexical: common
      .sort((a, b) => b.score - a.score)
      .map(({ id, score }) => ({
        token: textOf(id),
        score,
        query: placesOf(query, id),
        passage: placesOf(passage, id),
      })),
    alignments: bestMatches(query.vectors.colbert!, passage.vectors.colbert!, dim).map(({ row, score }, i) => ({
      score,
      query: named(query, i),
      passage: named(passage, row),
    })),
  };
}

function placesOf(side: Side, id: number): Span[] {
  const { ids } = side.tokens;
  return [...ids.keys()].filter((i) => ids[i] === id).map((i) => spanOf(side, i));
}

/** Without the space before a word, which belongs to its token. */
function spanOf({ text, tokens: { offsets } }: Side, token: number): Span {
  const [from, end] = [offsets[2 * token]!, offsets[2 * token + 1]!];
  const start = end - text.slice(from, end).trimStart().length;
  return { start, end };
}
