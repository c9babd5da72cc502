/**
 * Groups of numbers from 0 to `count` − 1 that belong together: whoever is joined to another is in one group with it, also over third ones, so
 * that the ends of a long chain may differ.
 */
export class Groups {
  readonly #parents: Uint32Array;

  constructor(count: number) {
    this.#parents = Uint32Array.from({ length: count }, (_, i) => i);
  }

  areOne(a: number, b: number): boolean {
    return this.#rootOf(a) === this.#rootOf(b);
  }

  /** Union-find: the lower number is the root; paths are halved on the way (Tarjan and van Leeuwen 1984). */
  join(a: number, b: number): void {
    const [one, other] = [this.#rootOf(a), this.#rootOf(b)];
    this.#parents[Math.max(one, other)] = Math.min(one, other);
  }

  /** Those of two or more, in the order of their lowest numbers, and so the numbers in each. */
  list(): number[][] {
    const groups = new Map<number, number[]>();
    for (let i = 0; i < this.#parents.length; i++) {
      const root = this.#rootOf(i);
      const group = groups.get(root);
      if (group) group.push(i);
      else groups.set(root, [i]);
    }
    return [...groups.values()].filter(({ length }) => length > 1);
  }

  #rootOf(i: number): number {
    let at = i;
    for (let parent = this.#parents[at]!; parent !== at; parent = this.#parents[at]!) {
      this.#parents[at] = this.#parents[parent]!;
      at = parent;
    }
    return at;
  }
}
