import { element, make } from '../shared/dom';
import { showError } from '../shared/error-box';

/** For people who listen: what has changed elsewhere on the page. */
export function say(text: string): void {
  element('spoken').textContent = text;
}

/** What has happened, for people who listen and for those who look. */
export function report(text: string, ...more: HTMLElement[]): void {
  element('message').replaceChildren(make('p', { className: 'notice' }, text, ...more));
  say(text);
}

/** An error, with a button that does it again. */
export function failed(error: unknown, again: () => void): void {
  const place = element('message');
  showError(place, error, () => {
    place.replaceChildren();
    again();
  });
}
