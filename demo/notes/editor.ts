import { element } from '../shared/dom';
import { type Note, newId, titleOf } from './note';
import type { Notes } from './store';
import { words } from './words';

/** A note that is being edited: `before` is its text as it was last read or stored, undefined for one that never was. */
interface Open {
  id: string;
  before: string | undefined;
}

const PAUSE = 400;

/** The open note. What is typed is stored at the next short pause, or when the page is left. */
export class Editor {
  onOpen: (id: string | undefined) => void = () => {};
  onError: (error: unknown, again: () => void) => void = () => {};
  /** Another tab has changed the same note: what was typed here became a note of its own. */
  onCopy: () => void = () => {};
  readonly #notes: Notes;
  readonly #text = element<HTMLTextAreaElement>('text');
  #open: Open | undefined;
  #isDirty = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #saving: Promise<void> = Promise.resolve();

  constructor(notes: Notes) {
    this.#notes = notes;
    this.#text.addEventListener('input', () => {
      this.#isDirty = true;
      element('saved').textContent = words().saving;
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.flush(), PAUSE);
    });
    document.addEventListener('visibilitychange', () => this.flush());
    addEventListener('pagehide', () => this.flush());
  }

  get id(): string | undefined {
    return this.#open?.id;
  }

  /** Shows a note, with the cursor at the found passage, or an empty page for a new one. */
  show(note: Note | undefined, { at, text = '' }: { at?: number | undefined; text?: string } = {}): void {
    this.flush();
    this.#open = note ? { id: note.id, before: note.text } : { id: newId(), before: undefined };
    this.#text.value = note?.text ?? text;
    element('saved').textContent = '';
    this.#refresh();
    const cursor = at ?? this.#text.value.length;
    this.#text.setSelectionRange(cursor, cursor);
    if (at !== undefined) this.#scrollTo(at);
    if (!note && text !== '') {
      this.#isDirty = true;
      this.flush();
    }
    this.onOpen(this.#open.id);
  }

  close(): void {
    this.flush();
    this.#open = undefined;
    this.#refresh();
    this.onOpen(undefined);
  }

  /** On a phone a text area that has the focus would bring up the keyboard, over the note that was to be read. */
  focus(): void {
    const isTouch = matchMedia('(hover: none)').matches;
    (isTouch && this.#text.value !== '' ? element('note-title') : this.#text).focus();
  }

  /** Another tab may have changed the note; what was typed here and is not stored yet stays. */
  changedElsewhere(ids: readonly string[]): void {
    const open = this.#open;
    if (!open || this.#isDirty || !ids.includes(open.id)) return;
    const note = this.#notes.get(open.id);
    if (!note && open.before !== undefined) this.close();
    if (!note) return;
    if (note.text === this.#text.value) return;
    const { selectionStart, selectionEnd } = this.#text;
    open.before = note.text;
    this.#text.value = note.text;
    this.#text.setSelectionRange(selectionStart, selectionEnd);
    this.#refresh();
  }

  /** Stores what was typed; saves follow one another. */
  flush(): Promise<void> {
    clearTimeout(this.#timer);
    const open = this.#open;
    if (!this.#isDirty || !open) return this.#saving;
    this.#isDirty = false;
    const text = this.#text.value;
    // A new note without a word is none.
    if (open.before === undefined && text.trim() === '') return this.#saving;
    this.#saving = this.#saving.then(() => this.#save(open, text));
    return this.#saving;
  }

  async #save(open: Open, text: string): Promise<void> {
    try {
      const { id } = await this.#notes.write(open.id, text, open.before);
      const isCopy = id !== open.id;
      Object.assign(open, { id, before: text });
      if (open !== this.#open) return;
      element('saved').textContent = words().saved;
      this.#refresh();
      if (!isCopy) return;
      this.onCopy();
      this.onOpen(id);
    } catch (error) {
      if (open === this.#open) this.#isDirty = true;
      this.onError(error, () => this.flush());
    }
  }

  #refresh(): void {
    element('note').hidden = !this.#open;
    element('no-note').hidden = Boolean(this.#open);
    const title = this.#open && titleOf({ id: this.#open.id, text: this.#text.value });
    element('note-title').textContent = title || words().untitled;
  }

  /** A text area cannot be asked where a character is: the part of the text before it is about the part of the height. */
  #scrollTo(at: number): void {
    const part = at / Math.max(this.#text.value.length, 1);
    this.#text.scrollTop = part * this.#text.scrollHeight - this.#text.clientHeight / 3;
  }
}
