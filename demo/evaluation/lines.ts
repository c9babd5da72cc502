import Papa from 'papaparse';
import { Slices } from '../shared/turns';

/** A line that is not empty, and its number, from 1. */
export interface Line {
  readonly line: number;
  readonly text: string;
}

/** The lines of a text, in slices. */
export async function linesOf(text: string): Promise<Line[]> {
  const lines: Line[] = [];
  const slices = new Slices();
  for (let from = 0, line = 1; from < text.length; line++) {
    const end = text.indexOf('\n', from) < 0 ? text.length : text.indexOf('\n', from);
    const one = text.slice(from, end);
    if (one.trim() !== '') lines.push({ line, text: one.replace(/\r$/, '') });
    from = end + 1;
    if (slices.isOver) await slices.next();
  }
  return lines;
}

/** Does something with each, in slices. */
export async function eachOf<T>(values: readonly T[], work: (value: T) => void): Promise<void> {
  const slices = new Slices();
  for (const value of values) {
    work(value);
    if (slices.isOver) await slices.next();
  }
}

/** A row of a table, and the number of its (first) line. */
export interface Row {
  readonly line: number;
  readonly cells: readonly string[];
}

/** The rows of a table: its cells are separated by tabs, and taken as they are, or by commas and the like, and may then be quoted. */
export async function rowsOf(text: string): Promise<Row[]> {
  const lines = await linesOf(text);
  if (lines[0]?.text.includes('\t'))
    return lines.map(({ line, text }) => ({ line, cells: text.split('\t').map((cell) => cell.trim()) }));
  return new Promise((resolve, reject) => {
    const rows: Row[] = [];
    let line = 1;
    Papa.parse<string[]>(text, {
      chunkSize: 1 << 16,
      chunk: ({ data }: Papa.ParseResult<string[]>, parser: Papa.Parser) => {
        for (const cells of data) {
          if (cells.some((cell) => cell.trim() !== '')) rows.push({ line, cells: cells.map((cell) => cell.trim()) });
          // A quoted cell may go over several lines.
          line += 1 + cells.reduce((sum, cell) => sum + cell.split('\n').length - 1, 0);
        }
        parser.pause();
        setTimeout(() => parser.resume());
      },
      complete: () => resolve(rows),
      error: reject,
    });
  });
}
