/** Which connections (by id) may hold a key in their caches. Ids of connections that are gone stay until the key changes. */
export class TrackingTable {
  readonly #readers = new Map<string, Set<number>>();
  #items = 0;

  /** Keys. */
  get size(): number {
    return this.#readers.size;
  }

  /** Pairs of a key and a connection. */
  get items(): number {
    return this.#items;
  }

  add(key: string, clientId: number): void {
    const readers = this.#readers.get(key);
    if (readers === undefined) this.#readers.set(key, new Set([clientId]));
    else if (readers.has(clientId)) return;
    else readers.add(clientId);
    this.#items += 1;
  }

  /** Takes the key out and returns who may hold it. */
  take(key: string): Iterable<number> {
    const readers = this.#readers.get(key);
    if (readers === undefined) return [];
    this.#readers.delete(key);
    this.#items -= readers.size;
    return readers;
  }

  /** The key that has been there for longest. */
  oldest(): string | undefined {
    return this.#readers.keys().next().value;
  }

  clear(): void {
    this.#readers.clear();
    this.#items = 0;
  }
}
