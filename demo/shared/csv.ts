import Papa from 'papaparse';

/** CSV as spreadsheets read it: UTF-8 with its mark, and no cell that they would take for a formula. */
export function toCsv(rows: readonly (readonly (string | number)[])[]): Blob {
  const csv = Papa.unparse(rows as (string | number)[][], { escapeFormulae: true });
  return new Blob([`\uFEFF${csv}\r\n`], { type: 'text/csv;charset=utf-8' });
}

/** Saves a file on this device. */
export function save(name: string, file: Blob): void {
  const url = URL.createObjectURL(file);
  Object.assign(document.createElement('a'), { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
