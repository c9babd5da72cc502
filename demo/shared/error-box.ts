import { make } from './dom';
import { say } from './language';
import { adviceOf, technically } from './plain-words';

const WORDS = {
  en: { again: 'Try again', details: 'Technical details' },
  zh: { again: '重试', details: '技术细节' },
};

/** Shows an error in plain words in `place`, in place of what was there; `again` is what its button does. */
export function showError(place: HTMLElement, error: unknown, again: () => void): void {
  const [title, advice] = adviceOf(error);
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
