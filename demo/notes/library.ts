import { element } from '../shared/dom';
import { save } from '../shared/save';
import { dropped, notesIn, zipOf } from './files';
import { type Note, newId } from './note';
import { samples } from './samples';
import type { Notes } from './store';
import { words } from './words';

/** Files that are stored at a time. */
const BATCH = 100;

/** Takes notes in from files, folders, zips and the clipboard, and gives all of them out as one zip. */
export class Library {
  onError: (error: unknown, again: () => void) => void = () => {};
  /** Says what became of an import. */
  onReport: (text: string) => void = () => {};
  /** Text was pasted outside of any field. */
  onPaste: (text: string) => void = () => {};
  readonly #notes: Notes;

  constructor(notes: Notes) {
    this.#notes = notes;
    for (const id of ['files', 'folder']) {
      const input = element<HTMLInputElement>(id);
      element(`add-${id}`).addEventListener('click', () => input.click());
      input.addEventListener('change', async () => {
        await this.take([...input.files!]);
        input.value = '';
      });
    }
    element('samples').addEventListener('click', () => this.#store(samples()));
    element('export').addEventListener('click', () => this.export());
    addEventListener('dragover', (event) => {
      if (!event.dataTransfer?.types.includes('Files')) return;
      event.preventDefault();
      document.body.classList.add('dropping');
    });
    addEventListener('dragleave', (event) => {
      if (!event.relatedTarget) document.body.classList.remove('dropping');
    });
    addEventListener('drop', (event) => {
      document.body.classList.remove('dropping');
      if (!event.dataTransfer?.types.includes('Files')) return;
      event.preventDefault();
      this.take(dropped(event.dataTransfer));
    });
    addEventListener('paste', ({ target, clipboardData }) => {
      if (target instanceof Element && target.closest('input, textarea')) return;
      const text = clipboardData?.getData('text/plain') ?? '';
      if (clipboardData?.files.length) this.take([...clipboardData.files]);
      else if (text.trim()) this.onPaste(text);
    });
  }

  async take(files: AsyncIterable<File> | Iterable<File>): Promise<void> {
    const skipped: string[] = [];
    let batch: Note[] = [];
    let [read, taken] = [0, 0];
    const put = async () => {
      taken += await this.#notes.take(batch);
      batch = [];
      this.onReport(words().reading(read));
    };
    try {
      for await (const found of notesIn(files)) {
        if ('skipped' in found) {
          skipped.push(found.id);
          continue;
        }
        read += 1;
        if (batch.push(found) === BATCH) await put();
      }
      await put();
      const { taken: say, skipped: saySkipped } = words();
      const names = skipped.slice(0, 3).join(', ') + (skipped.length > 3 ? ', …' : '');
      this.onReport(say(taken, read - taken) + (skipped.length > 0 ? saySkipped(skipped.length, names) : ''));
    } catch (error) {
      // What was read before is stored; what is there already is passed over the next time.
      this.onError(error, () => this.take(files));
    }
  }

  async export(): Promise<void> {
    try {
      const zip = await zipOf(this.#notes.ids().map((id) => this.#notes.get(id)!));
      save(`notes ${newId().slice(0, 10)}.zip`, zip);
    } catch (error) {
      this.onError(error, () => this.export());
    }
  }

  async #store(notes: readonly Note[]): Promise<void> {
    try {
      const taken = await this.#notes.take(notes);
      this.onReport(words().taken(taken, notes.length - taken));
    } catch (error) {
      this.onError(error, () => this.#store(notes));
    }
  }
}
