import { isBgeError } from 'bge-web';
import chineseLicence from '../../public/wordnet/CC-CEDICT.txt?raw';
import licence from '../../public/wordnet/LICENSE?raw';
import { element, make } from '../shared/dom';
import { showError } from '../shared/error-box';
import * as format from '../shared/format';
import { language, say, speak } from '../shared/language';
import { startEmbedder } from '../shared/start-embedder';
import { ChineseWords, englishOf, isChinese } from './chinese';
import { type Answer, type Description, Dictionary, meaningOf } from './dictionary';
import { download } from './download';
import { Reranking } from './reranking';
import { columnsOf, waitingColumn, wordOf } from './results';
import { EXAMPLES, WORDS } from './words';

/** Milliseconds without a key press before a search begins, before a reranker reads, and before a screen reader is told what was found. */
const PAUSE = { search: 40, rerank: 300, speech: 1000 };

const query = element<HTMLInputElement>('query');
const sizes = element<HTMLFormElement>('sizes');
const [arriving, status] = [element('arriving'), element('status')];

let opening = new AbortController();
/** Which file the dictionary is of. */
let opened = '';
let dictionary: Dictionary | undefined;
let chinese: Promise<ChineseWords> | undefined;
let answer: Answer | undefined;
let running = new AbortController();
let speech: ReturnType<typeof setTimeout>;

const reranking = new Reranking(showReranking);
speak(WORDS, showAll);
// Comes in any case: what fails is tried again there.
const embedder = startEmbedder(element('model'), { model: 'BAAI/bge-small-en-v1.5' });

/** Brings the dictionary of the chosen size. The one that is there answers until then, and stays if it is chosen again meanwhile. */
async function open(): Promise<void> {
  opening.abort();
  opening = new AbortController();
  const { signal } = opening;
  const size = String(new FormData(sizes).get('size'));
  arriving.replaceChildren();
  if (size === opened) return;
  try {
    const file = await download(`../wordnet/${size}.bgez`, showDownload(arriving), signal);
    showProgress(arriving, say(WORDS).opening);
    const next = await Dictionary.open(await embedder, file, signal);
    arriving.replaceChildren();
    running.abort();
    dictionary?.close();
    [dictionary, opened] = [next, size];
    showAll();
    element('spoken').textContent = element('which').textContent;
    await search();
  } catch (error) {
    if (!signal.aborted) showError(arriving, error, again(open), say(WORDS).missing);
  }
}

/** Searches for what stands in the field. The search before it is cancelled, and never shown. */
async function search(): Promise<void> {
  running.abort();
  running = new AbortController();
  const { signal } = running;
  clearTimeout(speech);
  const typed = query.value.trim();
  if (!isChinese(typed)) element('translation').hidden = true;
  if (!dictionary || typed === '') return showAnswer(undefined);
  try {
    await pause(PAUSE.search);
    signal.throwIfAborted();
    const description = await described(typed);
    signal.throwIfAborted();
    showTranslation(description);
    const found = description.english === '' ? undefined : await dictionary.ask(description, signal);
    showAnswer(found);
    if (!found) element('note').textContent = say(WORDS).unknown;
    status.replaceChildren();
    speech = setTimeout(speakAnswer, PAUSE.speech);
    if (found) await rerank(found, signal);
  } catch (error) {
    // All that is not the package's own is a download.
    if (!signal.aborted) showError(status, error, again(search), isBgeError(error) ? undefined : say(WORDS).missing);
  }
}

/** The description in English; what Chinese is read with comes when it is first needed. */
async function described(typed: string): Promise<Description> {
  if (!isChinese(typed)) return { typed, english: typed };
  chinese ??= download('../wordnet/chinese.tsvz', showDownload(status))
    .finally(() => status.replaceChildren())
    .then(async (file) => new ChineseWords(await file.text()));
  try {
    return { typed, english: englishOf((await chinese).read(typed)), chinese: await chinese };
  } catch (error) {
    chinese = undefined;
    throw error;
  }
}

/** Adds the reranker's column, if there is a reranker, once no key is pressed. */
async function rerank(found: Answer, signal: AbortSignal): Promise<void> {
  const { reranker } = reranking;
  if (!reranker || !dictionary) return;
  const waiting = waitingColumn();
  element('answer').append(waiting.section);
  await pause(PAUSE.rerank);
  signal.throwIfAborted();
  const column = await dictionary.rerank(found, reranker, waiting.show, signal);
  showAnswer({ ...found, columns: [...found.columns, column] });
  clearTimeout(speech);
  speech = setTimeout(speakAnswer, PAUSE.speech);
}

/** The reranker has come, or gone. */
function showReranking(): void {
  const view = reranking.reranker ? 'reranked' : 'hybrid';
  element('view-reranked').hidden = view !== 'reranked';
  element<HTMLFormElement>('view').querySelector<HTMLInputElement>(`[value=${view}]`)!.checked = true;
  element('answer').dataset.view = view;
  search();
}

/** The button that was pressed goes: the focus must not go with it. */
function again(work: () => Promise<void>): () => void {
  return () => {
    query.focus();
    work();
  };
}

function pause(ms: number): Promise<unknown> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function showAnswer(next: Answer | undefined): void {
  answer = next;
  element('answer').replaceChildren(...(next && dictionary ? columnsOf(next, dictionary.meanings) : []));
  element('view').hidden = !next;
  showNote();
}

/** Each word of a Chinese description, and the English that is searched for in its place. */
function showTranslation({ typed, chinese }: Description): void {
  element('translation').hidden = !chinese;
  element('words').replaceChildren(...(chinese?.read(typed) ?? []).map(wordOf));
}

/** One line below the field: what to do, or how long the first step took; the searches say it themselves. */
function showNote(): void {
  const words = say(WORDS);
  const note = element('note');
  if (!dictionary) note.textContent = words.early;
  else if (!answer) note.textContent = words.ready;
  else note.textContent = words.time(format.duration(answer.embedMs));
}

/** After a pause in typing only: a reader must not hear the answer to every key. */
function speakAnswer(): void {
  const { found, nothing } = say(WORDS);
  const { mode, hits = [] } = answer?.columns.at(-1) ?? {};
  element('spoken').textContent = hits[0] ? found(hits.length, mode === 'reranked', meaningOf(hits[0]).title) : nothing;
}

function showDownload(place: HTMLElement): (loaded: number, total: number) => void {
  return (loaded, total) => {
    const { fetching, fetched } = say(WORDS);
    const isKnown = total > 0; // not every server says it
    const text = isKnown ? fetching(format.bytes(loaded), format.bytes(total)) : fetched(format.bytes(loaded));
    showProgress(place, text, isKnown ? loaded / total : undefined);
  };
}

/** What is waited for; without a `part` the bar says that nobody knows how long. */
function showProgress(place: HTMLElement, text: string, part?: number): void {
  const bar = make('progress', { ariaLabel: text });
  if (part !== undefined) bar.value = part;
  place.replaceChildren(bar, make('p', { className: 'loading-text', textContent: text }));
}

/** What this page's code says, in the language in use. */
function showAll(): void {
  const { which, all } = say(WORDS);
  element('which').textContent = dictionary ? which(dictionary.meanings.toLocaleString('en')) : '';
  const bytes: number = import.meta.env.ALL_WORDS_BYTES;
  sizes.hidden = bytes === 0;
  element('all').textContent = all(format.bytes(bytes));
  showExamples();
  reranking.show();
  showAnswer(answer);
}

/** Those of the language in use come first. */
function showExamples(): void {
  const buttons = EXAMPLES[language()].map((example) => {
    const button = make('button', { type: 'button', lang: isChinese(example) ? 'zh-CN' : 'en', textContent: example });
    button.addEventListener('click', () => {
      query.value = example;
      query.focus();
      search();
    });
    return button;
  });
  element('examples').replaceChildren(...buttons);
}

element('licence').textContent = licence;
element('chinese-licence').textContent = chineseLicence;
// What an input method composes is not yet what was meant.
query.addEventListener('input', (event) => {
  if (!(event as InputEvent).isComposing) search();
});
query.addEventListener('compositionend', search);
sizes.addEventListener('change', open);
element('form').addEventListener('submit', (event) => {
  event.preventDefault();
  search();
});
// On a phone one column is shown, and this says which.
element('view').addEventListener('change', (event) => {
  element('answer').dataset.view = (event.target as HTMLInputElement).value;
});
showAll();
open();
