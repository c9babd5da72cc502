import { element, make } from '../shared/dom';
import { say } from '../shared/language';
import { linesOf } from '../shared/lines';
import { type Columns, column, columnsOf, readFile } from './lists';
import { WORDS } from './words';

const areas = { a: element<HTMLTextAreaElement>('list-a'), b: element<HTMLTextAreaElement>('list-b') };
const chooser = element<HTMLFieldSetElement>('columns');
const selects = { a: element<HTMLSelectElement>('column-a'), b: element<HTMLSelectElement>('column-b') };
const hasNames = element<HTMLInputElement>('has-names');
let table: Columns | undefined;

export const lists = () => ({ a: linesOf(areas.a.value), b: linesOf(areas.b.value) });

export function setLists(a: readonly string[], b: readonly string[]): void {
  areas.a.value = a.join('\n');
  areas.b.value = b.join('\n');
  showCounts();
}

/** How many lines each list has, and what the columns are called, in the language in use. */
export function showCounts(): void {
  const words = say(WORDS);
  const { a, b } = lists();
  element('count-a').textContent = words.lines(a.length);
  element('count-b').textContent = words.lines(b.length);
}

/** Files may be dropped on either list or chosen, tables also pasted; `refuse` hears of what cannot be read. */
export function takeFiles(refuse: (error: unknown) => void): void {
  const file = element<HTMLInputElement>('file');
  let target = areas.a;
  const take = (files: FileList | null) => {
    for (const one of files ?? []) {
      const area = target;
      target = areas.b; // A second file is the second list.
      read(one, area).catch(refuse);
    }
  };
  element('open').addEventListener('click', () => {
    target = areas.a.value.trim() === '' ? areas.a : areas.b;
    file.value = '';
    file.click();
  });
  file.addEventListener('change', () => take(file.files));
  for (const area of Object.values(areas)) {
    area.addEventListener('input', showCounts);
    area.addEventListener('dragover', (event) => event.preventDefault());
    area.addEventListener('drop', (event) => {
      if (!event.dataTransfer?.files.length) return;
      event.preventDefault();
      target = area;
      take(event.dataTransfer.files);
    });
    area.addEventListener('paste', (event) => {
      // Cells copied from a spreadsheet come with tabs between them.
      const text = event.clipboardData?.getData('text/plain') ?? '';
      const columns = text.includes('\t') ? columnsOf(text, '\t') : null;
      if (!columns) return;
      event.preventDefault();
      chooseColumns(columns);
    });
  }
  element('use').addEventListener('click', useColumns);
}

async function read(file: File, area: HTMLTextAreaElement): Promise<void> {
  const found = await readFile(file);
  if (!Array.isArray(found)) return chooseColumns(found as Columns);
  area.value = found.join('\n');
  showCounts();
  area.focus();
}

function chooseColumns(columns: Columns): void {
  table = columns;
  const words = say(WORDS);
  const options = () =>
    columns.names.map((name, c) => make('option', { value: String(c), textContent: name || words.column(c + 1) }));
  selects.a.replaceChildren(...options());
  selects.b.replaceChildren(...options(), make('option', { value: '', textContent: words.noColumn }));
  selects.b.value = '1';
  chooser.hidden = false;
  selects.a.focus();
}

function useColumns(): void {
  if (!table) return;
  const [a, b] = [selects.a.value, selects.b.value];
  setLists(column(table, Number(a), hasNames.checked), b === '' ? [] : column(table, Number(b), hasNames.checked));
  chooser.hidden = true;
  table = undefined;
  element('compare').focus();
}
