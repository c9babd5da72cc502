import licence from '../../public/wordnet/LICENSE?raw';
import { element, make } from '../shared/dom';
import { showError } from '../shared/error-box';
import * as format from '../shared/format';
import { say, speak } from '../shared/language';
import { startEmbedder } from '../shared/start-embedder';
import { type Answer, Dictionary, download, isChinese, meaningOf } from './dictionary';
import { columnsOf } from './results';
import { EXAMPLES, WORDS } from './words';

/** Milliseconds without a key press before a search begins, and before a screen reader is told what it found. */
const PAUSE = { search: 40, speech: 1000 };

const query = element<HTMLInputElement>('query');
const sizes = element<HTMLFormElement>('sizes');
const status = element('status');

let dictionary: Dictionary | undefined;
let answer: Answer | undefined;
let running = new AbortController();
let speech: ReturnType<typeof setTimeout>;

speak(WORDS, showAll);
// Comes in any case: what fails is tried again there.
const embedder = startEmbedder(element('model'), { model: 'BAAI/bge-small-en-v1.5' });

/** Brings the dictionary of the chosen size, and searches in it. */
async function open(): Promise<void> {
  dictionary?.close();
  dictionary = undefined;
  for (const choice of sizeChoices()) choice.disabled = true;
  showAll();
  try {
    const url = await download(`../wordnet/${sizeChoices().find(({ checked }) => checked)!.value}.bgez`, showDownload);
    status.replaceChildren();
    dictionary = await Dictionary.open(await embedder, url);
    for (const choice of sizeChoices()) choice.disabled = false;
    showAll();
    await search();
  } catch (error) {
    showError(status, error, again(open), say(WORDS).missing);
  }
}

/** Searches for what stands in the field. The search before it is cancelled, and never shown. */
async function search(): Promise<void> {
  running.abort();
  running = new AbortController();
  const { signal } = running;
  clearTimeout(speech);
  const text = query.value.trim();
  showNote();
  if (!dictionary || text === '' || isChinese(text)) return showAnswer(undefined);
  try {
    await pause(PAUSE.search);
    signal.throwIfAborted();
    showAnswer(await dictionary.ask(text, signal));
    status.replaceChildren();
    speech = setTimeout(speakAnswer, PAUSE.speech);
  } catch (error) {
    if (!signal.aborted) showError(status, error, again(search));
  }
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

/** One line below the field: what to do, or how long the last answer took. */
function showNote(): void {
  const words = say(WORDS);
  const note = element('note');
  if (isChinese(query.value)) note.textContent = words.chinese;
  else if (!dictionary) note.textContent = words.early;
  else if (!answer) note.textContent = words.ready;
  else {
    const searches = answer.columns.map(({ mode, ms }) => `${words[mode]} ${format.duration(ms)}`);
    note.textContent = words.times(format.duration(answer.embedMs), searches.join(', '));
  }
}

/** After a pause in typing only: a reader must not hear the answer to every key. */
function speakAnswer(): void {
  const { found, nothing } = say(WORDS);
  const hits = answer?.columns.at(-1)?.hits ?? [];
  element('spoken').textContent = hits[0] ? found(hits.length, meaningOf(hits[0]).title) : nothing;
}

function showDownload(loaded: number, total: number): void {
  const { fetching } = say(WORDS);
  const text = make('p', {
    className: 'loading-text',
    textContent: fetching(format.bytes(loaded), format.bytes(total)),
  });
  status.replaceChildren(make('progress', { max: total || 1, value: loaded, ariaLabel: text.textContent }), text);
}

/** What this page's code says, in the language in use. */
function showAll(): void {
  const { which, build } = say(WORDS);
  element('which').textContent = dictionary ? which(dictionary.meanings.toLocaleString('en')) : '';
  sizes.hidden = !import.meta.env.HAS_ALL_WORDS;
  element('build').textContent = import.meta.env.HAS_ALL_WORDS ? '' : build;
  showAnswer(answer);
}

function sizeChoices(): HTMLInputElement[] {
  return [...sizes.querySelectorAll('input')];
}

for (const example of EXAMPLES) {
  const button = make('button', { type: 'button', lang: 'en', textContent: example });
  button.addEventListener('click', () => {
    query.value = example;
    query.focus();
    search();
  });
  element('examples').append(button);
}
element('licence').textContent = licence;
query.addEventListener('input', search);
sizes.addEventListener('change', open);
element('form').addEventListener('submit', (event) => {
  event.preventDefault();
  search();
});
// On a phone one column is shown, and this says which.
element('view').addEventListener('change', (event) => {
  element('answer').dataset.view = (event.target as HTMLInputElement).value;
});
open();
