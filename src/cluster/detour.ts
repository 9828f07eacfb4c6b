import type { NodeAddress } from "./redirect.ts";

/** Where the refused items of one packet go next. */
export class Detour {
  /** To the owner that the table tells by now, without delay. */
  readonly now: number[] = [];
  /** Nowhere until their backoff is over. */
  readonly wait: number[] = [];
  readonly #asked = new Map<string, { readonly address: NodeAddress; readonly items: number[] }>();
  /** The table may be stale. */
  refresh: boolean = false;

  /** Behind ASKING, by node. */
  get asked(): Iterable<{ readonly address: NodeAddress; readonly items: readonly number[] }> {
    return this.#asked.values();
  }

  ask(address: NodeAddress, item: number): void {
    const key = `${address.host}:${address.port}`;
    const entry = this.#asked.get(key);
    if (entry === undefined) this.#asked.set(key, { address, items: [item] });
    else entry.items.push(item);
  }
}
