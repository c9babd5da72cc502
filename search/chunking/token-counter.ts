import { invalidInput, misfit } from '../../src/shared/errors';
import type { Pauses } from '../pauses';

/** Gives the number of tokens of each text, special tokens included or not, without cutting a text. */
export type CountTokens = (texts: readonly string[]) => Promise<readonly number[]>;

/** Texts, and characters, of one call. */
const BATCH = { texts: 256, characters: 2 ** 16 } as const;

/** Counts many texts by few calls; special tokens are told apart from the text's own. */
export class TokenCounter {
  /** Tokens that are put around every text. */
  readonly special: number;
  readonly #countTokens: CountTokens;
  readonly #pauses: Pauses;

  private constructor(countTokens: CountTokens, pauses: Pauses, special: number) {
    this.#countTokens = countTokens;
    this.#pauses = pauses;
    this.special = special;
  }

  static async create(countTokens: CountTokens, pauses: Pauses): Promise<TokenCounter> {
    const [special] = checked(await countTokens(['']), 1);
    return new TokenCounter(countTokens, pauses, special!);
  }

  /** The tokens of each text, without special ones. Rejects with InvalidInputError if the counts are none. */
  async count(texts: readonly string[]): Promise<number[]> {
    const counts: number[] = [];
    while (counts.length < texts.length) {
      const batch = batchFrom(texts, counts.length);
      for (const count of checked(await this.#countTokens(batch), batch.length)) counts.push(count - this.special);
      if (this.#pauses.isDue) await this.#pauses.pause();
    }
    return counts;
  }
}

function batchFrom(texts: readonly string[], start: number): readonly string[] {
  let end = start;
  for (let characters = 0; end < texts.length && end - start < BATCH.texts && characters < BATCH.characters; end++)
    characters += texts[end]!.length;
  return texts.slice(start, end);
}

function checked(counts: readonly number[], expected: number): readonly number[] {
  if (counts.length !== expected) throw misfit('countTokens(texts)', `${expected} numbers`, counts.length);
  const strange = counts.findIndex((count) => !Number.isInteger(count) || count < 0);
  if (strange >= 0) throw invalidInput(`countTokens(texts)[${strange}]`, 'an integer from 0', counts[strange]);
  return counts;
}
