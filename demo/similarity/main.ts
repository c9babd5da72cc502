import { element, make } from '../shared/dom';
import { showError } from '../shared/error-box';
import { isChinese, type Language, language, say, speak } from '../shared/language';
import { EMBEDDED } from '../shared/start-embedder';
import { aborted } from '../shared/turns';
import { lists, setLists, showCounts, takeFiles } from './input';
import { MOST_LINES } from './lists';
import { showCount, showLock, tryLock } from './lock-bar';
import { lockedEmbedder } from './locked-embedder';
import { showResults, showView, startResults } from './results';
import { SAMPLES } from './samples';
import { allScores } from './scores';
import { type PageWords, WORDS } from './words';

type Said = (words: PageWords) => string;

/** Where the lists wait while the page opens anew for the other language; it is emptied then. */
const KEPT = 'similarity-lists';

speak(WORDS, () => {
  showLock();
  showCounts();
  showView();
  tell(told);
});

const asked = new URLSearchParams(location.search).get('texts');
const textLanguage: Language = asked === 'en' || asked === 'zh' ? asked : language();
const compareButton = element<HTMLButtonElement>('compare');
const cancelButton = element<HTMLButtonElement>('cancel');
const progress = element<HTMLProgressElement>('progress');
let running: AbortController | undefined;
let told: Said = () => '';

const ready = start();

async function start() {
  showLock('open');
  const locked = await lockedEmbedder(element('loading'), EMBEDDED[textLanguage], showCount);
  showLock('checking');
  await tryLock(locked.lock);
  element('trial').addEventListener('click', async () => {
    const state = await tryLock(locked.lock);
    if (state !== 'broken') tell((words) => (state === 'locked' ? words.trialRefused : words.trialPage));
  });
  return locked.embedder;
}

async function compare(): Promise<void> {
  if (running) return;
  const words = say(WORDS);
  const { a, b } = lists();
  if (a.length + b.length === 0 || a.length === 0) return refuse((words) => words.noTexts);
  if (a.length + b.length === 1) return refuse((words) => words.oneLine);
  const cut = [a, b].some((list) => list.length > MOST_LINES);
  const first = a.slice(0, MOST_LINES);
  const texts = [...first, ...b.slice(0, MOST_LINES)];
  element('notice').replaceChildren();
  if (cut) notice(words.tooMany(MOST_LINES));
  if (isChinese(texts) !== (textLanguage === 'zh')) noticeOfLanguage(isChinese(texts));

  running = new AbortController();
  const { signal } = running;
  setBusy(true);
  try {
    tell((words) => words.waiting);
    const embedder = await Promise.race([ready, aborted(signal)]);
    tell((words) => words.encoding(0, texts.length));
    const vectors = await embedder.encode(texts, {
      signal,
      onProgress: (event) => {
        progress.value = event.texts / event.totalTexts;
        tell((words) => words.encoding(event.texts, event.totalTexts));
      },
    });
    tell((words) => words.scoring);
    await showResults({ texts, first: first.length, scores: await allScores(vectors, signal) });
    const pairs = b.length > 0 ? first.length * (texts.length - first.length) : (first.length * (first.length - 1)) / 2;
    tell((words) => words.done(pairs));
  } catch (error) {
    if (signal.aborted) tell((words) => words.cancelled);
    else {
      tell(() => '');
      showError(element('notice'), error, () => {
        element('notice').replaceChildren();
        compareButton.focus();
        compare();
      });
    }
  } finally {
    running = undefined;
    setBusy(false);
  }
}

function setBusy(busy: boolean): void {
  const hadFocus = document.activeElement === cancelButton;
  cancelButton.hidden = !busy;
  progress.hidden = !busy;
  progress.value = 0;
  // Not `disabled`: the button keeps the focus, so that a keyboard user is not thrown to the top of the page.
  compareButton.setAttribute('aria-disabled', String(busy));
  if (hadFocus) compareButton.focus();
}

/** Says how it stands, and says it again when the language changes. */
function tell(what: Said): void {
  told = what;
  element('status').textContent = what(say(WORDS));
}

function refuse(what: Said): void {
  tell(what);
  element('list-a').focus();
}

function notice(text: string, ...more: Node[]): void {
  element('notice').append(make('div', { className: 'notice' }, make('p', { textContent: text }), ...more));
}

function noticeOfLanguage(chinese: boolean): void {
  const words = say(WORDS);
  const button = make('button', { type: 'button', textContent: words.switchModel });
  button.addEventListener('click', () => openFor(chinese ? 'zh' : 'en'));
  notice(
    chinese ? words.looksChinese : words.looksEnglish,
    button,
    make('p', { className: 'hint', textContent: words.reloads }),
  );
}

/** Opens the page anew: another model can only be fetched by a page that is not locked. */
function openFor(texts: Language): void {
  const { a, b } = lists();
  try {
    sessionStorage.setItem(KEPT, JSON.stringify([a, b]));
  } catch {
    // Without storage the lists are lost; the browser still has them on the way back.
  }
  location.search = `?texts=${texts}`;
}

function takeKept(): void {
  try {
    const kept = sessionStorage.getItem(KEPT);
    sessionStorage.removeItem(KEPT);
    if (kept) setLists(...(JSON.parse(kept) as [string[], string[]]));
  } catch {
    // Nothing was kept.
  }
}

element('form').addEventListener('submit', (event) => {
  event.preventDefault();
  compare();
});
element('form').addEventListener('keydown', (event) => {
  if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) compare();
});
cancelButton.addEventListener('click', () => running?.abort());
element('sample').addEventListener('click', () => {
  setLists(...SAMPLES[textLanguage]);
  compare();
});
const textsChoice = element<HTMLSelectElement>('texts');
textsChoice.value = textLanguage;
textsChoice.addEventListener('change', () => openFor(textsChoice.value as Language));
takeFiles((error) => {
  element('notice').replaceChildren();
  if (error instanceof TypeError) notice(say(WORDS).badFile);
  else showError(element('notice'), error, () => element('open').click());
});
startResults((name) => tell((words) => words.exported(name)));
takeKept();
showCounts();
