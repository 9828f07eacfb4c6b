import type { Client, WatchedKey } from "./client.ts";
import type { Database } from "./keyspace/database.ts";

/**
 * Who watches which key (WATCH). Source of the rules: touchWatchedKey and touchAllWatchedKeysInDb of 7.0: a key that had expired when it was
 * watched may be deleted without harm.
 */
export class WatchTable {
  readonly #watchers = new Map<number, Map<string, Set<Client>>>();
  #size = 0;

  /** Keys that anybody watches. */
  get size(): number {
    return this.#size;
  }

  add(client: Client, db: number, key: string, expired: boolean): void {
    if (client.watched.some((watched) => watched.db === db && watched.key === key)) return;
    client.watched.push({ db, key, expired });
    const keys = this.#watchers.get(db) ?? new Map<string, Set<Client>>();
    this.#watchers.set(db, keys);
    const clients = keys.get(key);
    if (clients === undefined) {
      keys.set(key, new Set([client]));
      this.#size += 1;
    } else clients.add(client);
  }

  /** Ends all watches of a client; whether it is dirty already stays as it is. */
  forget(client: Client): void {
    for (const { db, key } of client.watched) {
      const keys = this.#watchers.get(db);
      const clients = keys?.get(key);
      if (!clients?.delete(client) || clients.size > 0) continue;
      keys?.delete(key);
      this.#size -= 1;
    }
    client.watched = [];
  }

  /** The key was changed, created or deleted; `exists` is asked only for watches of expired keys. */
  touch(db: number, key: string, exists: () => boolean): void {
    const clients = this.#watchers.get(db)?.get(key);
    if (clients === undefined) return;
    for (const client of [...clients]) {
      const watched = find(client, db, key);
      if (watched?.expired && !exists()) {
        watched.expired = false;
        continue;
      }
      client.dirtyCas = true;
      this.forget(client);
    }
  }

  /** The database is about to be emptied, or to be replaced by what `replacement` holds. */
  touchAll(db: number, emptied: Database, replacement?: Database): void {
    for (const [key, clients] of this.#watchers.get(db) ?? []) {
      const existed = emptied.has(key);
      const appears = replacement?.has(key) === true;
      if (!existed && !appears) continue;
      const appearsExpired = appears && replacement.isExpired(key);
      for (const client of clients) {
        const watched = find(client, db, key) as WatchedKey;
        if (watched.expired) {
          if (!appears) watched.expired = false;
          if (!appears || appearsExpired) continue;
        } else if (!existed && appearsExpired) {
          watched.expired = true;
          continue;
        }
        client.dirtyCas = true;
      }
    }
  }
}

function find(client: Client, db: number, key: string): WatchedKey | undefined {
  return client.watched.find((watched) => watched.db === db && watched.key === key);
}
