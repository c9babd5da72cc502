import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface GoldenCase {
  readonly category: string;
  readonly kind: 'encode' | 'encodeQueries' | 'encodeCorpus';
  readonly text: string;
  readonly input_ids: number[];
  readonly token_count: number;
  readonly truncated: boolean;
  readonly embedding: number[];
}

export interface Goldens {
  readonly libraries: Record<string, string>;
  readonly cases: GoldenCase[];
  readonly optionCases: (Pick<GoldenCase, 'kind' | 'text' | 'embedding'> & {
    readonly options: { normalize?: boolean; truncateDim?: number; maxLength?: number };
  })[];
  readonly similarity: { queries: string[]; passages: string[]; scores: number[][] };
}

/** Answers of FlagEmbedding 1.4.2 (float32, one text per forward pass); the versions of all libraries are inside. */
export function goldensOf(name: string): Goldens {
  return JSON.parse(readFileSync(join(import.meta.dirname, 'goldens', `${name}.json`), 'utf8'));
}

export function cosine(a: readonly number[], b: readonly number[]): number {
  let dot = 0;
  let aa = 0;
  let bb = 0;
  for (let d = 0; d < a.length; d++) {
    dot += a[d]! * b[d]!;
    aa += a[d]! ** 2;
    bb += b[d]! ** 2;
  }
  return a.length === b.length ? dot / Math.sqrt(aa * bb) : Number.NaN;
}

export const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
