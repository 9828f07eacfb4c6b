import type { CacheStats } from "./cache-stats.ts";

/** MessagePack-able fields kept beside a value, e.g. `{ etag: "…", source: 3 }`. */
export type CacheMetadata = Readonly<Record<string, unknown>>;

/** A value with what is known about it. */
export interface CacheEntry<V> {
  readonly value: V;
  /** As it was set; null where none was given. */
  readonly metadata: CacheMetadata | null;
  /** Milliseconds left; Infinity where the entry does not expire. */
  readonly ttlMs: number;
}

export interface CacheCallOptions {
  signal?: AbortSignal | undefined;
  /** Milliseconds for this call instead of the backend's own limit. */
  timeoutMs?: number | undefined;
}

export interface CacheSetOptions extends CacheCallOptions {
  /** Whole milliseconds that the entry lives, from 1; null: for ever. Default: the backend's `ttlMs`. */
  ttlMs?: number | null | undefined;
  /** Kept beside the value, read by `getWithMetadata`. Default: none. */
  metadata?: CacheMetadata | undefined;
}

export interface CacheSetOneOptions extends CacheSetOptions {
  /** Only where the key does not exist. Not together with `xx`. */
  nx?: boolean | undefined;
  /** Only where the key exists. */
  xx?: boolean | undefined;
}

export interface CacheWrapOptions extends CacheCallOptions {
  /** Milliseconds that a computed value is fresh; null: for ever. Default: the backend's `ttlMs`. */
  ttlMs?: number | null | undefined;
  /**
   * Milliseconds beyond `ttlMs` in which the old value is served at once while one call computes the next in the background. Default 0. Needs a
   * finite `ttlMs`.
   */
  staleMs?: number | undefined;
  /** Kept beside the computed value. */
  metadata?: CacheMetadata | undefined;
}

/**
 * What every cache offers. Keys are strings (UTF-8); values are what the backend's codec takes, and no `undefined`.
 *
 * - **Order.** Lists of results stand at the caller's index; a Map of results holds the hits in the order in which their keys were given.
 * - **Misses.** A miss is `null`, or absent from a Map. An error is never shown as a miss: it rejects.
 * - **Ownership.** A value that was set may be changed by the caller once the promise has resolved, and a value that was read belongs to the
 *   caller: changing it changes neither the cache nor what others read.
 * - **TTL.** Milliseconds everywhere, whole, from 1.
 * - **Errors.** Bad input is a ConfigError, before anything is sent; what the backend could not reach is a CacheConnectionError, what it
 *   refused a CacheOperationError, an abort an AbortError.
 */
export interface CacheBackend<V = Uint8Array> {
  /** Whether calls can be served now, without a look at the network. */
  readonly isConnected: boolean;
  /** Resolves when calls can be served; calls made before connect by themselves. */
  connect(options?: CacheCallOptions): Promise<void>;
  /** Lets accepted calls finish and frees what was opened; `connect()` opens it again. */
  disconnect(): Promise<void>;
  /** Whether the backend answers; false instead of an error. */
  ping(options?: CacheCallOptions): Promise<boolean>;

  get(key: string, options?: CacheCallOptions): Promise<V | null>;
  getWithMetadata(key: string, options?: CacheCallOptions): Promise<CacheEntry<V> | null>;
  /** Whether it was set; false where `nx` or `xx` kept it from that. */
  set(key: string, value: V, options?: CacheSetOneOptions): Promise<boolean>;
  /** Whether there was an entry. */
  delete(key: string, options?: CacheCallOptions): Promise<boolean>;
  exists(key: string, options?: CacheCallOptions): Promise<boolean>;
  /** Milliseconds left; Infinity where the entry does not expire, null where there is none. */
  ttl(key: string, options?: CacheCallOptions): Promise<number | null>;
  /** Gives an entry another TTL (null: for ever); whether there is one. */
  expire(key: string, ttlMs: number | null, options?: CacheCallOptions): Promise<boolean>;

  /** The hits, in the order of `keys`. */
  getMany(keys: readonly string[], options?: CacheCallOptions): Promise<Map<string, V>>;
  /** One TTL and one metadata for all; of two entries with one key the later one wins. */
  setMany(entries: Iterable<readonly [string, V]>, options?: CacheSetOptions): Promise<void>;
  /** How many entries there were. */
  deleteMany(keys: readonly string[], options?: CacheCallOptions): Promise<number>;
  /** At the caller's index. */
  hasMany(keys: readonly string[], options?: CacheCallOptions): Promise<boolean[]>;

  /** Keys that match a glob pattern (default `*`), each at least once; what is set or deleted meanwhile may or may not come. */
  keys(pattern?: string, options?: CacheCallOptions): AsyncIterableIterator<string>;
  /** Removes this cache's own entries and nothing else; how many there were. */
  clear(options?: CacheCallOptions): Promise<number>;

  /**
   * The cached value, or what `fn` returns, which is then cached. `fn` runs once per key at a time in this process; its error reaches
   * every waiter and is cached nowhere. A cache that fails does not fail the call: `fn` is run.
   */
  wrap<T extends V>(key: string, fn: () => T | Promise<T>, options?: CacheWrapOptions): Promise<T>;

  getStats(options?: CacheCallOptions): Promise<CacheStats>;
}
