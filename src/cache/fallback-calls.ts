import { AbortError } from "../errors.ts";
import type { CacheBackend, CacheCallOptions, CacheEntry } from "./cache-backend.ts";
import { CacheOperationError } from "./cache-error.ts";
import type { FallbackMemory, MemoryWrite } from "./fallback-memory.ts";
import { Glob } from "./glob.ts";
import type { OutageJournal } from "./outage-journal.ts";
import type { PrimaryGate } from "./primary-gate.ts";
import type { MarkedCall } from "./write-marks.ts";

export interface FallbackParts<V> {
  readonly primary: CacheBackend<V>;
  readonly memory: FallbackMemory<V>;
  readonly gate: PrimaryGate<V>;
  readonly journal: OutageJournal;
  /** Keys whose last write, or only whose last TTL, the primary has not seen. */
  readonly pending: (keys: readonly string[], isTtlOnly?: boolean) => void;
  readonly pendingClear: () => void;
}

export interface ConditionalWrite extends MemoryWrite {
  readonly nx?: boolean | undefined;
  readonly xx?: boolean | undefined;
}

/** What a call found out, and whether memory said so in place of the primary. */
export interface Served<T> {
  readonly value: T;
  readonly fromMemory: boolean;
}

/** How a primary reads an entry. */
export type EntryRead<V> = (options: CacheCallOptions) => Promise<CacheEntry<V> | null>;

/**
 * Each call of a FallbackBackend: the primary is asked where it may be, memory learns what it said, and memory answers where the primary did not. Keys that
 * were written while it was away are memory's until it has them.
 */
export class FallbackCalls<V> {
  readonly #parts: FallbackParts<V>;

  constructor(parts: FallbackParts<V>) {
    this.#parts = parts;
  }

  read(key: string, options: CacheCallOptions | undefined): Promise<Served<V | undefined>> {
    const { primary, memory } = this.#parts;
    return this.#reading(async (call) => {
      const answer = await this.#ask([key], options, (limits) => primary.getMany([key], limits));
      if (answer === undefined) return served(memory.get(key), true);
      const value = answer.value.get(key);
      this.#learn(call, key, value);
      return served(value, false);
    });
  }

  readEntry(
    key: string,
    options: CacheCallOptions | undefined,
    read: EntryRead<V> = (limits) => this.#parts.primary.getWithMetadata(key, limits),
  ): Promise<Served<CacheEntry<V> | null>> {
    const { memory, journal } = this.#parts;
    return this.#reading(async (call) => {
      const answer = await this.#ask([key], options, read);
      if (answer === undefined) return served(memory.getEntry(key), true);
      const entry = answer.value;
      if (entry === null) this.#learn(call, key, undefined);
      else if (!journal.covers(key)) memory.foundEntry(call, key, entry);
      return served(entry, false);
    });
  }

  /** The hits of each, in the order of the keys. */
  readMany(
    keys: readonly string[],
    options: CacheCallOptions | undefined,
  ): Promise<{ readonly found: Map<string, V>; readonly memoryHits: number; readonly memoryMisses: number }> {
    const { primary, memory, journal } = this.#parts;
    return this.#reading(async (call) => {
      const asked = journal.isEmpty ? keys : keys.filter((key) => !journal.covers(key));
      const answer = await this.#ask(asked, options, (limits) => primary.getMany(asked, limits));
      const found = new Map<string, V>();
      const fromPrimary = new Set(answer === undefined ? [] : asked);
      let [memoryHits, memoryMisses] = [0, 0];
      for (const key of new Set(keys)) {
        const here = fromPrimary.has(key);
        const value = here ? answer!.value.get(key) : memory.get(key);
        if (here) this.#learn(call, key, value);
        else if (value === undefined) memoryMisses++;
        else memoryHits++;
        if (value !== undefined) found.set(key, value);
      }
      return { found, memoryHits, memoryMisses };
    });
  }

  async exists(key: string, options: CacheCallOptions | undefined): Promise<boolean> {
    const { primary, memory } = this.#parts;
    const answer = await this.#ask([key], options, (limits) => primary.exists(key, limits));
    return answer === undefined ? memory.has(key) : answer.value;
  }

  async ttl(key: string, options: CacheCallOptions | undefined): Promise<number | null> {
    const { primary, memory } = this.#parts;
    const answer = await this.#ask([key], options, (limits) => primary.ttl(key, limits));
    return answer === undefined ? memory.ttlMs(key) : answer.value;
  }

  async hasMany(keys: readonly string[], options: CacheCallOptions | undefined): Promise<boolean[]> {
    const { primary, memory, journal } = this.#parts;
    const asked = journal.isEmpty ? keys : keys.filter((key) => !journal.covers(key));
    const answer = await this.#ask(asked, options, (limits) => primary.hasMany(asked, limits));
    const has = new Map(asked.map((key, i) => [key, answer?.value[i]]));
    return keys.map((key) => has.get(key) ?? memory.has(key));
  }

  /** Whether it was set. */
  write(
    keys: readonly string[],
    values: readonly V[],
    write: ConditionalWrite,
    options: CacheCallOptions | undefined,
    ask: (options: CacheCallOptions) => Promise<boolean>,
  ): Promise<boolean> {
    const { memory, pending } = this.#parts;
    return this.#changing(keys, async (call) => {
      const answer = await this.#ask(keys, options, ask);
      if (answer !== undefined) {
        if (answer.value) for (const [i, key] of keys.entries()) memory.wrote(call, key, values[i]!, write);
        this.#again(keys);
        return answer.value;
      }
      const exists = keys.length === 1 && memory.has(keys[0]!);
      if ((write.nx === true && exists) || (write.xx === true && !exists)) return false;
      memory.write(call, keys, values, write);
      pending(keys);
      return true;
    });
  }

  delete(keys: readonly string[], options: CacheCallOptions | undefined): Promise<number> {
    const { primary, memory, pending } = this.#parts;
    return this.#changing(keys, async (call) => {
      const answer = await this.#ask(keys, options, (limits) => primary.deleteMany(keys, limits));
      if (answer === undefined) {
        const count = new Set(keys.filter((key) => memory.has(key))).size;
        for (const key of keys) memory.removed(call, key);
        pending(keys);
        return count;
      }
      for (const key of keys) memory.removed(call, key);
      this.#again(keys);
      return answer.value;
    });
  }

  expire(key: string, ttlMs: number | null, options: CacheCallOptions | undefined): Promise<boolean> {
    const { primary, memory, pending } = this.#parts;
    return this.#changing([key], async () => {
      const answer = await this.#ask([key], options, (limits) => primary.expire(key, ttlMs, limits));
      if (answer !== undefined) {
        if (answer.value) memory.store.expire(key, ttlMs);
        this.#again([key], true);
        return answer.value;
      }
      const exists = memory.has(key) && memory.store.expire(key, ttlMs);
      if (exists) pending([key], true);
      return exists;
    });
  }

  async clear(options: CacheCallOptions | undefined): Promise<number> {
    const { primary, memory, journal, pendingClear } = this.#parts;
    const call = memory.beginClear();
    try {
      const answer = journal.isEmpty
        ? await this.#ask([], options, (limits) => primary.clear(limits))
        : undefined;
      const count = memory.store.clear();
      if (answer !== undefined && journal.isEmpty) return answer.value;
      pendingClear();
      return answer?.value ?? count;
    } catch (error) {
      // As in #changing: nobody knows what is left.
      memory.store.clear();
      throw error;
    } finally {
      memory.end(call);
    }
  }

  /** What the primary lists, and from where it fails on what memory holds, so that a key may come twice. */
  async *keys(
    pattern: string,
    options: CacheCallOptions | undefined,
  ): AsyncGenerator<string, void, undefined> {
    const { primary, memory, journal } = this.#parts;
    const glob = new Glob(pattern);
    let steps: AsyncIterableIterator<string> | undefined;
    let whole = false;
    try {
      for (;;) {
        const step = await this.#ask([], options, ({ timeoutMs }) => {
          steps ??= primary.keys(pattern, { ...options, timeoutMs });
          return steps.next();
        });
        whole = step?.value.done === true;
        if (step === undefined || step.value.done === true) break;
        if (!journal.covers(step.value.value)) yield step.value.value;
      }
    } finally {
      // Not waited for: behind a step that hangs its end would hang as well.
      if (!whole) void steps?.return?.().catch(() => {});
    }
    for (const key of memory.store.keys())
      if (glob.matches(key) && memory.has(key) && (!whole || journal.covers(key))) yield key;
  }

  async #reading<T>(work: (call: MarkedCall) => Promise<T>): Promise<T> {
    const call = this.#parts.memory.begin();
    try {
      return await work(call);
    } finally {
      this.#parts.memory.end(call);
    }
  }

  async #changing<T>(keys: readonly string[], work: (call: MarkedCall) => Promise<T>): Promise<T> {
    const { memory } = this.#parts;
    const call = memory.begin(keys);
    try {
      return await work(call);
    } catch (error) {
      // The primary may have done it, or part of it.
      if (error instanceof CacheOperationError || error instanceof AbortError)
        for (const key of keys) memory.removed(call, key);
      throw error;
    } finally {
      memory.end(call);
    }
  }

  /** Undefined where the primary must not be asked about one of the keys, or did not answer. */
  async #ask<T>(
    keys: readonly string[],
    options: CacheCallOptions | undefined,
    work: (options: CacheCallOptions) => Promise<T>,
  ): Promise<{ readonly value: T } | undefined> {
    const { journal, gate } = this.#parts;
    if (journal.clearVersion !== 0 || (!journal.isEmpty && keys.some((key) => journal.covers(key))))
      return undefined;
    return gate.ask(options, work);
  }

  #learn(call: MarkedCall, key: string, value: V | undefined): void {
    const { memory, journal } = this.#parts;
    if (journal.covers(key)) return;
    if (value === undefined) memory.missed(call, key);
    else memory.found(call, key, value);
  }

  /** Keys that became memory's while the primary was changing them: whichever came last, it gets memory's value once more. */
  #again(keys: readonly string[], isTtlOnly?: boolean): void {
    const covered = keys.filter((key) => this.#parts.journal.covers(key));
    if (covered.length > 0) this.#parts.pending(covered, isTtlOnly);
  }
}

function served<T>(value: T, fromMemory: boolean): Served<T> {
  return { value, fromMemory };
}
