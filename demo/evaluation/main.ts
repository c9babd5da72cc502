import type { Embedder } from 'bge-web';
import type { SearchMode } from 'bge-web/search';
import { toCsv } from '../shared/csv';
import { element, make } from '../shared/dom';
import { showError } from '../shared/error-box';
import { isChinese, type Language, language, say, speak } from '../shared/language';
import { save } from '../shared/save';
import { EMBEDDED, startEmbedder } from '../shared/start-embedder';
import { aborted } from '../shared/turns';
import { takeFiles } from './input';
import {
  measureRetrieval,
  measureSimilarity,
  type RetrievalResult,
  type SimilarityResult,
  type Step,
  type Watched,
} from './measure';
import { pairRows, pairsView } from './pairs-view';
import { pairsSample, SAMPLE, searchSample } from './samples';
import { searchRows, searchView } from './search-view';
import { FaultyFile, joined, type Part, Parts } from './test-set';
import { type PageWords, WORDS } from './words';

type Result =
  | { readonly kind: 'search'; readonly result: RetrievalResult }
  | { readonly kind: 'pairs'; readonly result: SimilarityResult };

type Said = (words: PageWords) => string;

const evaluateButton = element<HTMLButtonElement>('evaluate');
const cancelButton = element<HTMLButtonElement>('cancel');
const progress = element<HTMLProgressElement>('progress');
const texts = element<HTMLSelectElement>('texts');
const modeForm = element<HTMLFormElement>('mode');
const parts = new Parts();
let running: AbortController | undefined;
let shown: Result | undefined;
let told: Said = () => '';
let model: { readonly language: Language; readonly embedder: Promise<Embedder> } | undefined;

speak(WORDS, () => {
  showParts();
  showResult();
  tell(told);
});

/** Holds what a file or a sample has, and says what is still missing. */
function hold(part: Part): void {
  parts.add(part);
  texts.value = isChinese(someTexts(part)) ? 'zh' : 'en';
  element('notice').replaceChildren();
  showParts();
}

function take(part: Part): void {
  hold(part);
  tell((words) => (isComplete() ? words.ready : ''));
  if (isComplete()) evaluateButton.focus();
}

const isComplete = () => parts.all.length > 0 && parts.missing.length === 0;

/** Some hundred of its texts: enough to tell the language. */
function someTexts(part: Part): string[] {
  const most = 100;
  if (part.kind === 'pairs') return part.pairs.slice(0, most).map(({ a }) => a);
  if (part.kind === 'corpus') return part.documents.slice(0, most).map(({ text }) => text);
  if (part.kind === 'examples') return part.set.documents.slice(0, most).map(({ text }) => text);
  if (part.kind === 'queries') return [...part.queries.values()].slice(0, most);
  const others = parts.get('corpus') ?? parts.get('queries');
  return others ? someTexts(others) : [];
}

async function evaluateParts(): Promise<void> {
  if (running) return;
  element('notice').replaceChildren();
  if (parts.all.length === 0) return tell((words) => words.nothing);
  if (!isComplete()) return tell(missing);
  const controller = new AbortController();
  const { signal } = controller;
  running = controller;
  setBusy(true);
  try {
    const job = jobOf(parts);
    tell((words) => words.loading);
    const embedder = await Promise.race([embedderFor(texts.value as Language), aborted(signal)]);
    shown = await job(embedder, { signal, onProgress: showProgress });
    showResult();
    const done = shown;
    tell((words) => doneWith(done, words));
  } catch (error) {
    if (signal.aborted) tell((words) => words.cancelled);
    else refuse(error);
  } finally {
    running = undefined;
    setBusy(false);
  }
}

type Job = (embedder: Embedder, watched: Watched) => Promise<Result>;

/** What the parts call for. Throws FaultyFile where they do not fit each other. */
function jobOf(parts: Parts): Job {
  const pairs = parts.get('pairs');
  if (pairs) {
    if (pairs.pairs.length < 2) throw new FaultyFile('onePair', { file: pairs.name });
    return async (embedder, watched) => ({
      kind: 'pairs',
      result: await measureSimilarity(embedder, pairs.pairs, watched),
    });
  }
  const examples = parts.get('examples');
  const { set, unanswered } = examples ? { set: examples.set, unanswered: 0 } : joined(parts);
  if (unanswered > 0) notice(say(WORDS).unanswered(unanswered));
  return async (embedder, watched) => ({ kind: 'search', result: await measureRetrieval(embedder, set, watched) });
}

/** One model at a time: another language's takes the place of the one before. */
function embedderFor(wanted: Language): Promise<Embedder> {
  if (model?.language === wanted) return model.embedder;
  model?.embedder.then((embedder) => embedder.dispose());
  model = { language: wanted, embedder: startEmbedder(element('loading'), { model: EMBEDDED[wanted] }) };
  return model.embedder;
}

function showProgress(step: Step, done: number, total: number): void {
  progress.value = done / total;
  tell((words) => words.steps[step](done, total));
}

function doneWith({ kind, result }: Result, words: PageWords): string {
  if (kind === 'pairs') return words.donePairs(result.pairs.length);
  return words.doneSearch(Object.keys(result.set.queries).length, result.set.documents.length);
}

/** Shows the last result, in the language in use, and for searches by the way that is chosen. */
function showResult(): void {
  if (!shown) return;
  const words = say(WORDS);
  modeForm.hidden = shown.kind !== 'search';
  element('shown').replaceChildren(
    ...(shown.kind === 'search' ? searchView(shown.result, mode(), words) : pairsView(shown.result, words)),
  );
  element('export').hidden = false;
  element('empty').hidden = true;
}

const mode = () => modeForm.querySelector<HTMLInputElement>('input:checked')!.value as SearchMode;

function showParts(): void {
  const words = say(WORDS);
  const items = parts.all.map((part) => {
    return make('li', {}, make('strong', { textContent: nameOf(part.name) }), ` – ${sizeOf(part)}`);
  });
  element('parts').replaceChildren(...items);
  element('missing').textContent = missing(words);
  element('run').hidden = parts.all.length === 0;
  evaluateButton.setAttribute('aria-disabled', String(!isComplete() || running !== undefined));
}

/** What is no file has a name of ours. */
function nameOf(name: string): string {
  const { pastedName, sampleName } = say(WORDS);
  return name === '' ? pastedName : name === SAMPLE ? sampleName : name;
}

function sizeOf(part: Part): string {
  const sizes = say(WORDS).parts;
  if (part.kind === 'corpus') return sizes.corpus(part.documents.length);
  if (part.kind === 'queries') return sizes.queries(part.queries.size);
  if (part.kind === 'qrels') return sizes.qrels(part.judgements.length);
  if (part.kind === 'pairs') return sizes.pairs(part.pairs.length);
  return sizes.examples(Object.keys(part.set.queries).length, part.set.documents.length);
}

function missing(words: PageWords): string {
  return parts.missing.length === 0 ? '' : words.stillMissing(parts.missing.map((kind) => words.missing[kind]!));
}

/** Says what is wrong with a file, with the line, or that something else failed, which `again` tries anew. */
function refuse(error: unknown, again: () => void = evaluateParts): void {
  const words = say(WORDS);
  tell(() => '');
  if (error instanceof FaultyFile) {
    const { file, line, fault, found } = error;
    const text = words.fault(nameOf(file), line, words.faults[fault](found));
    element('notice').replaceChildren(
      make('div', { className: 'error', role: 'alert' }, make('p', { textContent: text })),
    );
  } else
    showError(element('notice'), error, () => {
      element('notice').replaceChildren();
      (evaluateButton.checkVisibility() ? evaluateButton : element('sample-search')).focus();
      again();
    });
}

const notice = (textContent: string) =>
  element('notice').append(make('div', { className: 'notice' }, make('p', { textContent })));

function setBusy(busy: boolean): void {
  const hadFocus = document.activeElement === cancelButton;
  cancelButton.hidden = !busy;
  progress.hidden = !busy;
  progress.value = 0;
  // Not `disabled`: the button keeps the focus, so that a keyboard user is not thrown to the top of the page.
  evaluateButton.setAttribute('aria-disabled', String(busy));
  if (hadFocus) evaluateButton.focus();
}

/** Says how it stands, and says it again when the language changes. */
function tell(what: Said): void {
  told = what;
  element('status').textContent = what(say(WORDS));
}

async function trySample(sample: () => Part | Promise<Part>): Promise<void> {
  if (running) return;
  try {
    hold(await sample());
    await evaluateParts();
  } catch (error) {
    refuse(error, () => trySample(sample));
  }
}

element('sample-search').addEventListener('click', () => trySample(() => searchSample(language())));
element('sample-pairs').addEventListener('click', () => trySample(() => pairsSample(language())));
element('form').addEventListener('submit', (event) => {
  event.preventDefault();
  evaluateParts();
});
cancelButton.addEventListener('click', () => running?.abort());
modeForm.addEventListener('change', showResult);
modeForm.addEventListener('submit', (event) => event.preventDefault());
element('export').addEventListener('click', () => {
  if (!shown) return;
  const words = say(WORDS);
  const name = shown.kind === 'search' ? 'queries.csv' : 'pairs.csv';
  save(name, toCsv(shown.kind === 'search' ? searchRows(shown.result, words) : pairRows(shown.result, words)));
  tell((words) => words.exported(name));
});
takeFiles(take, (error) => refuse(error, () => element('open').click()));
showParts();
