/** Random choices that a seed repeats. */
export class Draw {
  #state: number;

  constructor(seed: number) {
    this.#state = seed | 0;
  }

  /** 0 up to and without 1 (mulberry32). */
  fraction(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** 0 up to and without `below`. */
  integer(below: number): number {
    return Math.floor(this.fraction() * below);
  }

  chance(of: number): boolean {
    return this.fraction() < of;
  }

  pick<T>(list: readonly T[]): T {
    return list[this.integer(list.length)] as T;
  }

  /** Between `least` and `most` items. */
  some<T>(list: readonly T[], least: number, most: number): T[] {
    return Array.from({ length: least + this.integer(most - least + 1) }, () => this.pick(list));
  }

  bytes(length: number): string {
    return String.fromCharCode(...Array.from({ length }, () => this.integer(256)));
  }
}
