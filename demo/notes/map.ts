import type { SearchIndex } from 'bge-web/search';
import { element } from '../shared/dom';
import { titleOf } from './note';
import type { Notes } from './store';
import { words } from './words';

/** A map with more notes than that has no room for their titles beside the dots. */
const MOST_TITLES = 30;

/** A map of fewer notes says nothing. */
const LEAST = 4;

/** All notes as dots, near each other where they are about the same. Drawn when it is opened, and anew when the notes have changed. */
export class NotesMap {
  onOpen: (id: string) => void = () => {};
  onError: (error: unknown, again: () => void) => void = () => {};
  readonly #notes: Notes;
  readonly #details = element<HTMLDetailsElement>('map');
  #drawing = new AbortController();
  #index: SearchIndex | undefined;

  constructor(notes: Notes) {
    this.#notes = notes;
    this.#details.addEventListener('toggle', () => this.draw(this.#index));
    element('dots').addEventListener('click', ({ target }) => {
      const dot = (target as Element).closest<SVGElement>('[data-id]');
      if (dot) this.onOpen(dot.dataset.id!);
    });
  }

  async draw(index: SearchIndex | undefined): Promise<void> {
    this.#index = index;
    this.#drawing.abort();
    this.#drawing = new AbortController();
    const { signal } = this.#drawing;
    if (!this.#details.open) return;
    element('map-text').textContent = !index || this.#notes.size < LEAST ? words().mapLater : words().mapDrawing;
    element('dots').toggleAttribute('hidden', !index || this.#notes.size < LEAST);
    if (!index || this.#notes.size < LEAST) return;
    try {
      const points = await index.map({ signal });
      const hasTitles = points.length <= MOST_TITLES;
      element('dots').replaceChildren(...points.flatMap((point) => this.#dot(point, hasTitles)));
      element('map-text').textContent = words().mapText;
    } catch (error) {
      if (!signal.aborted) this.onError(error, () => this.draw(index));
    }
  }

  #dot({ id, x, y }: { readonly id: string; readonly x: number; readonly y: number }, hasTitle: boolean): SVGElement[] {
    const note = this.#notes.get(id);
    if (!note) return [];
    const title = titleOf(note) || words().untitled;
    const group = svg('g', { 'data-id': id, transform: `translate(${5 + 90 * x} ${5 + 90 * y})` });
    const tip = svg('title', {});
    tip.textContent = title;
    group.append(tip, svg('circle', { r: '1.1' }));
    if (hasTitle) {
      const isRight = x > 0.5;
      const label = svg('text', { x: isRight ? '-2' : '2', y: '0.9', 'text-anchor': isRight ? 'end' : 'start' });
      label.textContent = title.length > 20 ? `${title.slice(0, 19)}…` : title;
      group.append(label);
    }
    return [group];
  }
}

function svg(name: string, attributes: Readonly<Record<string, string>>): SVGElement {
  const made = document.createElementNS('http://www.w3.org/2000/svg', name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}
