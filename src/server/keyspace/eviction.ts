import type { ServerNode } from "../server-node.ts";
import type { Database } from "./database.ts";
import { EvictionPool } from "./eviction-pool.ts";

/** A longer look at the clock than after every key would cost more than what it saves. */
const KEYS_BETWEEN_LOOKS = 16;
const LFU_MOST = 255;

/** How one of the eight policies chooses. */
interface Policy {
  readonly volatileOnly: boolean;
  readonly by: "lru" | "lfu" | "random" | "ttl";
}

/**
 * Keeps `used_memory` at `maxmemory` by evicting keys: random ones, or the best of a pool that samples of `maxmemory-samples` keys fill. Works for
 * as long as `maxmemory-eviction-tenacity` allows, then goes on from a timer.
 */
export class Eviction {
  readonly #node: ServerNode;
  readonly #pool = new EvictionPool();
  #policy: Policy | undefined;
  #limit = 0;
  #nextDatabase = 0;
  #scheduled = false;

  constructor(node: ServerNode) {
    this.#node = node;
    node.config.watch("maxmemory-policy", ({ text }) => {
      this.#policy = parsePolicy(text);
    });
    node.config.watch("maxmemory", ({ number }) => {
      this.#limit = number;
      if (number > 0 && node.memory.used > number) this.#goOnLater();
    });
  }

  /** Before a command: true where nothing more can be evicted and there is still too much. */
  makeRoom(): boolean {
    if (this.#limit === 0 || this.#node.memory.used <= this.#limit || !this.#isAllowed()) return false;
    const { clock, hooks } = this.#node;
    const started = clock.monotonicUs();
    const enough = this.#evict(started + this.#timeLimitUs());
    const ms = (clock.monotonicUs() - started) / 1000;
    for (const hook of hooks.latency) hook("eviction-cycle", ms);
    return !enough;
  }

  /** On a replica the primary evicts; while clients are paused nothing may change. */
  #isAllowed(): boolean {
    const { config, pause, replica } = this.#node;
    return !(replica && config.flag("replica-ignore-maxmemory")) && pause.kind === undefined;
  }

  #evict(deadlineUs: number): boolean {
    const { clock, memory } = this.#node;
    for (let evicted = 1; memory.used > this.#limit; evicted += 1) {
      const found = this.#choose();
      if (found === undefined) return false;
      found.db.evict(found.key);
      if (evicted % KEYS_BETWEEN_LOOKS === 0 && clock.monotonicUs() > deadlineUs) {
        this.#goOnLater();
        return true;
      }
    }
    return true;
  }

  #goOnLater(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#node.clock.after(0, () => {
      this.#scheduled = false;
      this.makeRoom();
    });
  }

  /** Source: evictionTimeLimitUs. */
  #timeLimitUs(): number {
    const tenacity = this.#node.config.number("maxmemory-eviction-tenacity");
    if (tenacity <= 10) return 50 * tenacity;
    return tenacity < 100 ? 500 * 1.15 ** (tenacity - 10) : Number.POSITIVE_INFINITY;
  }

  #choose(): { db: Database; key: string } | undefined {
    const policy = this.#policy;
    if (policy === undefined) return undefined;
    return policy.by === "random" ? this.#randomKey(policy) : this.#bestKey(policy);
  }

  /** One database after another has to give. */
  #randomKey(policy: Policy): { db: Database; key: string } | undefined {
    const { databases } = this.#node;
    for (let tries = 0; tries < databases.length; tries += 1) {
      this.#nextDatabase = (this.#nextDatabase + 1) % databases.length;
      const db = databases[this.#nextDatabase] as Database;
      const keys = candidates(db, policy);
      if (keys.length > 0) return { db, key: this.#any(keys) };
    }
    return undefined;
  }

  #bestKey(policy: Policy): { db: Database; key: string } | undefined {
    const { databases } = this.#node;
    while (databases.some((db) => candidates(db, policy).length > 0)) {
      for (const db of databases) this.#sample(db, policy);
      for (let best = this.#pool.take(); best !== undefined; best = this.#pool.take()) {
        const db = databases[best.db] as Database;
        const there = policy.volatileOnly ? db.expiryOf(best.key) !== undefined : db.has(best.key);
        if (there) return { db, key: best.key };
      }
    }
    return undefined;
  }

  #sample(db: Database, policy: Policy): void {
    const keys = candidates(db, policy);
    const count = Math.min(keys.length, this.#node.config.number("maxmemory-samples"));
    for (let taken = 0; taken < count; taken += 1) {
      const key = this.#any(keys);
      this.#pool.offer(db.id, key, this.#score(db, key, policy));
    }
  }

  #score(db: Database, key: string, policy: Policy): number {
    const { store } = db;
    if (policy.by === "ttl") return -(store.expiry.timeOf(key) as number);
    const access = store.entries.access(store.find(key));
    const { aging } = this.#node;
    const now = this.#node.now();
    return policy.by === "lfu" ? LFU_MOST - aging.frequency(access, now) : aging.idleMs(access, now);
  }

  #any(keys: readonly string[]): string {
    return keys[Math.floor(this.#node.random() * keys.length)] as string;
  }
}

function candidates(db: Database, policy: Policy): readonly string[] {
  return policy.volatileOnly ? db.store.expiry.keys : db.names();
}

/** Undefined for `noeviction`. */
function parsePolicy(text: string): Policy | undefined {
  const [from, by] = text.split("-");
  if (by === undefined) return undefined;
  return { volatileOnly: from === "volatile", by: by as Policy["by"] };
}
