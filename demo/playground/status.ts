import type { EncodeEvent, LoadEvent } from 'bge-web';
import { element, make } from '../shared/dom';
import { showError } from '../shared/error-box';
import { adviceOf, stepOf } from '../shared/plain-words';
import { words } from './words';

type Said = () => string;

/** The bar, the line of text, the notices and the error below it, and what a screen reader hears of them. */
export class Status {
  readonly #bar = element<HTMLProgressElement>('progress');
  readonly #text = element('status-text');
  readonly #spoken = element('status-spoken');
  readonly #notices = element('notices');
  readonly #error = element('error');
  readonly #again: () => void;
  #said: Said = () => words().first;

  /** `again` is what the button of an error does. */
  constructor(again: () => void) {
    this.#again = again;
  }

  /** A new start: nothing of the last one stays. */
  clear(): void {
    this.#error.replaceChildren();
    this.#notices.replaceChildren();
    this.#bar.value = 0;
  }

  load(event: LoadEvent): void {
    const { text, part, notice } = stepOf(event);
    if (notice) this.#notices.append(make('li', { textContent: text }));
    else {
      this.#bar.value = part ?? this.#bar.value;
      this.say(
        () => stepOf(event).text,
        () => stepOf(event).spoken,
      );
    }
  }

  encode({ texts, totalTexts }: Pick<EncodeEvent, 'texts' | 'totalTexts'>): void {
    this.#bar.value = texts / totalTexts;
    this.say(
      () => words().encoded(texts, totalTexts),
      () => words().encoding,
    );
  }

  done(said: Said): void {
    this.#bar.value = 1;
    this.say(said);
  }

  cancelled(): void {
    this.#bar.value = 0;
    this.say(() => words().cancelled);
  }

  fail(error: unknown, own = adviceOf(error)): void {
    this.#bar.value = 0;
    // The error is an alert, and heard as such.
    this.say(() => words().stopped);
    showError(this.#error, error, this.#again, own);
  }

  /** Text without progress. */
  say(said: Said, spoken = said): void {
    this.#said = said;
    this.#text.textContent = said();
    // Once for each thing that happens: a reader must not hear every number of a download.
    if (this.#spoken.textContent !== spoken()) this.#spoken.textContent = spoken();
  }

  /** In the language that is in use now. */
  sayAgain(): void {
    this.#text.textContent = this.#said();
  }
}
