import Papa from 'papaparse';
import { linesOf } from '../shared/lines';

/** The most lines of a list that are compared: all pairs of two such lists are a million scores. */
export const MOST_LINES = 500;

/** So much of a file is read; more lines than are compared will hardly need more. */
const MOST_BYTES = 4_000_000;

/** A table that was dropped or pasted: the user says which column is which list. */
export interface Columns {
  /** What each column is called: its first cell. */
  readonly names: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** Reads a table, where the text is one of two columns and more; quoted cells may hold separators and line breaks. */
export function columnsOf(text: string, delimiter = ''): Columns | null {
  const { data } = Papa.parse<string[]>(text.replace(/^\uFEFF/, ''), {
    delimiter,
    skipEmptyLines: 'greedy',
    preview: 2 * MOST_LINES,
  });
  const width = Math.max(0, ...data.map((row) => row.length));
  if (width < 2 || data.length < 2) return null;
  return { names: Array.from({ length: width }, (_, c) => (data[0]![c] ?? '').trim()), rows: data };
}

/** The cells of a column as lines of a list: line breaks inside of a cell become spaces. */
export function column({ rows }: Columns, index: number, hasNames: boolean): string[] {
  return rows
    .slice(hasNames ? 1 : 0)
    .map((row) => (row[index] ?? '').replace(/\s+/g, ' ').trim())
    .filter((cell) => cell !== '');
}

/** Reads a file: a table, or lines. Rejects with the browser's error if it cannot be read. */
export async function readFile(file: File): Promise<Columns | string[]> {
  const text = await file.slice(0, MOST_BYTES).text();
  if (text.includes('\0')) throw new TypeError(`${file.name} is not a text file`);
  const isTable = /\.(csv|tsv)$/i.test(file.name);
  const columns = isTable ? columnsOf(text) : null;
  if (columns) return columns;
  // A table of one column may quote its cells.
  if (isTable)
    return Papa.parse<string[]>(text, { delimiter: ',', skipEmptyLines: 'greedy' }).data.map(([cell]) =>
      cell!.replace(/\s+/g, ' ').trim(),
    );
  return linesOf(text);
}
