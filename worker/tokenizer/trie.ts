const ROOT = 0;

/**
 * A trie over UTF-16 units in one hash table. A node is known by the slot that holds the edge to it, so an edge takes a parent and a unit.
 */
export class Trie {
  readonly #parents: Int32Array;
  readonly #units: Uint16Array;
  /** The number of the key that ends here, plus one. */
  readonly #keys: Int32Array;

  constructor(keys: readonly string[]) {
    let edges = 1;
    for (const key of keys) edges += key.length;
    // Common beginnings share edges, so at most half of the slots are taken.
    const slots = 2 ** Math.ceil(Math.log2(edges + 1) + 0.5);
    this.#parents = new Int32Array(slots).fill(-1);
    this.#units = new Uint16Array(slots);
    this.#keys = new Int32Array(slots);
    this.#parents[ROOT] = ROOT;
    keys.forEach((key, number) => {
      let node = ROOT;
      for (let i = 0; i < key.length; i++) node = this.#add(node, key.charCodeAt(i));
      this.#keys[node] = number + 1;
    });
  }

  get root(): number {
    return ROOT;
  }

  /** The node that `unit` leads to from `node`; -1 if there is none. */
  child(node: number, unit: number): number {
    const slot = this.#slot(node, unit);
    return this.#parents[slot]! < 0 ? -1 : slot;
  }

  /** The number of the key that ends at `node`; -1 if none does. */
  key(node: number): number {
    return this.#keys[node]! - 1;
  }

  #add(node: number, unit: number): number {
    const slot = this.#slot(node, unit);
    this.#parents[slot] = node;
    this.#units[slot] = unit;
    return slot;
  }

  /** Where the edge is, or would be. */
  #slot(node: number, unit: number): number {
    const mask = this.#parents.length - 1;
    let slot = Math.imul(node, 0x9e3779b1) ^ Math.imul(unit, 0x85ebca6b);
    slot = (slot ^ (slot >>> 15)) & mask;
    while (slot === ROOT || (this.#parents[slot]! >= 0 && (this.#parents[slot] !== node || this.#units[slot] !== unit)))
      slot = (slot + 1) & mask;
    return slot;
  }
}
