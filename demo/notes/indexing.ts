import { element } from '../shared/dom';
import type { IndexerState } from './indexer';
import type { Notes } from './store';
import { words } from './words';

const SPOKEN = new Set(['waiting', 'paused', 'done']);

/** Shows what the indexer is doing, and the button that stops it or lets it go on. */
export function showState(state: IndexerState, notes: Notes, onFailed: (error: unknown) => void): void {
  if (state.is === 'failed') onFailed(state.error);
  const text = element('indexing-text');
  const said = textOf(state, notes);
  if (text.textContent !== said) text.textContent = said;
  text.ariaLive = SPOKEN.has(state.is) ? 'polite' : 'off';
  const isOpen = state.is === 'working' || state.is === 'paused';
  const bar = element<HTMLProgressElement>('indexing-bar');
  bar.hidden = !isOpen;
  if (isOpen) bar.value = state.total > 0 ? state.done / state.total : 0;
  const pause = element('pause');
  // A button that vanishes under the focus would throw it to the top of the page.
  if (!isOpen && pause === document.activeElement) element('query').focus();
  pause.hidden = !isOpen;
  pause.textContent = state.is === 'paused' ? words().resume : words().pause;
}

function textOf(state: IndexerState, notes: Notes): string {
  switch (state.is) {
    case 'starting':
      return words().starting;
    case 'waiting':
      return words().waiting;
    case 'working':
      return words().working(state.done, state.total);
    case 'paused':
      return words().paused(state.total - state.done);
    case 'done':
      return words().done(notes.size);
    case 'failed':
      return '';
  }
}
