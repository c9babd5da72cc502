import type { Qrels } from 'bge-web/training';

/** Texts to be found, queries, and which text answers which query. */
export interface RetrievalSet {
  readonly documents: readonly Document[];
  /** Texts by the ids of the queries. */
  readonly queries: Readonly<Record<string, string>>;
  readonly qrels: Qrels;
}

export interface Document {
  readonly id: string;
  readonly title: string;
  readonly text: string;
}

/** Two texts, and how alike people say they are, on any scale. */
export interface Pair {
  readonly a: string;
  readonly b: string;
  readonly gold: number;
}

export interface Judgement {
  readonly query: string;
  readonly document: string;
  readonly grade: number;
  readonly line: number;
}

/** What a file has: a whole test set, or a part of one. `name` is the file's. */
export type Part = { readonly name: string } & (
  | { readonly kind: 'corpus'; readonly documents: readonly Document[] }
  | { readonly kind: 'queries'; readonly queries: ReadonlyMap<string, string> }
  | { readonly kind: 'qrels'; readonly judgements: readonly Judgement[] }
  | { readonly kind: 'examples'; readonly set: RetrievalSet }
  | { readonly kind: 'pairs'; readonly pairs: readonly Pair[] }
);
export type PartKind = Part['kind'];

/** What is wrong with a line. */
export type Fault =
  | 'notJson'
  | 'noId'
  | 'noText'
  | 'twice'
  | 'noQuery'
  | 'noPos'
  | 'notTexts'
  | 'unknownKind'
  | 'noColumns'
  | 'noScore'
  | 'unknownQuery'
  | 'unknownDocument'
  | 'empty'
  | 'onePair'
  | 'tooLarge'
  | 'notText';

/** A file that cannot be used; `line` is 0 where no line is to blame. */
export class FaultyFile extends Error {
  readonly file: string;
  readonly line: number;
  readonly fault: Fault;
  /** The text or id that is wrong. */
  readonly found: string;

  constructor(fault: Fault, { file, line = 0, found = '' }: { file: string; line?: number; found?: string }) {
    super(`${file}, line ${line}: ${fault} ${found}`);
    Object.assign(this, { name: 'FaultyFile' });
    this.file = file;
    this.line = line;
    this.fault = fault;
    this.found = found.length > 60 ? `${found.slice(0, 60)}…` : found;
  }
}

/** The parts that are held: a new one takes the place of its like, and a whole set that of all others. */
export class Parts {
  #held = new Map<PartKind, Part>();

  add(part: Part): void {
    const isWhole = part.kind === 'examples' || part.kind === 'pairs';
    if (isWhole) this.#held.clear();
    else for (const whole of ['examples', 'pairs'] as const) this.#held.delete(whole);
    this.#held.set(part.kind, part);
  }

  get<K extends PartKind>(kind: K): Extract<Part, { kind: K }> | undefined {
    return this.#held.get(kind) as Extract<Part, { kind: K }> | undefined;
  }

  get all(): Part[] {
    return [...this.#held.values()];
  }

  /** What is still needed of a set in three files; nothing where there is a whole set, or nothing at all. */
  get missing(): PartKind[] {
    if (this.#held.size === 0 || this.get('examples') || this.get('pairs')) return [];
    return (['corpus', 'queries', 'qrels'] as const).filter((kind) => !this.#held.has(kind));
  }
}

/**
 * Puts a set in three files together. Queries without a judgement are left out, as for BEIR's, whose file of queries has those of all splits; so are those
 * without an answer, of which `unanswered` tells how many. Throws FaultyFile for a judgement of what is not there.
 */
export function joined(parts: Parts): { readonly set: RetrievalSet; readonly unanswered: number } {
  const { documents } = parts.get('corpus')!;
  const { queries } = parts.get('queries')!;
  const { name, judgements } = parts.get('qrels')!;
  const known = new Set(documents.map(({ id }) => id));
  const grades = new Map<string, Map<string, number>>();
  for (const { query, document, grade, line } of judgements) {
    if (!queries.has(query)) throw new FaultyFile('unknownQuery', { file: name, line, found: query });
    if (!known.has(document)) throw new FaultyFile('unknownDocument', { file: name, line, found: document });
    if (!grades.has(query)) grades.set(query, new Map());
    grades.get(query)!.set(document, grade);
  }
  const answered = [...grades].filter(([, ofOne]) => [...ofOne.values()].some((grade) => grade >= 1));
  if (answered.length === 0) throw new FaultyFile('empty', { file: name });
  return {
    set: {
      documents,
      queries: Object.fromEntries(answered.map(([id]) => [id, queries.get(id)!])),
      qrels: Object.fromEntries(answered.map(([id, ofOne]) => [id, Object.fromEntries(ofOne)])),
    },
    unanswered: grades.size - answered.length,
  };
}
