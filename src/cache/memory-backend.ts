import { checkTtl } from "../cluster/options.ts";
import type {
  CacheBackend,
  CacheCallOptions,
  CacheEntry,
  CacheMetadata,
  CacheSetOneOptions,
  CacheSetOptions,
  CacheWrapOptions,
} from "./cache-backend.ts";
import { CacheConnectionError, CacheError } from "./cache-error.ts";
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
import type { CacheOperation, CacheStats } from "./cache-stats.ts";
import { Glob } from "./glob.ts";
import { type MemoryBackendOptions, resolveMemoryOptions } from "./memory-options.ts";
import { MemoryStore, packMetadata } from "./memory-store.ts";
import { StatsRecorder } from "./stats-recorder.ts";
import { Wrapper } from "./wrapper.ts";

/**
 * A cache in this process: encoded bytes on lru-cache, so that values belong to whoever has them and `bytes` is exact. Calls are done when they return;
 * `timeoutMs` has no effect. `disconnect()` refuses further calls and keeps the entries.
 */
export class MemoryBackend<V = Uint8Array> implements CacheBackend<V> {
  /** @internal For the caches that keep their memory here. */
  readonly store: MemoryStore<V>;
  /** Adapters that make their own bytes take `bytes` only. */
  readonly codecName: string;
  readonly #ttlMs: number | null;
  readonly #stats: StatsRecorder = new StatsRecorder();
  readonly #wrapper: Wrapper<V>;
  #connected = true;

  /** Throws ConfigError `UNKNOWN_OPTION`, `BAD_OPTION` or `BAD_TTL`. */
  constructor(options: MemoryBackendOptions<V> = {}) {
    const resolved = resolveMemoryOptions(options);
    this.store = new MemoryStore(resolved);
    this.codecName = resolved.codec.name;
    this.#ttlMs = resolved.ttlMs;
    this.#wrapper = new Wrapper<V>({
      ttlMs: resolved.ttlMs,
      read: async (key) => this.#read(key),
      write: async (key, value, { ttlMs, metadata }) => {
        this.#write([key], [value], ttlMs, metadata);
      },
      copier: (value) => this.store.copier(value),
      // Its own errors were counted where they were thrown.
      failed: (error) => {
        if (!(error instanceof CacheError)) this.#stats.error();
      },
    });
  }

  /** Where `set` does not say; null: for ever. */
  get ttlMs(): number | null {
    return this.#ttlMs;
  }

  get isConnected(): boolean {
    return this.#connected;
  }

  async connect(options?: CacheCallOptions): Promise<void> {
    checkCacheCall("connect", options, 0);
    this.#connected = true;
  }

  async disconnect(): Promise<void> {
    this.#connected = false;
  }

  async ping(options?: CacheCallOptions): Promise<boolean> {
    checkCacheCall("ping", options, 0);
    return this.#connected;
  }

  async get(key: string, options?: CacheCallOptions): Promise<V | null> {
    checkCacheCall("get", options);
    checkCacheKey(key);
    return this.#run("get", () => {
      const value = this.store.get(key);
      this.#readKeys(value === undefined ? 0 : 1, 1);
      return value ?? null;
    });
  }

  async getWithMetadata(key: string, options?: CacheCallOptions): Promise<CacheEntry<V> | null> {
    checkCacheCall("getWithMetadata", options);
    checkCacheKey(key);
    return this.#read(key);
  }

  async set(key: string, value: V, options?: CacheSetOneOptions): Promise<boolean> {
    checkCacheCall("set", options, 1, "ttlMs", "metadata", "nx", "xx");
    checkCacheKey(key);
    checkCacheValue(value);
    const { nx, xx, metadata } = options ?? {};
    checkConditions({ nx, xx });
    checkMetadata(metadata);
    const ttlMs = resolveTtl(options?.ttlMs, this.#ttlMs);
    const kept = (nx === true && this.store.has(key)) || (xx === true && !this.store.has(key));
    if (!kept) this.#wrapper.forget(key);
    return this.#write([key], kept ? [] : [value], ttlMs, metadata);
  }

  async delete(key: string, options?: CacheCallOptions): Promise<boolean> {
    checkCacheCall("delete", options);
    checkCacheKey(key);
    return this.#delete([key]) === 1;
  }

  async exists(key: string, options?: CacheCallOptions): Promise<boolean> {
    checkCacheCall("exists", options);
    checkCacheKey(key);
    return this.#run("other", () => this.store.has(key));
  }

  async ttl(key: string, options?: CacheCallOptions): Promise<number | null> {
    checkCacheCall("ttl", options);
    checkCacheKey(key);
    return this.#run("other", () => this.store.ttlMs(key));
  }

  async expire(key: string, ttlMs: number | null, options?: CacheCallOptions): Promise<boolean> {
    checkCacheCall("expire", options);
    checkCacheKey(key);
    const checkedMs = ttlMs === null ? null : checkTtl(ttlMs);
    return this.#run("other", () => this.store.expire(key, checkedMs));
  }

  async getMany(keys: readonly string[], options?: CacheCallOptions): Promise<Map<string, V>> {
    checkCacheCall("getMany", options);
    checkCacheKeys(keys);
    return this.#run("get", () => {
      const found = new Map<string, V>();
      for (const key of new Set(keys)) {
        const value = this.store.get(key);
        if (value !== undefined) found.set(key, value);
      }
      this.#readKeys(found.size, new Set(keys).size);
      return found;
    });
  }

  async setMany(entries: Iterable<readonly [string, V]>, options?: CacheSetOptions): Promise<void> {
    checkCacheCall("setMany", options, 1, "ttlMs", "metadata");
    const { keys, values } = readCacheEntries(entries);
    const { metadata } = options ?? {};
    checkMetadata(metadata);
    const ttlMs = resolveTtl(options?.ttlMs, this.#ttlMs);
    for (const key of keys) this.#wrapper.forget(key);
    this.#write(keys, values, ttlMs, metadata);
  }

  async deleteMany(keys: readonly string[], options?: CacheCallOptions): Promise<number> {
    checkCacheCall("deleteMany", options);
    checkCacheKeys(keys);
    return this.#delete(keys);
  }

  async hasMany(keys: readonly string[], options?: CacheCallOptions): Promise<boolean[]> {
    checkCacheCall("hasMany", options);
    checkCacheKeys(keys);
    return this.#run("other", () => keys.map((key) => this.store.has(key)));
  }

  async *keys(pattern: string = "*", options?: CacheCallOptions): AsyncIterableIterator<string> {
    checkCacheCall("keys", options);
    checkPattern(pattern);
    const glob = new Glob(pattern);
    const keys = this.#run("other", () => this.store.keys());
    for (const key of keys) if (glob.matches(key) && this.store.has(key)) yield key;
  }

  async clear(options?: CacheCallOptions): Promise<number> {
    checkCacheCall("clear", options);
    this.#wrapper.forgetAll();
    return this.#run("delete", () => {
      const count = this.store.clear();
      this.#stats.delete(count);
      return count;
    });
  }

  wrap<T extends V>(key: string, fn: () => T | Promise<T>, options?: CacheWrapOptions): Promise<T> {
    return this.#wrapper.wrap(key, fn, options);
  }

  async getStats(options?: CacheCallOptions): Promise<CacheStats> {
    checkCacheCall("getStats", options, 0);
    const { entries, byteLength, evictions } = this.store;
    return this.#stats.snapshot({ entries, bytes: byteLength, evictions });
  }

  #read(key: string): CacheEntry<V> | null {
    return this.#run("get", () => {
      const entry = this.store.getEntry(key);
      this.#readKeys(entry === null ? 0 : 1, 1);
      if (entry === null) return null;
      const { value, metadata, ttlMs } = entry;
      return { value, metadata, ttlMs };
    });
  }

  /** Encodes every value before it stores the first one; whether there was any. */
  #write(
    keys: readonly string[],
    values: readonly V[],
    ttlMs: number | null,
    metadata: CacheMetadata | undefined,
  ): boolean {
    return this.#run("set", () => {
      const packed = packMetadata(metadata);
      const records = values.map((value, i) =>
        this.store.encode(keys[i]!, value, packed, values.length === 1 ? undefined : i),
      );
      for (const [i, record] of records.entries()) this.store.put(keys[i]!, record, ttlMs);
      this.#stats.set(records.length);
      return records.length > 0;
    });
  }

  #delete(keys: readonly string[]): number {
    for (const key of keys) this.#wrapper.forget(key);
    return this.#run("delete", () => {
      const count = keys.reduce((sum, key) => sum + (this.store.delete(key) ? 1 : 0), 0);
      this.#stats.delete(count);
      return count;
    });
  }

  #readKeys(found: number, asked: number): void {
    this.#stats.hit(found);
    this.#stats.miss(asked - found);
  }

  #run<T>(operation: CacheOperation, work: () => T): T {
    return this.#stats.timedSync(operation, () => {
      if (!this.#connected)
        throw new CacheConnectionError(
          "DISCONNECTED",
          "the cache was disconnected; connect() opens it again",
        );
      return work();
    });
  }
}
