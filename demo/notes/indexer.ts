import type { SearchIndex } from 'bge-web/search';
import { documentOf } from './note';
import type { Notes } from './store';

/** Notes that are handed to the index at a time. */
const SLICE = 100;

/** What the indexer is doing, for people to see. */
export type IndexerState =
  | { readonly is: 'starting' | 'waiting' }
  | { readonly is: 'working' | 'paused'; readonly done: number; readonly total: number }
  /** How many passages the last changes have, and how many of them went through the model. */
  | { readonly is: 'done'; readonly passages: number; readonly embedded: number; readonly unchanged: number }
  | { readonly is: 'failed'; readonly error: unknown };

/**
 * Keeps the index equal to the notes, in the background. Every tab hands over every change that it hears of: the index
 * lets one tab write at a time, and what another has embedded costs nothing more, so no change is lost with the tab that made it.
 */
export class Indexer {
  onState: (state: IndexerState) => void = () => {};
  readonly #notes: Notes;
  readonly #waiting = new Set<string>();
  #index: SearchIndex | undefined;
  #running: AbortController | undefined;
  #isPaused = false;
  #total = 0;
  /** Notes of the slice at hand that are stored. */
  #stored = 0;

  constructor(notes: Notes) {
    this.#notes = notes;
  }

  /** Hands over all notes: those that the index has already are passed over. */
  start(index: SearchIndex): void {
    this.#index = index;
    this.changed([...this.#notes.ids().reverse(), ...this.#notes.deletedIds()]);
  }

  /** Ends the work for an index, before another one takes its place. */
  stop(): void {
    this.#index = undefined;
    this.#running?.abort();
  }

  changed(ids: readonly string[]): void {
    for (const id of ids) {
      // What came last goes first: it is what somebody looks at.
      if (!this.#waiting.delete(id)) this.#total += 1;
      this.#waiting.add(id);
    }
    // What was deleted must not be written any more: the work at hand is begun again without it.
    if (ids.some((id) => !this.#notes.get(id))) this.#running?.abort();
    if (this.#running && !this.#isPaused) this.#tell('working');
    this.#run();
  }

  pause(): void {
    this.#isPaused = true;
    this.#running?.abort();
  }

  resume(): void {
    this.#isPaused = false;
    this.#run();
  }

  async #run(): Promise<void> {
    const index = this.#index;
    if (!index || this.#running) return;
    if (this.#isPaused) return this.#tell('paused');
    this.#running = new AbortController();
    const { signal } = this.#running;
    const sum = { passages: 0, embedded: 0, unchanged: 0 };
    try {
      while (this.#waiting.size > 0) {
        this.#stored = 0;
        this.#tell('working');
        const report = await this.#handOver(index, [...this.#waiting].slice(-SLICE).reverse(), signal);
        for (const key of ['passages', 'embedded', 'unchanged'] as const) sum[key] += report[key];
      }
      this.#total = 0;
      this.onState({ is: 'done', ...sum });
    } catch (error) {
      if (this.#isPaused) this.#tell('paused');
      else if (!signal.aborted) this.onState({ is: 'failed', error });
    } finally {
      this.#running = undefined;
    }
    // Another index, or a deletion, that came meanwhile.
    if (this.#index && (this.#index !== index || signal.aborted) && !this.#isPaused) this.#run();
  }

  async #handOver(index: SearchIndex, ids: readonly string[], signal: AbortSignal) {
    const notes = ids.map((id) => this.#notes.get(id));
    const gone = ids.filter((_, i) => !notes[i]);
    if (gone.length > 0) {
      await index.remove(gone, { signal });
      await index.compact({ signal }); // the words of a deleted note go from the disk too
      await this.#notes.forget(gone);
    }
    const documents = notes.flatMap((note) => (note ? [documentOf(note)] : []));
    const report = await index.add(documents, {
      signal,
      onProgress: (event) => {
        if (event.phase === 'wait') this.onState({ is: 'waiting' });
        if (event.phase !== 'add') return;
        this.#stored = event.documents;
        this.#tell('working');
      },
    });
    // A note that was changed meanwhile stays.
    for (const [i, id] of ids.entries()) if (this.#notes.get(id) === notes[i]) this.#waiting.delete(id);
    return report;
  }

  #tell(is: 'working' | 'paused'): void {
    this.onState({ is, done: this.#total - this.#waiting.size + this.#stored, total: this.#total });
  }
}
