import { make } from '../shared/dom';

/** What a list shows of a note. */
export interface Row {
  readonly id: string;
  readonly title: string;
  readonly snippet: string;
  /** Words that are marked in the snippet. */
  readonly terms?: readonly string[];
  readonly label?: string;
  /** Where in the note's text the found passage begins. */
  readonly at?: number;
}

const PAGE = 100;

/** Notes as buttons: arrow keys go through them, more of them are shown on demand. */
export class List {
  readonly #list: HTMLElement;
  readonly #more: HTMLButtonElement | null;
  readonly #onOpen: (row: Row) => void;
  #rows: readonly Row[] = [];
  #shown = PAGE;
  #openId: string | undefined;

  constructor(list: HTMLElement, more: HTMLButtonElement | null, onOpen: (row: Row) => void) {
    this.#list = list;
    this.#more = more;
    this.#onOpen = onOpen;
    more?.addEventListener('click', () => {
      const first = this.#shown;
      this.#shown += PAGE;
      this.#render();
      this.focus(first);
    });
    list.addEventListener('keydown', (event) => {
      const buttons = this.#buttons();
      const now = buttons.indexOf(document.activeElement as HTMLButtonElement);
      const to = { ArrowDown: now + 1, ArrowUp: now - 1, Home: 0, End: buttons.length - 1 }[event.key];
      if (to === undefined || !buttons[to]) return;
      event.preventDefault();
      buttons[to].focus();
    });
  }

  /** `rows` beyond those that fit are made when they are asked for. */
  show(rows: readonly Row[], isNew = false): void {
    this.#rows = rows;
    if (isNew) this.#shown = PAGE;
    this.#render();
  }

  mark(openId: string | undefined): void {
    this.#openId = openId;
    for (const button of this.#buttons()) button.ariaCurrent = button.dataset.id === openId ? 'true' : null;
  }

  focus(i: number): void {
    this.#buttons()[i]?.focus();
  }

  openFirst(): void {
    if (this.#rows[0]) this.#onOpen(this.#rows[0]);
  }

  #buttons(): HTMLButtonElement[] {
    return [...this.#list.querySelectorAll('button')];
  }

  #render(): void {
    const focused = this.#list.contains(document.activeElement) && (document.activeElement as HTMLElement).dataset.id;
    this.#list.replaceChildren(...this.#rows.slice(0, this.#shown).map((row) => this.#item(row)));
    if (this.#more) this.#more.hidden = this.#rows.length <= this.#shown;
    // What is shown anew must not take the focus away.
    if (focused)
      this.#buttons()
        .find(({ dataset }) => dataset.id === focused)
        ?.focus();
  }

  #item(row: Row): HTMLLIElement {
    const { id, title, snippet, terms = [], label } = row;
    const button = make(
      'button',
      { type: 'button' },
      make('span', { className: 'row-title', textContent: title }),
      make('span', { className: 'row-text' }, ...marked(snippet, terms)),
    );
    if (label) button.append(make('span', { className: 'row-label', textContent: label }));
    button.dataset.id = id;
    if (id === this.#openId) button.ariaCurrent = 'true';
    button.addEventListener('click', () => this.#onOpen(row));
    return make('li', {}, button);
  }
}

const LENGTH = 180;

/** The part of a text that shows its first term, with all terms marked. */
function marked(text: string, terms: readonly string[]): (Node | string)[] {
  const pattern = terms.length > 0 ? new RegExp(`(${terms.map(wholeWord).join('|')})`, 'giu') : null;
  const first = pattern ? text.search(pattern) : 0;
  const from = first > LENGTH / 2 ? first - LENGTH / 4 : 0;
  const part = (from > 0 ? '…' : '') + text.slice(from, from + LENGTH) + (from + LENGTH < text.length ? '…' : '');
  if (!pattern) return [part];
  return part.split(pattern).map((piece, i) => (i % 2 === 1 ? make('mark', { textContent: piece }) : piece));
}

/** Matches a term where it is no part of a longer word; Chinese and Japanese have no such borders. */
function wholeWord(term: string): string {
  const escaped = term.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  if (/[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]/u.test(term)) return escaped;
  return `(?<![\\p{L}\\p{N}])${escaped}(?![\\p{L}\\p{N}])`;
}
