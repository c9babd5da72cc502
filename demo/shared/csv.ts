import Papa from 'papaparse';

/** CSV as spreadsheets read it: UTF-8 with its mark, and no cell that they would take for a formula. */
export function toCsv(rows: readonly (readonly (string | number)[])[]): Blob {
  const csv = Papa.unparse(rows as (string | number)[][], { escapeFormulae: true });
  return new Blob([`\uFEFF${csv}\r\n`], { type: 'text/csv;charset=utf-8' });
}
