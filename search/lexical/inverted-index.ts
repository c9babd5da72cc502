import { invalidInput, misfit } from '../../src/shared/errors';

/** An inverted index as it is stored; all arrays may be views of one buffer. */
export interface SavedPostings {
  /** The passages' numbers. */
  readonly passages: Uint32Array<ArrayBuffer>;
  /** keys + 1 positions: key `i` occurs in the passages of `rows`, with `values`, from `offsets[i]` to `offsets[i + 1]`. */
  readonly offsets: Uint32Array<ArrayBuffer>;
  /** Positions in `passages`. */
  readonly rows: Uint32Array<ArrayBuffer>;
  readonly values: Float32Array<ArrayBuffer>;
}

/** Where a key occurs: places of passages in ascending order, and a value for each; the first `length` of both count. */
export interface Postings {
  length: number;
  places: Uint32Array<ArrayBuffer>;
  values: Float32Array<ArrayBuffer>;
}

/** Which passages have a key (a word, a token id), and a number for each; 8 bytes for each pair of key and passage. */
export class InvertedIndex<Key extends string | number> {
  readonly #postings = new Map<Key, Postings>();
  /** The number of the passage at each place, or −1: places are not used twice, so that a removed passage's postings mean nothing. */
  #passages: number[] = [];
  readonly #places = new Map<number, number>();

  /** Passages that there are. */
  get size(): number {
    return this.#places.size;
  }

  /** Places that there are, of removed passages too: they go when they are more than the others. */
  get places(): number {
    return this.#passages.length;
  }

  /** The number of the passage at a place, or −1 if it is removed. */
  passageAt(place: number): number {
    return this.#passages[place]!;
  }

  /** The place of a passage that there is. */
  placeOf(id: number): number {
    return this.#places.get(id)!;
  }

  postingsOf(key: Key): Postings | undefined {
    return this.#postings.get(key);
  }

  /** Adds a passage at the last place. Throws InvalidInputError if one has the number, or if it is no integer from 0 to 2³² − 2. */
  add(id: number, entries: Iterable<readonly [Key, number]>): void {
    const place = this.#newPlace(id);
    for (const [key, value] of entries) push(this.#listOf(key), place, value);
  }

  /** Takes passages out; numbers that are not there are passed over. Tells which places are others now, if the index made itself smaller. */
  remove(ids: Iterable<number>): ReadonlyMap<number, number> | undefined {
    for (const id of ids) {
      const place = this.#places.get(id);
      if (place === undefined) continue;
      this.#places.delete(id);
      this.#passages[place] = -1;
    }
    return this.places > 2 * this.size ? this.#compact() : undefined;
  }

  /** All keys and what they have, without removed passages. */
  save(): { keys: Key[]; saved: SavedPostings; places: number[] } {
    const places = [...this.#places.values()].sort((a, b) => a - b);
    const rowAt = new Int32Array(this.places).fill(-1);
    for (const [row, place] of places.entries()) rowAt[place] = row;
    const keys: Key[] = [];
    const ends = [0];
    const [rows, values] = [new Uint32Array(this.#entries()), new Float32Array(this.#entries())];
    let end = 0;
    for (const [key, list] of this.#postings) {
      for (let i = 0; i < list.length; i++) {
        const row = rowAt[list.places[i]!]!;
        if (row < 0) continue;
        rows[end] = row;
        values[end++] = list.values[i]!;
      }
      if (end === ends.at(-1)) continue;
      keys.push(key);
      ends.push(end);
    }
    const saved = {
      passages: Uint32Array.from(places, (place) => this.#passages[place]!),
      offsets: Uint32Array.from(ends),
      rows: rows.slice(0, end),
      values: values.slice(0, end),
    };
    return { keys, saved, places };
  }

  /** Adds what another index has saved. Throws InvalidInputError, before anything is added, if it does not fit itself or this index. */
  append(keys: ArrayLike<Key>, { passages, offsets, rows, values }: SavedPostings): void {
    if (offsets.length !== keys.length + 1) throw misfit('offsets', `${keys.length + 1} positions`, offsets.length);
    const entries = offsets.at(-1)!;
    if (rows.length !== entries || values.length !== entries)
      throw misfit('rows and values', `${entries} numbers`, `${rows.length} and ${values.length}`);
    if (rows.some((row) => row >= passages.length))
      throw misfit('rows', `positions below ${passages.length}`, 'a higher one');
    if (offsets.some((offset, i) => i > 0 && offset < offsets[i - 1]!)) throw misfit('offsets', 'ascending', 'others');
    if (new Set(passages).size !== passages.length) throw misfit('passages', 'different numbers', 'some twice');
    for (const id of passages) this.#checkNew(id);
    const first = this.places;
    for (const id of passages) this.#newPlace(id);
    for (let k = 0; k < keys.length; k++) {
      const count = offsets[k + 1]! - offsets[k]!;
      const list = this.#listOf(keys[k]!, count);
      reserve(list, count);
      for (let i = offsets[k]!; i < offsets[k + 1]!; i++) push(list, first + rows[i]!, values[i]!);
    }
  }

  #checkNew(id: number): void {
    if (!Number.isInteger(id) || id < 0 || id >= 2 ** 32 - 1) throw invalidInput('id', 'an integer from 0', id);
    if (this.#places.has(id)) throw invalidInput('id', 'a number that no passage has', id);
  }

  #newPlace(id: number): number {
    this.#checkNew(id);
    const place = this.#passages.push(id) - 1;
    this.#places.set(id, place);
    return place;
  }

  /** A new list has the room that is asked for. */
  #listOf(key: Key, room = 1): Postings {
    const known = this.#postings.get(key);
    if (known) return known;
    const list = { length: 0, places: new Uint32Array(room), values: new Float32Array(room) };
    this.#postings.set(key, list);
    return list;
  }

  #entries(): number {
    let entries = 0;
    for (const { length } of this.#postings.values()) entries += length;
    return entries;
  }

  #compact(): ReadonlyMap<number, number> {
    const { keys, saved, places } = this.save();
    this.#postings.clear();
    this.#places.clear();
    this.#passages = [];
    this.append(keys, saved);
    return new Map(places.map((place, row) => [place, row]));
  }
}

function push(list: Postings, place: number, value: number): void {
  reserve(list, 1);
  list.places[list.length] = place;
  list.values[list.length++] = value;
}

/** Makes room for so many more, and by half at least: an index that grows in many small steps must not copy its lists at each of them. */
function reserve(list: Postings, more: number): void {
  if (list.length + more <= list.places.length) return;
  const room = Math.max(list.length + more, Math.ceil(1.5 * list.length));
  const [places, values] = [new Uint32Array(room), new Float32Array(room)];
  places.set(list.places);
  values.set(list.values);
  Object.assign(list, { places, values });
}

/** Whether a key occurs at a place. */
export function has({ length, places }: Postings, place: number): boolean {
  let [low, high] = [0, length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (places[middle]! < place) low = middle + 1;
    else high = middle;
  }
  return low < length && places[low] === place;
}
