/** A set of row numbers, one bit each. */
export class Bitset {
  #bits: Uint8Array<ArrayBuffer>;

  constructor(size = 0) {
    this.#bits = new Uint8Array((size + 7) >> 3);
  }

  has(i: number): boolean {
    return ((this.#bits[i >> 3] ?? 0) & (1 << (i & 7))) !== 0;
  }

  add(i: number): void {
    if (i >> 3 >= this.#bits.length) {
      const larger = new Uint8Array(Math.max(2 * this.#bits.length, (i >> 3) + 1));
      larger.set(this.#bits);
      this.#bits = larger;
    }
    this.#bits[i >> 3]! |= 1 << (i & 7);
  }

  delete(i: number): void {
    if (i >> 3 < this.#bits.length) this.#bits[i >> 3]! &= ~(1 << (i & 7));
  }

  /** The bits of the members from `8 * i` to `8 * i + 7`, the lowest first. */
  byte(i: number): number {
    return this.#bits[i] ?? 0;
  }
}
