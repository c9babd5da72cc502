import { type Embedder, isBgeError, persist } from 'bge-web';
import { createIndex, deleteIndex, type SearchIndex, type SearchMode } from 'bge-web/search';
import { element, make } from '../shared/dom';
import { language, speak } from '../shared/language';
import { startEmbedder } from '../shared/start-embedder';
import { Editor } from './editor';
import { Indexer, type IndexerState } from './indexer';
import { showState } from './indexing';
import { startKeys } from './keys';
import { Library } from './library';
import { List, type Row } from './list';
import { NotesMap } from './map';
import { failed, report, say } from './messages';
import { titleOf } from './note';
import { keepOffline } from './offline';
import { allRows, found, related } from './search';
import { deleteEverything, indexName, showStorage } from './storage';
import { Notes } from './store';
import { WORDS, words } from './words';

const query = element<HTMLInputElement>('query');
const modelChoice = element<HTMLSelectElement>('model');
const MODEL = 'bge-web-notes-model';

const notes = new Notes();
const indexer = new Indexer(notes);
const editor = new Editor(notes);
const library = new Library(notes);
const list = new List(element('list'), element<HTMLButtonElement>('more'), open);
const map = new NotesMap(notes);
const relatedList = new List(element('related'), null, open);

let index: SearchIndex | undefined;
let state: IndexerState = { is: 'starting' };
let searching = new AbortController();
let starting = new AbortController();

/** Opens the model and the index of the notes' language in the background; the notes are there before. */
async function start(): Promise<void> {
  starting.abort();
  starting = new AbortController();
  const { signal } = starting;
  const model = modelChoice.value;
  showIndexing({ is: 'starting' });
  let embedder: Embedder | undefined;
  try {
    embedder = await startEmbedder(element('loading'), { model, signal });
    const name = indexName(model);
    const own = await createIndex({ embedder, name, onSpaceChange: 'rebuild', signal });
    index = own;
    signal.addEventListener('abort', () => {
      index = undefined;
      indexer.stop();
      own.dispose();
    });
    indexer.start(own);
    showList();
  } catch (error) {
    if (!signal.aborted) return failed(error, () => recover(error));
  } finally {
    if (signal.aborted) embedder?.dispose();
    else signal.addEventListener('abort', () => embedder?.dispose());
  }
}

/** The index can always be made anew from the notes. */
async function recover(error: unknown): Promise<void> {
  if (isBgeError(error, 'CorruptIndexError')) await deleteIndex(indexName(modelChoice.value));
  start();
}

async function showList(isNew = false): Promise<void> {
  searching.abort();
  searching = new AbortController();
  const { signal } = searching;
  const text = query.value.trim();
  const mode = document.querySelector<HTMLInputElement>('input[name="mode"]:checked')!.value as SearchMode;
  try {
    const rows = text === '' ? allRows(notes) : await found(notes, index, text, mode, signal);
    if (signal.aborted) return;
    list.show(rows, isNew);
    element('list-title').textContent =
      `${text === '' ? words().allNotes : words().found} (${text === '' ? notes.size : rows.length})`;
    const empty = element('empty');
    const hadFocus = empty.contains(document.activeElement);
    empty.hidden = notes.size > 0;
    // The button of the samples goes: the focus must not go with it.
    if (hadFocus && empty.hidden) list.focus(0);
    if (text !== '') say(rows.length === 0 ? words().notFound : words().count(rows.length));
  } catch (error) {
    if (!signal.aborted) failed(error, showList);
  }
}

async function showRelated(): Promise<void> {
  const { id } = editor;
  const rows = id && notes.get(id) && index ? await related(notes, index, id).catch(() => null) : null;
  if (editor.id !== id) return;
  relatedList.show(rows ?? []);
  const { noRelated, notYet, noneRelated } = words();
  element('no-related').textContent = id === undefined ? noRelated : !rows ? notYet : rows.length ? '' : noneRelated;
}

function open({ id, at }: Pick<Row, 'id' | 'at'>): void {
  const note = notes.get(id);
  if (!note) return;
  editor.show(note, { at });
  editor.focus();
}

function newNote(text = ''): void {
  editor.show(undefined, { text });
  editor.focus();
}

function showIndexing(next: IndexerState): void {
  const before = state.is === 'working' ? state.done : 0;
  state = next;
  showState(next, notes, (error) => failed(error, start));
  if (next.is === 'working' && next.done > before && query.value.trim() !== '') showList();
  if (next.is !== 'done') return;
  if (editor.id && next.passages > 0)
    element('saved').textContent = `${words().saved}: ${words().embedded(next.embedded, next.passages)}`;
  showRelated();
  map.draw(index);
  showStorage();
  if (query.value.trim() !== '') showList();
}

async function deleteNote(): Promise<void> {
  await editor.flush();
  const note = notes.get(editor.id ?? '');
  editor.close();
  query.focus();
  if (!note) return;
  await notes.delete([note.id]);
  const undo = make('button', { type: 'button', textContent: words().undo });
  undo.addEventListener('click', async () => {
    editor.show(await notes.write(note.id, note.text, undefined));
    editor.focus();
    element('message').replaceChildren();
  });
  report(words().deleted(titleOf(note) || words().untitled), undo);
}

notes.onChange = (ids, origin) => {
  if (origin === 'another tab') editor.changedElsewhere(ids);
  else persist();
  indexer.changed(ids);
  showList();
};
indexer.onState = showIndexing;
editor.onOpen = (id) => {
  list.mark(id);
  document.body.classList.toggle('has-note', id !== undefined);
  showRelated();
};
for (const part of [editor, library, map]) part.onError = failed;
map.onOpen = (id) => open({ id });
editor.onCopy = () => report(words().copied);
library.onReport = report;
library.onPaste = newNote;

element('search').addEventListener('submit', (event) => event.preventDefault());
element('search').addEventListener('input', () => showList(true));
element('new').addEventListener('click', () => newNote());
element('back').addEventListener('click', () => {
  editor.close();
  query.focus();
});
element('delete-note').addEventListener('click', deleteNote);
element('pause').addEventListener('click', () => (state.is === 'paused' ? indexer.resume() : indexer.pause()));
element('delete-all').addEventListener('click', () => element<HTMLDialogElement>('confirm').showModal());
element('confirm').addEventListener('close', async () => {
  if (element<HTMLDialogElement>('confirm').returnValue !== 'delete') return;
  editor.close();
  try {
    await deleteEverything(notes);
    report(words().gone);
  } catch (error) {
    failed(error, () => element('delete-all').click());
  }
  showStorage();
});
modelChoice.addEventListener('change', () => {
  localStorage.setItem(MODEL, modelChoice.value);
  start();
});
startKeys({ query, list, newNote });

function showAll(): void {
  showList();
  showRelated();
  showIndexing(state);
  showStorage();
}

speak(WORDS, showAll);
modelChoice.value = localStorage.getItem(MODEL) ?? `BAAI/bge-small-${language()}-v1.5`;
// Only now: what is clicked or dropped while the notes are read is heard already.
await notes.open().catch((error) => {
  report(words().noStorage);
  throw error;
});
showAll();
// First the copy of the page, then the model: what the model's worker fetches is kept too then.
keepOffline().then(start).then(showStorage);
