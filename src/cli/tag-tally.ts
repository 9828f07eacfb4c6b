/** Tags counted at a time. */
const CAPACITY = 50_000;

/**
 * Counts texts of any number in bounded memory: where there are more than it has room for, each count loses what the smallest ones have, so that a
 * text of more than 1 / 50,000 of all is never lost (Misra and Gries, "Finding repeated elements", 1982).
 */
export class TagTally {
  readonly #counts = new Map<string, number>();
  readonly #capacity: number;

  constructor(capacity: number = CAPACITY) {
    this.#capacity = capacity;
  }

  add(text: string): void {
    this.#counts.set(text, (this.#counts.get(text) ?? 0) + 1);
    if (this.#counts.size > 2 * this.#capacity) this.#shrink();
  }

  /** The texts with the highest counts, which are exact while there was room for all. */
  largest(limit: number): [text: string, count: number][] {
    return [...this.#counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).slice(0, limit);
  }

  #shrink(): void {
    const counts = Uint32Array.from(this.#counts.values()).sort();
    const taken = counts[counts.length - 1 - this.#capacity]!;
    for (const [text, count] of this.#counts) {
      if (count <= taken) this.#counts.delete(text);
      else this.#counts.set(text, count - taken);
    }
  }
}
