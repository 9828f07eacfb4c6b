import type { Client } from "../client.ts";

interface Prefix {
  readonly clients: Set<Client>;
  /** Changed since the last broadcast, with who changed them last. */
  readonly keys: Map<string, Client | undefined>;
}

/** The prefixes of all connections in the BCAST mode. */
export class PrefixTable {
  readonly #prefixes = new Map<string, Prefix>();
  #pending = false;

  get size(): number {
    return this.#prefixes.size;
  }

  /** Keys wait for the next broadcast. */
  get pending(): boolean {
    return this.#pending;
  }

  add(prefix: string, client: Client): void {
    const known = this.#prefixes.get(prefix);
    if (known === undefined) this.#prefixes.set(prefix, { clients: new Set([client]), keys: new Map() });
    else known.clients.add(client);
  }

  remove(prefix: string, client: Client): void {
    const known = this.#prefixes.get(prefix);
    if (known?.clients.delete(client) && known.clients.size === 0) this.#prefixes.delete(prefix);
  }

  /** `client`: who did it, undefined for the server itself. */
  changed(key: string, client: Client | undefined): void {
    for (const [prefix, { keys }] of this.#prefixes) {
      if (!key.startsWith(prefix)) continue;
      keys.set(key, client);
      this.#pending = true;
    }
  }

  /** Hands every connection the keys under each of its prefixes, both in the order of their bytes. NOLOOP leaves out its own. */
  broadcast(send: (client: Client, keys: readonly string[]) => void): void {
    if (!this.#pending) return;
    this.#pending = false;
    for (const [, { clients, keys }] of [...this.#prefixes].sort(byName)) {
      if (keys.size === 0) continue;
      const changed = [...keys].sort(byName);
      keys.clear();
      const all = changed.map(([key]) => key);
      for (const client of clients) {
        const others = client.tracking?.noLoop
          ? changed.filter(([, by]) => by !== client).map(([key]) => key)
          : all;
        if (others.length > 0) send(client, others);
      }
    }
  }
}

function byName([first]: readonly [string, unknown], [second]: readonly [string, unknown]): number {
  return first < second ? -1 : first > second ? 1 : 0;
}
