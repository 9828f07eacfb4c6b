import { EventEmitter } from "node:events";
import { badOption, checkTtl } from "../cluster/options.ts";
import { callOwner } from "../cluster/subscription-events.ts";
import { AbortError, ConfigError } from "../errors.ts";
import type {
  CacheBackend,
  CacheCallOptions,
  CacheEntry,
  CacheSetOneOptions,
  CacheSetOptions,
  CacheWrapOptions,
} from "./cache-backend.ts";
import {
  checkCacheCall,
  checkCacheKey,
  checkCacheKeys,
  checkCacheValue,
  checkConditions,
  checkMetadata,
  checkPattern,
  readCacheEntries,
  resolveTtl,
} from "./cache-input.ts";
import type { CircuitChange, CircuitState } from "./circuit-breaker.ts";
import { FallbackCore } from "./fallback-core.ts";
import { type FallbackOptions, resolveFallbackOptions } from "./fallback-options.ts";
import type { FallbackServing } from "./fallback-serving.ts";
import { FallbackStats } from "./fallback-stats.ts";
import { type FallbackArgument, type FallbackPrimary, fallbackWrapHost } from "./fallback-wrap.ts";
import { MemoryBackend } from "./memory-backend.ts";
import { Wrapper } from "./wrapper.ts";

export interface FallbackEvents {
  /** The way to the primary opened, half-opened or closed; `cause` is why it opened. */
  state: [CircuitChange];
  /** More keys were written during an outage than `maxPendingKeys`; once per outage. */
  overflow: [{ readonly maxPendingKeys: number }];
}

/** Milliseconds that `getStats` waits for a primary that is down. */
const STATS_TIMEOUT_MS = 100;

/**
 * A cache that goes on while its primary is down: memory learns every value that is read from or written to the primary, and answers in its
 * place. Nothing but bad input, aborts and what the primary refuses while it is up (CacheOperationError) reaches a caller. docs/cache.md tells
 * what may be relied on during an outage and after it.
 */
export class FallbackBackend<V = Uint8Array> extends EventEmitter<FallbackEvents> implements CacheBackend<V> {
  readonly #primary: FallbackPrimary<V>;
  readonly #memory: MemoryBackend<V>;
  readonly #core: FallbackCore<V>;
  readonly #serving: FallbackServing<V>;
  readonly #wrapper: Wrapper<V>;
  readonly #ttlMs: number | null;
  readonly #primaryTimeoutMs: number;

  /**
   * Both caches are this one's from then on: `disconnect()` disconnects the primary, and nobody else is to write to the memory. Throws ConfigError
   * `UNKNOWN_OPTION`, `BAD_OPTION` or `BAD_TTL`, also where their codecs differ.
   */
  constructor(
    primaryCache: FallbackArgument<V>,
    memory: MemoryBackend<V> = new MemoryBackend<V>(),
    options: FallbackOptions = {},
  ) {
    super();
    const primary = primaryCache as FallbackPrimary<V>;
    const resolved = resolveFallbackOptions(options);
    const { ttlMs, maxPendingKeys } = resolved;
    if (typeof primary?.getMany !== "function") throw badOption("primary", "a CacheBackend", primary);
    if (!(memory instanceof MemoryBackend)) throw badOption("memory", "a MemoryBackend", memory);
    const { codecName = memory.codecName } = primary;
    if (codecName !== memory.codecName)
      throw badOption("memory", `the codec of the primary, "${codecName}"`, memory.codecName);
    this.#primary = primary;
    this.#memory = memory;
    this.#ttlMs =
      ttlMs !== undefined ? ttlMs : primary.wrapHost !== undefined ? primary.wrapHost.ttlMs : memory.ttlMs;
    this.#primaryTimeoutMs = resolved.primaryTimeoutMs;
    this.#core = new FallbackCore(primary, memory.store, resolved, {
      state: (change) => callOwner(() => this.emit("state", change)),
      overflow: () => callOwner(() => this.emit("overflow", { maxPendingKeys })),
    });
    const { serving, gate } = this.#core;
    this.#serving = serving;
    this.#wrapper = new Wrapper(
      fallbackWrapHost({ primary, gate, serving, store: memory.store, ttlMs: this.#ttlMs }),
    );
  }

  /** How the primary is met now. */
  get state(): CircuitState {
    return this.#core.gate.state;
  }

  /** That of both caches. */
  get codecName(): string {
    return this.#memory.codecName;
  }

  /** True also while the primary is down. */
  get isConnected(): boolean {
    return this.#serving.isOpen;
  }

  /** Connects the primary; resolves also where that failed, in state `open`. Rejects with ConfigError or AbortError. */
  async connect(options?: CacheCallOptions): Promise<void> {
    checkCacheCall("connect", options);
    this.#serving.isOpen = true;
    this.#core.gate.open();
    const call = { ...options, timeoutMs: options?.timeoutMs ?? this.#primaryTimeoutMs };
    try {
      await this.#primary.connect(call);
    } catch (error) {
      if (error instanceof ConfigError || error instanceof AbortError) throw error;
      this.#core.gate.trip(error);
    }
    this.#core.replay.kick();
  }

  /** Lets accepted calls finish and disconnects the primary. Memory, and what is still to be written to the primary, stay for the next `connect()`. */
  async disconnect(): Promise<void> {
    this.#serving.isOpen = false;
    this.#core.gate.close();
    await this.#core.replay.stop();
    await this.#primary.disconnect();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.disconnect();
  }

  /** True also while the primary is down; `state` tells about it. */
  async ping(options?: CacheCallOptions): Promise<boolean> {
    checkCacheCall("ping", options);
    return this.#serving.isOpen;
  }

  async get(key: string, options?: CacheCallOptions): Promise<V | null> {
    checkCacheCall("get", options);
    checkCacheKey(key);
    return this.#serving.get(key, options);
  }

  async getWithMetadata(key: string, options?: CacheCallOptions): Promise<CacheEntry<V> | null> {
    checkCacheCall("getWithMetadata", options);
    checkCacheKey(key);
    return this.#serving.getEntry(key, options);
  }

  async set(key: string, value: V, options: CacheSetOneOptions = {}): Promise<boolean> {
    checkCacheCall("set", options, 1, "ttlMs", "metadata", "nx", "xx");
    checkCacheKey(key);
    checkCacheValue(value);
    checkConditions(options);
    const { nx, xx } = options;
    const write = { ...this.#resolveWrite(options), nx, xx };
    return this.#changing([key], () =>
      this.#serving.write([key], [value], write, options, (limits) =>
        this.#primary.set(key, value, { ...write, ...limits }),
      ),
    );
  }

  async delete(key: string, options?: CacheCallOptions): Promise<boolean> {
    checkCacheCall("delete", options);
    checkCacheKey(key);
    return (await this.#changing([key], () => this.#serving.delete([key], options))) > 0;
  }

  async exists(key: string, options?: CacheCallOptions): Promise<boolean> {
    checkCacheCall("exists", options);
    checkCacheKey(key);
    return this.#serving.run("other", (calls) => calls.exists(key, options));
  }

  async ttl(key: string, options?: CacheCallOptions): Promise<number | null> {
    checkCacheCall("ttl", options);
    checkCacheKey(key);
    return this.#serving.run("other", (calls) => calls.ttl(key, options));
  }

  async expire(key: string, ttlMs: number | null, options?: CacheCallOptions): Promise<boolean> {
    checkCacheCall("expire", options);
    checkCacheKey(key);
    const asked = ttlMs === null ? null : checkTtl(ttlMs);
    return this.#serving.run("other", (calls) => calls.expire(key, asked, options));
  }

  async getMany(keys: readonly string[], options?: CacheCallOptions): Promise<Map<string, V>> {
    checkCacheKeys(keys);
    checkCacheCall("getMany", options, keys.length);
    return this.#serving.getMany([...new Set(keys)], options);
  }

  async setMany(entries: Iterable<readonly [string, V]>, options: CacheSetOptions = {}): Promise<void> {
    checkCacheCall("setMany", options, 0, "ttlMs", "metadata");
    const { keys, values } = readCacheEntries(entries);
    const write = this.#resolveWrite(options);
    const pairs = keys.map((key, i) => [key, values[i]!] as const);
    await this.#changing(keys, () =>
      this.#serving.write(keys, values, write, options, async (limits) => {
        await this.#primary.setMany(pairs, { ...write, ...limits });
        return true;
      }),
    );
  }

  async deleteMany(keys: readonly string[], options?: CacheCallOptions): Promise<number> {
    checkCacheKeys(keys);
    checkCacheCall("deleteMany", options, keys.length);
    const asked = keys.slice();
    return this.#changing(asked, () => this.#serving.delete(asked, options));
  }

  async hasMany(keys: readonly string[], options?: CacheCallOptions): Promise<boolean[]> {
    checkCacheKeys(keys);
    checkCacheCall("hasMany", options, keys.length);
    const asked = keys.slice();
    return this.#serving.run("other", (calls) => calls.hasMany(asked, options));
  }

  async *keys(pattern: string = "*", options?: CacheCallOptions): AsyncGenerator<string, void, undefined> {
    checkCacheCall("keys", options, 0);
    checkPattern(pattern);
    const walk = await this.#serving.run("other", async (calls) => calls.keys(pattern, options));
    for await (const key of walk) {
      yield key;
      this.#serving.check();
    }
  }

  async clear(options?: CacheCallOptions): Promise<number> {
    checkCacheCall("clear", options, 0);
    this.#wrapper.forgetAll();
    return this.#serving.clear(options).finally(() => this.#wrapper.forgetAll());
  }

  async wrap<T extends V>(key: string, fn: () => T | Promise<T>, options?: CacheWrapOptions): Promise<T> {
    return this.#wrapper.wrap(key, fn, options);
  }

  /** Entries, bytes and evictions are those of memory; what the primary says of itself is `parts.primary`, where it says something. */
  async getStats(options?: CacheCallOptions): Promise<FallbackStats> {
    checkCacheCall("getStats", options, 0);
    const timeoutMs = this.state === "closed" ? this.#primaryTimeoutMs : STATS_TIMEOUT_MS;
    const [primary, memory] = await Promise.all([
      this.#primary.getStats({ timeoutMs, ...options }).catch(() => undefined),
      this.#core.memoryStats(this.#memory),
    ]);
    const { entries, bytes, evictions } = memory;
    const parts = primary === undefined ? { memory } : { primary, memory };
    return new FallbackStats(this.#serving.fields({ entries, bytes, evictions, parts }), this.#core.fields());
  }

  #resolveWrite({ ttlMs, metadata }: CacheSetOptions) {
    checkMetadata(metadata);
    return { ttlMs: resolveTtl(ttlMs, this.#ttlMs), metadata };
  }

  /** Keeps what `wrap` computes meanwhile from being stored. */
  async #changing<T>(keys: readonly string[], change: () => Promise<T>): Promise<T> {
    for (const key of keys) this.#wrapper.forget(key);
    try {
      return await change();
    } finally {
      for (const key of keys) this.#wrapper.forget(key);
    }
  }
}
