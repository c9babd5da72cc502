import { make } from './dom';
import { say } from './language';
import { adviceOf, technically } from './plain-words';

const WORDS = {
  en: { again: 'Try again', details: 'Technical details' },
  zh: { again: '重试', details: '技术细节' },
};

/**
 * Shows an error in plain words in `place`, in place of what was there; `again` is what its button does. `own` says it
 * where the error is not the package's.
 */
export function showError(place: HTMLElement, error: unknown, again: () => void, own = adviceOf(error)): void {
  const [title, advice] = own;
  const words = say(WORDS);
  const button = make('button', { type: 'button', textContent: words.again });
  button.addEventListener('click', again);
  place.replaceChildren(
    make(
      'div',
      { className: 'error', role: 'alert' },
      make('p', {}, make('strong', { textContent: title })),
      make('p', { textContent: advice }),
      button,
      make(
        'details',
        {},
        make('summary', { textContent: words.details }),
        make('p', { textContent: technically(error) }),
      ),
    ),
  );
}
