import { element } from '../shared/dom';
import { say } from '../shared/language';
import type { Count, Lock } from './lock';
import { type PageWords, WORDS } from './words';

/** What the bar says of the lock; `page` where the page is locked and its worker is not. */
type State = 'open' | 'checking' | 'locked' | 'page' | 'broken';

const TEXTS: Readonly<Record<State, keyof PageWords & string>> = {
  open: 'opening',
  checking: 'checking',
  locked: 'locked',
  page: 'lockedPage',
  broken: 'notLocked',
};

let state: State = 'open';
let count: Count = { sent: 0, refused: 0 };

export function showLock(next: State = state): void {
  state = next;
  const words = say(WORDS);
  element('lock').dataset.state = state;
  element('lock-text').textContent = words[TEXTS[state]] as string;
  element('trial').hidden = state === 'open' || state === 'checking';
  const text = state === 'open' ? [] : [words.sent(count.sent), words.refused(count.refused)];
  element('count').textContent = text.join(', ');
}

export function showCount(next: Count): void {
  count = next;
  if (count.sent > 0) state = 'broken';
  showLock();
}

/** Believes the lock only if a request was refused; gives whether both the page and the worker are locked. */
export async function tryLock(lock: Lock): Promise<State> {
  const refused = await lock.trial();
  const found = !refused.page ? 'broken' : refused.worker ? 'locked' : 'page';
  showLock(state === 'broken' ? 'broken' : found);
  return found;
}
