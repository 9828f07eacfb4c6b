import type { Client } from "../client.ts";

/** Who listens to which name (a channel or a pattern), in the order in which they subscribed. */
export class Subscriptions {
  readonly #listeners = new Map<string, Set<Client>>();

  /** Names with at least one listener. */
  get size(): number {
    return this.#listeners.size;
  }

  names(): IterableIterator<string> {
    return this.#listeners.keys();
  }

  entries(): IterableIterator<[string, ReadonlySet<Client>]> {
    return this.#listeners.entries();
  }

  listeners(name: string): ReadonlySet<Client> | undefined {
    return this.#listeners.get(name);
  }

  count(name: string): number {
    return this.#listeners.get(name)?.size ?? 0;
  }

  add(name: string, client: Client): void {
    const listeners = this.#listeners.get(name);
    if (listeners === undefined) this.#listeners.set(name, new Set([client]));
    else listeners.add(client);
  }

  remove(name: string, client: Client): void {
    const listeners = this.#listeners.get(name);
    if (listeners?.delete(client) && listeners.size === 0) this.#listeners.delete(name);
  }
}
