const PAGE_BITS = 1024;

/**
 * A set of block ids (integers from 0 to 2^53 - 1) at one bit an id where ids are dense, as they are in traces: a `Set`
 * takes about 40 bytes an id and ends at 2^24 entries.
 */
export class BlockIdSet {
  readonly #pages: Map<number, Uint32Array> = new Map();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Adds an id; `false` when it was there already. */
  add(id: number): boolean {
    const page = Math.floor(id / PAGE_BITS);
    let words = this.#pages.get(page);
    if (words === undefined) {
      words = new Uint32Array(PAGE_BITS / 32);
      this.#pages.set(page, words);
    }
    const bit = id % PAGE_BITS;
    const mask = 1 << (bit & 31);
    if ((words[bit >>> 5]! & mask) !== 0) return false;
    words[bit >>> 5]! |= mask;
    this.#size++;
    return true;
  }

  *[Symbol.iterator](): Generator<number, void, void> {
    for (const [page, words] of this.#pages) {
      for (let bit = 0; bit < PAGE_BITS; bit++) {
        if ((words[bit >>> 5]! & (1 << (bit & 31))) !== 0) yield page * PAGE_BITS + bit;
      }
    }
  }
}
