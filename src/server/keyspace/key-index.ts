import { keyHash } from "./key-hash.ts";
import { advanceCursor } from "./scan-cursor.ts";

const SMALLEST = 16;
const NONE = -1;

/**
 * A hash table from names to places, and the names in a row: place 0 to `size - 1` without a gap, so that a random place is a random name.
 * Removing a name moves the last one into its place; whoever keeps columns beside this index moves its own value likewise (`remove` says
 * which place was emptied). 20 bytes a name besides the name itself.
 */
export class KeyIndex {
  /** Names by place. */
  readonly names: string[] = [];
  /** By place, side by side for the processor's cache: the name's hash, and the next place in the same bucket or -1. */
  #links = new Int32Array(2 * SMALLEST);
  #buckets = new Int32Array(SMALLEST).fill(NONE);
  #mask = SMALLEST - 1;

  get size(): number {
    return this.names.length;
  }

  /** Number of buckets, a power of two. */
  get buckets(): number {
    return this.#mask + 1;
  }

  /** The name's place, or -1. */
  find(name: string): number {
    const hash = keyHash(name);
    let place = this.#buckets[hash & this.#mask] as number;
    while (place !== NONE && (this.#links[2 * place] !== hash || this.names[place] !== name)) {
      place = this.#links[2 * place + 1] as number;
    }
    return place;
  }

  /** Adds a name that is not there, at place `size`. */
  add(name: string): number {
    const place = this.names.length;
    if (2 * place === this.#links.length) this.#reserve(place + (place >> 1));
    if (place > this.#mask) this.#rehash(this.#mask * 2 + 1);
    const hash = keyHash(name);
    this.names.push(name);
    this.#links[2 * place] = hash;
    this.#link(place, hash);
    return place;
  }

  /** Frees a place; the name that stood last (place `size` afterwards) stands there now, if there is one. */
  remove(place: number): void {
    this.#relink(place, this.#links[2 * place + 1] as number);
    const last = this.names.length - 1;
    const name = this.names.pop() as string;
    if (place !== last) {
      this.#relink(last, place);
      this.names[place] = name;
      this.#links.copyWithin(2 * place, 2 * last, 2 * last + 2);
    }
    // Half empty twice over, so that a size that swings does not rehash at every turn.
    if (this.#mask >= SMALLEST && last < this.buckets >> 3) {
      this.#rehash(Math.max(SMALLEST - 1, this.#mask >> 2));
      this.#reserve(Math.max(SMALLEST, this.buckets));
    }
  }

  clear(): void {
    this.names.length = 0;
    this.#links = new Int32Array(2 * SMALLEST);
    this.#buckets = new Int32Array(SMALLEST).fill(NONE);
    this.#mask = SMALLEST - 1;
  }

  /**
   * Calls `visit` with the place of each name in the cursor's bucket and returns the next cursor, 0 after the last. A name that is there from
   * the first call (cursor 0) to the last is visited, whatever comes, goes, moves or makes the table grow or shrink meanwhile.
   */
  scan(cursor: number, visit: (place: number) => void): number {
    let place = this.#buckets[cursor & this.#mask] as number;
    while (place !== NONE) {
      visit(place);
      place = this.#links[2 * place + 1] as number;
    }
    return advanceCursor(cursor, this.#mask);
  }

  #link(place: number, hash: number): void {
    const bucket = hash & this.#mask;
    this.#links[2 * place + 1] = this.#buckets[bucket] as number;
    this.#buckets[bucket] = place;
  }

  /** Whatever leads to `place` leads to `to` from now on. */
  #relink(place: number, to: number): void {
    const bucket = (this.#links[2 * place] as number) & this.#mask;
    let before = this.#buckets[bucket] as number;
    if (before === place) {
      this.#buckets[bucket] = to;
      return;
    }
    while (this.#links[2 * before + 1] !== place) before = this.#links[2 * before + 1] as number;
    this.#links[2 * before + 1] = to;
  }

  #rehash(mask: number): void {
    this.#mask = mask;
    this.#buckets = new Int32Array(mask + 1).fill(NONE);
    for (let place = 0; place < this.names.length; place += 1)
      this.#link(place, this.#links[2 * place] as number);
  }

  #reserve(places: number): void {
    const links = new Int32Array(2 * places);
    links.set(this.#links.length > links.length ? this.#links.subarray(0, links.length) : this.#links);
    this.#links = links;
  }
}
