import {
  createEmbedder,
  type Device,
  deleteModel,
  type Embedder,
  type EmbedderOptions,
  type EncodeEvent,
  similarity,
} from 'bge-web';
import { element } from '../shared/dom';
import * as format from '../shared/format';
import { language, speak } from '../shared/language';
import { linesOf } from '../shared/lines';
import { isCorrupt } from '../shared/plain-words';
import { EMBEDDED } from '../shared/start-embedder';
import { exampleFor } from './examples';
import { deleteStored, type Run, showFacts, showStorage } from './facts';
import { folderModel, offerFolders } from './folder';
import { legendOf, matrixOf, type Results, rankingOf } from './results';
import { Status } from './status';
import { WORDS, words } from './words';

/** An embedder with the choices that it was made for. */
interface Loaded {
  readonly embedder: Embedder;
  readonly model: string;
  readonly source: EmbedderOptions;
  readonly device: string;
  readonly ms: number;
  readonly downloaded: boolean;
}

const form = element<HTMLFormElement>('form');
const modelChoice = element<HTMLSelectElement>('model');
const choices = element<HTMLFieldSetElement>('choices');
const queries = element<HTMLTextAreaElement>('queries');
const passages = element<HTMLTextAreaElement>('passages');
const encodeButton = element<HTMLButtonElement>('encode');
const cancelButton = element<HTMLButtonElement>('cancel');
const status = new Status(() => {
  encodeButton.focus();
  form.requestSubmit();
});

let loaded: Loaded | undefined;
let running: AbortController | undefined;
let results: Results | undefined;
let facts: Run | undefined;

speak(WORDS, showAll);
modelChoice.value = EMBEDDED[language()];
let example = exampleFor(modelChoice.value);

async function run(): Promise<void> {
  if (running) return;
  const texts = { queries: linesOf(queries.value), passages: linesOf(passages.value) };
  const empty = [passages, queries].filter((area) => showCount(area) === 0);
  for (const area of [queries, passages]) area.setAttribute('aria-invalid', String(empty.includes(area)));
  if (empty.length > 0) {
    empty.at(-1)!.focus();
    return status.say(() => words().write);
  }
  const { signal } = beginWork();
  try {
    const { embedder, ms: loadMs, downloaded, model } = await load(signal);
    const start = performance.now();
    const onProgress = sumOf(2, texts.queries.length + texts.passages.length);
    const [q, p] = await Promise.all([
      embedder.encodeQueries(texts.queries, { signal, onProgress: onProgress[0]! }),
      embedder.encodeCorpus(texts.passages, { signal, onProgress: onProgress[1]! }),
    ]);
    const encodeMs = performance.now() - start;
    showResults({ ...texts, scores: similarity(q, p), lang: exampleFor(model).lang, model });
    const counts = [...q.tokenCounts, ...p.tokenCounts];
    facts = {
      ...{ info: embedder.info, loadMs, downloaded, encodeMs },
      texts: counts.length,
      tokens: sum(counts),
      truncated: sum([...q.truncated, ...p.truncated]),
    };
    showFacts(facts);
    status.done(() => words().done(counts.length, format.duration(encodeMs)));
  } catch (error) {
    if (signal.aborted) status.cancelled();
    else {
      status.fail(error, folderModel() ? words().unusable : undefined);
      if (isCorrupt(error)) await deleteModel(modelChoice.value);
    }
  } finally {
    endWork();
    await showStorage();
  }
}

/** Gives the embedder of the choices made: the one that is there, or a new one. */
async function load(signal: AbortSignal): Promise<Loaded> {
  const model = modelChoice.value;
  const device = chosen('device') as 'auto' | Device;
  const source = folderModel() ?? { model, modelBase: '../models/' };
  if (loaded && isEqual(loaded.source, source) && loaded.device === device) return loaded;
  loaded?.embedder.dispose();
  loaded = undefined;
  const start = performance.now();
  let downloaded = false;
  status.say(() => words().starting);
  const embedder = await createEmbedder({
    ...source,
    device,
    signal,
    onProgress: (event) => {
      // What was on its way when the user cancelled still comes.
      if (!running) return;
      if (event.phase === 'download' && !event.cached) downloaded = true;
      status.load(event);
    },
  });
  loaded = { embedder, model, source, device, ms: performance.now() - start, downloaded };
  return loaded;
}

/** The same model, the same files of it, the same instruction. */
const isEqual = (a: EmbedderOptions, b: EmbedderOptions) =>
  a.model === b.model && a.files === b.files && a.queryInstruction === b.queryInstruction;

function beginWork(): AbortController {
  running = new AbortController();
  status.clear();
  setBusy(true);
  return running;
}

function endWork(): void {
  running = undefined;
  const hadFocus = document.activeElement === cancelButton;
  setBusy(false);
  if (hadFocus) encodeButton.focus();
}

function setBusy(busy: boolean): void {
  choices.disabled = busy;
  cancelButton.hidden = !busy;
  // Not `disabled`: the button keeps the focus, so that a keyboard user is not thrown to the top of the page.
  encodeButton.setAttribute('aria-disabled', String(busy));
}

function showResults(next: Results): void {
  results = next;
  showView();
}

function showView(): void {
  if (!results) return;
  const view = chosen('view') === 'matrix' ? matrixOf(results) : rankingOf(results);
  element('results').replaceChildren(legendOf(results), view);
}

/** The value of a switch, also while it is disabled. */
function chosen(name: string): string {
  return document.querySelector<HTMLInputElement>(`input[name="${name}"]:checked`)!.value;
}

/** Progress listeners of several calls, which tell the sum of them all. */
function sumOf(calls: number, totalTexts: number): ((event: EncodeEvent) => void)[] {
  const done = new Array<number>(calls).fill(0);
  status.encode({ texts: 0, totalTexts });
  return done.map((_, call) => ({ texts }: EncodeEvent) => {
    done[call] = texts;
    status.encode({ texts: sum(done), totalTexts });
  });
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

function showCount(area: HTMLTextAreaElement): number {
  const { length } = linesOf(area.value);
  element(`${area.id}-hint`).textContent = words().hints[area.id as 'queries' | 'passages'](length);
  return length;
}

/** What this page's code says, in the language in use. */
function showAll(): void {
  for (const [name, said] of Object.entries(words().names)) element(`name-${name}`).textContent = said;
  for (const area of [queries, passages]) showCount(area);
  status.sayAgain();
  showView();
  if (facts) showFacts(facts);
  showStorage();
}

/** Puts the example in, unless the user has written something else. */
function showExample(): void {
  const next = exampleFor(modelChoice.value);
  for (const [area, key] of [[queries, 'queries'] as const, [passages, 'passages'] as const]) {
    if (area.value === '' || area.value === example[key].join('\n')) area.value = next[key].join('\n');
    area.lang = next.lang;
    showCount(area);
  }
  example = next;
}

form.addEventListener('submit', (event) => {
  event.preventDefault();
  run();
});
form.addEventListener('keydown', (event) => {
  if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) form.requestSubmit();
});
cancelButton.addEventListener('click', () => running?.abort());
modelChoice.addEventListener('change', showExample);
for (const area of [queries, passages]) area.addEventListener('input', () => showCount(area));
offerFolders(async (read) => {
  if (running) return;
  status.clear();
  try {
    status.say(await read());
  } catch (error) {
    status.fail(error, words().unusable);
  }
});
element('delete').addEventListener('click', async () => {
  const freed = await deleteStored();
  await showStorage();
  status.say(() => words().deleted(format.bytes(freed)));
  encodeButton.focus();
});
element('view').addEventListener('change', showView);

// A phone has no room for a matrix.
if (matchMedia('(max-width: 40rem)').matches) element<HTMLInputElement>('view-ranking').checked = true;
showExample();
showAll();
