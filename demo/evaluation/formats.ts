import { eachOf, type Line, linesOf, type Row, rowsOf } from './lines';
import { type Document, FaultyFile, type Judgement, type Pair, type Part, type RetrievalSet } from './test-set';

/** Larger ones would take more memory than a phone gives a page. */
const MOST_BYTES = 100_000_000;

/**
 * Reads a file of a test set, and finds out what it is by what is in it: BEIR's corpus, queries or judgements (qrels), FlagEmbedding's JSONL of query, pos
 * and neg, or a table of two texts and a score. Rejects with FaultyFile.
 */
export async function readPart(file: File): Promise<Part> {
  const { name } = file;
  if (file.size > MOST_BYTES) throw new FaultyFile('tooLarge', { file: name });
  const text = (await file.text()).replace(/^\uFEFF/, '');
  if (text.includes('\0')) throw new FaultyFile('notText', { file: name });
  if (text.trim() === '') throw new FaultyFile('empty', { file: name });
  if (/^\s*[{[]/.test(text)) return readJsonl(name, await linesOf(text));
  return readTable(name, await rowsOf(text));
}

type Fields = Readonly<Record<string, unknown>>;

async function readJsonl(name: string, lines: readonly Line[]): Promise<Part> {
  const first = fieldsOf(name, lines[0]!);
  if ('query' in first) return { name, kind: 'examples', set: await readExamples(name, lines) };
  if (!('_id' in first)) throw new FaultyFile('unknownKind', { file: name, line: lines[0]!.line });
  const documents = new Map<string, Document>();
  await eachOf(lines, (one) => {
    const { _id, title, text } = fieldsOf(name, one);
    const { line } = one;
    const id = typeof _id === 'number' ? String(_id) : _id;
    if (typeof id !== 'string' || id === '') throw new FaultyFile('noId', { file: name, line });
    if (typeof text !== 'string') throw new FaultyFile('noText', { file: name, line });
    if (documents.has(id)) throw new FaultyFile('twice', { file: name, line, found: id });
    documents.set(id, { id, title: typeof title === 'string' ? title : '', text });
  });
  // Both have the same fields, but that queries have no title; the name says it where it says anything.
  const isQueries = /quer/i.test(name) || (!/corpus|doc|passage/i.test(name) && !('title' in first));
  if (!isQueries) return { name, kind: 'corpus', documents: [...documents.values()] };
  for (const [i, { text }] of [...documents.values()].entries())
    if (text.trim() === '') throw new FaultyFile('noText', { file: name, line: lines[i]!.line });
  return { name, kind: 'queries', queries: new Map([...documents].map(([id, { text }]) => [id, text])) };
}

function fieldsOf(file: string, { line, text }: Line): Fields {
  try {
    const fields: unknown = JSON.parse(text);
    if (typeof fields === 'object' && fields !== null && !Array.isArray(fields)) return fields as Fields;
  } catch {
    // It is said below.
  }
  throw new FaultyFile('notJson', { file, line, found: text.trim() });
}

/** Each different text is a document; the same query twice has the answers of both lines. */
async function readExamples(file: string, lines: readonly Line[]): Promise<RetrievalSet> {
  const documents = new Map<string, Document>();
  const queries = new Map<string, { readonly id: string; readonly grades: Record<string, number> }>();
  const idOf = (text: string) => {
    const document = documents.get(text) ?? { id: `d${documents.size + 1}`, title: '', text };
    documents.set(text, document);
    return document.id;
  };
  await eachOf(lines, (one) => {
    const { query, pos, neg = [] } = fieldsOf(file, one);
    const { line } = one;
    if (typeof query !== 'string' || query.trim() === '') throw new FaultyFile('noQuery', { file, line });
    if (!Array.isArray(pos) || pos.length === 0) throw new FaultyFile('noPos', { file, line });
    if (!Array.isArray(neg) || [...pos, ...neg].some((text) => typeof text !== 'string'))
      throw new FaultyFile('notTexts', { file, line });
    const { id, grades } = queries.get(query) ?? { id: `q${line}`, grades: {} };
    queries.set(query, { id, grades });
    for (const text of pos) grades[idOf(text)] = 1;
    for (const text of neg) idOf(text);
  });
  const all = [...queries];
  return {
    documents: [...documents.values()],
    queries: Object.fromEntries(all.map(([text, { id }]) => [id, text])),
    qrels: Object.fromEntries(all.map(([, { id, grades }]) => [id, grades])),
  };
}

/** BEIR's qrels begin with their columns' names; a file whose name says so may begin at once. */
async function readTable(name: string, rows: readonly Row[]): Promise<Part> {
  const isQrels = /^query[-_]?id$/i.test(rows[0]!.cells[0] ?? '') || /qrel/i.test(name);
  const numbered = isNumber(rows[0]!.cells.at(-1)) ? rows : rows.slice(1);
  if (numbered.length === 0) throw new FaultyFile('empty', { file: name });
  const judgements: Judgement[] = [];
  const pairs: Pair[] = [];
  await eachOf(numbered, ({ line, cells }) => {
    if (cells.length < 3) throw new FaultyFile('noColumns', { file: name, line, found: cells.join(' ') });
    // A table may have more columns before these, as that of STS-B has.
    const [a, b, score] = cells.slice(-3) as [string, string, string];
    if (!isNumber(score)) throw new FaultyFile('noScore', { file: name, line, found: score });
    if (a === '' || b === '') throw new FaultyFile(isQrels ? 'noId' : 'noText', { file: name, line });
    if (isQrels) judgements.push({ query: a, document: b, grade: Number(score), line });
    else pairs.push({ a, b, gold: Number(score) });
  });
  return isQrels ? { name, kind: 'qrels', judgements } : { name, kind: 'pairs', pairs };
}

const isNumber = (cell: string | undefined) => cell !== undefined && cell !== '' && Number.isFinite(Number(cell));
