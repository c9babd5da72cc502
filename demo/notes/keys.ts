import type { List } from './list';

/** / goes to the search, ↓ and Enter from there to the results, N writes a new note, Esc goes back to the search. */
export function startKeys({
  query,
  list,
  newNote,
}: {
  readonly query: HTMLInputElement;
  readonly list: List;
  readonly newNote: () => void;
}): void {
  query.addEventListener('keydown', (event) => {
    if (event.key === 'ArrowDown') {
      event.preventDefault();
      list.focus(0);
    }
    if (event.key === 'Enter' && !event.isComposing) {
      // The note has the focus then, and must not get the line break.
      event.preventDefault();
      list.openFirst();
    }
  });
  addEventListener('keydown', (event) => {
    if (event.isComposing || document.querySelector('dialog[open]')) return;
    const isWriting = event.target instanceof Element && event.target.matches('input, textarea, select');
    if (event.key === 'Escape' && event.target !== query) query.focus();
    if (isWriting || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === '/') query.select();
    else if (event.key === 'n') newNote();
    else return;
    event.preventDefault();
  });
}
