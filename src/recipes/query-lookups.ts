import type { CacheBackend, CacheCallOptions } from "../cache/cache-backend.ts";
import { decodeEntry } from "./query-entry.ts";
import type { TagLedger } from "./tag-ledger.ts";

/** What a read found: the value's bytes, null for a miss, and the tokens of the asked tags as they were after the read began. */
export interface QueryLook {
  readonly value: Buffer | null;
  readonly tokens: ReadonlyMap<string, string>;
  /** Whether other callers have the same `value`, so that each must copy it. */
  readonly shared: boolean;
}

interface PendingLook {
  readers: number;
  outcome: Promise<QueryLook>;
}

export interface LookCounters {
  outdated: number;
  unreadable: number;
}

/** Reads entries together with the tokens of their tags. Calls that begin before a read is sent share it; none joins one that was sent already. */
export class QueryLookups {
  readonly #cache: CacheBackend;
  readonly #tags: TagLedger;
  readonly #counters: LookCounters;
  /** Reads that are not sent yet. */
  readonly #pending = new Map<string, PendingLook>();

  constructor(cache: CacheBackend, tags: TagLedger, counters: LookCounters) {
    this.#cache = cache;
    this.#tags = tags;
    this.#counters = counters;
  }

  /** `tags`, each once, are what the entry must have. */
  look(key: string, tags: readonly string[], options: CacheCallOptions): Promise<QueryLook> {
    if (options.signal !== undefined || options.timeoutMs !== undefined)
      return this.#read(key, tags, options, undefined);
    const id = JSON.stringify([key, tags]);
    let pending = this.#pending.get(id);
    if (pending === undefined) {
      const own: PendingLook = { readers: 0, outcome: undefined as never };
      own.outcome = Promise.resolve().then(() => {
        this.#pending.delete(id);
        return this.#read(key, tags, options, own);
      });
      this.#pending.set(id, own);
      pending = own;
    }
    pending.readers++;
    return pending.outcome;
  }

  async #read(
    key: string,
    tags: readonly string[],
    options: CacheCallOptions,
    pending: PendingLook | undefined,
  ): Promise<QueryLook> {
    const found = await this.#cache.getMany([key, ...tags.map((tag) => this.#tags.keyOf(tag))], options);
    const tokens = this.#tags.pick(tags, found);
    const shared = pending !== undefined && pending.readers > 1;
    const stored = found.get(key);
    if (stored === undefined) return { value: null, tokens, shared };
    const entry = stored instanceof Uint8Array ? decodeEntry(stored) : null;
    if (entry === null) {
      this.#counters.unreadable++;
      return { value: null, tokens, shared };
    }
    const others = [...entry.tokens.keys()].filter((tag) => !tags.includes(tag));
    const now = new Map([...tokens, ...(await this.#tags.read(others, options))]);
    const valid =
      tags.every((tag) => entry.tokens.has(tag)) &&
      [...entry.tokens].every(([tag, token]) => now.get(tag) === token);
    if (!valid) this.#counters.outdated++;
    return { value: valid ? entry.value : null, tokens, shared };
  }
}
