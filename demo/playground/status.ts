import type { EncodeEvent, LoadEvent } from 'bge-web';
import { element } from '../shared/dom';
import * as format from '../shared/format';
import { adviceOf, stepOf, technically } from '../shared/plain-words';

/** The bar, the line of text, the notices and the error below it, and what a screen reader hears of them. */
export class Status {
  readonly #bar = element<HTMLProgressElement>('progress');
  readonly #text = element('status-text');
  readonly #spoken = element('status-spoken');
  readonly #notices = element('notices');
  readonly #error = element('error');

  /** A new start: nothing of the last one stays. */
  clear(): void {
    this.#error.hidden = true;
    this.#notices.replaceChildren();
    this.#bar.value = 0;
  }

  load(event: LoadEvent): void {
    const { text, spoken, part, notice } = stepOf(event);
    if (notice) this.#notice(text);
    else if (part === undefined) this.say(text);
    else this.#show(text, part, spoken);
  }

  encode({ texts, totalTexts }: Pick<EncodeEvent, 'texts' | 'totalTexts'>): void {
    this.#show(`Encoding: ${texts} of ${format.count(totalTexts, 'text')}`, texts / totalTexts, 'Encoding');
  }

  done(text: string): void {
    this.#show(text, 1);
  }

  cancelled(): void {
    this.#show('Cancelled', 0);
  }

  fail(error: unknown, [title, advice] = adviceOf(error)): void {
    element('error-title').textContent = title;
    element('error-advice').textContent = advice;
    element('error-message').textContent = technically(error);
    this.#error.hidden = false;
    this.#show('Stopped', 0, `${title}. ${advice}`);
  }

  /** Text without progress. */
  say(text: string, spoken = text): void {
    this.#text.textContent = text;
    // Once for each thing that happens: a reader must not hear every number of a download.
    if (this.#spoken.textContent !== spoken) this.#spoken.textContent = spoken;
  }

  #show(text: string, progress: number, spoken?: string): void {
    this.#bar.value = progress;
    this.say(text, spoken);
  }

  #notice(text: string): void {
    const item = document.createElement('li');
    item.textContent = text;
    this.#notices.append(item);
  }
}
