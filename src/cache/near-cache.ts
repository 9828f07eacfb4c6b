import { EventEmitter } from "node:events";
import { badOption } from "../cluster/options.ts";
import { callOwner } from "../cluster/subscription-events.ts";
import type {
  CacheBackend,
  CacheCallOptions,
  CacheEntry,
  CacheSetOneOptions,
  CacheSetOptions,
  CacheWrapOptions,
} from "./cache-backend.ts";
import { CacheError } from "./cache-error.ts";
import { checkCacheCall, checkCacheKey, checkCacheKeys, readCacheEntries } from "./cache-input.ts";
import type { CacheOperation, CacheStats } from "./cache-stats.ts";
import { NearCopies } from "./near-copies.ts";
import type { NearCacheEvents } from "./near-events.ts";
import { type NearCacheOptions, resolveNearOptions } from "./near-options.ts";
import { NearReader } from "./near-reader.ts";
import { NearTracking } from "./near-tracking.ts";
import { RedisBackend } from "./redis-backend.ts";
import { LOCK_SUFFIX } from "./redis-wrap-lock.ts";
import { StatsRecorder } from "./stats-recorder.ts";
import type { WrapHost } from "./wrap-host.ts";
import { Wrapper } from "./wrapper.ts";

/**
 * Local copies of what is read from Redis, removed as soon as a server tells that the original has changed: once an invalidation has arrived, no
 * read that begins later returns the value from before it. Works at one server, behind Sentinels and on a cluster, over one more connection to
 * each primary.
 *
 * What that rests on:
 *
 * - **A reply may be older than an invalidation that overtakes it**, since they come over different connections. Every key that is being read has a
 *   mark, which an invalidation breaks; a reply whose mark is broken is returned to its caller, who asked before, and not kept.
 * - **Own writes** break the marks and remove the copies before they are sent and again when they have ended, also where their outcome is unknown, so that
 *   a caller reads what it wrote. The server's invalidation of the same write comes on top.
 * - **FLUSHALL and FLUSHDB** come as an invalidation without keys: all copies go, all marks break.
 * - **A lost connection** may have lost invalidations: all copies go at once, and nothing is kept until every primary tells of changes again. A
 *   reply is kept only where that held from before its read was sent until it came. A connection that has fallen silent is asked for a sign of life
 *   after `deadNodeTimeoutMs` (at least a second) and counts as lost after as long again.
 * - **Slots that move**: the node that gives a key away tells of its removal. Replies of calls during which the client was redirected are not kept, since
 *   the node that answered may be one that nobody listens to yet; a primary that has come into the topology is one that does not tell, until it does.
 * - **A failover** ends the connection, or changes the topology; both empty the cache. While an old primary that was demoted without noticing a thing still
 *   serves its connections, the topology tells within `topologyRefreshMs`.
 * - **Expiry**: the TTL is read with the value, in one packed write, and counted from before that was sent, so that a copy is gone when its original is.
 *   `maxAgeMs` bounds what no invalidation tells.
 *
 * Copies are encoded bytes, decoded for each reader. `wrap` runs on top of it all, with one flight per key that an invalidation ends too.
 */
export class NearCache<V = Uint8Array> extends EventEmitter<NearCacheEvents> implements CacheBackend<V> {
  readonly #backend: RedisBackend<V>;
  readonly #copies: NearCopies<V>;
  readonly #tracking: NearTracking;
  readonly #reader: NearReader<V>;
  readonly #stats = new StatsRecorder();
  readonly #wrapper: Wrapper<V>;
  /** @internal For a cache in front of this one with a `wrap` of its own. */
  readonly wrapHost: WrapHost<V>;

  /**
   * `disconnect()` disconnects the backend too, which is not to be written to by itself meanwhile: it could not tell of that in time. Throws ConfigError
   * `UNKNOWN_OPTION` or `BAD_OPTION`, also for a backend with `slidingTtl`, since a copy that is read extends no TTL.
   */
  constructor(backend: RedisBackend<V>, options: NearCacheOptions = {}) {
    super();
    if (!(backend instanceof RedisBackend)) throw badOption("backend", "a RedisBackend", backend);
    if (backend.settings.slidingTtl)
      throw badOption(
        "backend",
        "a RedisBackend without slidingTtl, which the reads of a copy would not extend",
      );
    const resolved = resolveNearOptions(options);
    this.#backend = backend;
    this.#copies = new NearCopies(backend, resolved);
    this.#tracking = new NearTracking(backend, resolved.invalidation, {
      outdated: (keys) => this.#outdated(keys),
      up: () => this.#tell("trackingUp"),
      lost: (cause) => {
        this.#drop(null);
        this.#tell("trackingLost", { cause });
      },
      failed: (cause) => this.#tell("trackingFailed", { cause }),
    });
    this.#reader = new NearReader(this.#copies, this.#tracking, this.#stats);
    this.wrapHost = {
      ...backend.wrapHost,
      read: (key, { timeoutMs }) => this.#reader.entry("wrap", key, { timeoutMs }),
      write: (key, value, more) => this.#writeWrapped(key, () => backend.wrapHost.write(key, value, more)),
      // What failed as a call of the cache has been counted there.
      failed: (error) => {
        if (!(error instanceof CacheError)) this.#stats.error();
      },
    };
    this.#wrapper = new Wrapper(this.wrapHost);
  }

  get isConnected(): boolean {
    return this.#backend.isConnected;
  }

  /** Whether every primary tells of changes, so that what is read is kept. */
  get isTracking(): boolean {
    return this.#tracking.isUp;
  }

  get keyPrefix(): string {
    return this.#backend.keyPrefix;
  }

  /** Adapters that make their own bytes take `bytes` only. */
  get codecName(): string {
    return this.#backend.codecName;
  }

  /**
   * Resolves when every primary tells of changes, or when the time is up and calls can be served by the servers alone. Rejects with ConfigError
   * `KEYSPACE_EVENTS_OFF` or CacheOperationError where a server cannot tell of changes; without `connect()` that is a process warning, `NEAR_CACHE_OFF`.
   */
  async connect(options: CacheCallOptions = {}): Promise<void> {
    const beganAtMs = performance.now();
    await this.#backend.connect(options);
    const { timeoutMs = this.#backend.settings.connectTimeoutMs, signal } = options;
    await this.#tracking.settled(Math.max(1, timeoutMs - (performance.now() - beganAtMs)), signal);
    // Rejects where somebody has disconnected meanwhile.
    await this.#backend.client();
  }

  async disconnect(): Promise<void> {
    this.#tracking.stop();
    this.#drop(null);
    await this.#backend.disconnect();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.disconnect();
  }

  ping(options?: CacheCallOptions): Promise<boolean> {
    return this.#backend.ping(options);
  }

  async get(key: string, options?: CacheCallOptions): Promise<V | null> {
    checkCacheCall("get", options);
    checkCacheKey(key);
    return this.#reader.one(key, options);
  }

  async getWithMetadata(key: string, options?: CacheCallOptions): Promise<CacheEntry<V> | null> {
    checkCacheCall("getWithMetadata", options);
    checkCacheKey(key);
    return this.#reader.entry("getWithMetadata", key, options);
  }

  async getMany(keys: readonly string[], options?: CacheCallOptions): Promise<Map<string, V>> {
    checkCacheKeys(keys);
    checkCacheCall("getMany", options, keys.length);
    return this.#reader.many(keys, options);
  }

  async set(key: string, value: V, options?: CacheSetOneOptions): Promise<boolean> {
    checkCacheKey(key);
    const isSet = await this.#changing("set", [key], () => this.#backend.set(key, value, options));
    this.#stats.set(isSet ? 1 : 0);
    return isSet;
  }

  async setMany(entries: Iterable<readonly [string, V]>, options?: CacheSetOptions): Promise<void> {
    const { keys, values } = readCacheEntries(entries);
    const again = keys.map((key, i) => [key, values[i]!] as const);
    await this.#changing("set", keys, () => this.#backend.setMany(again, options));
    this.#stats.set(keys.length);
  }

  async delete(key: string, options?: CacheCallOptions): Promise<boolean> {
    checkCacheKey(key);
    const isDeleted = await this.#changing("delete", [key], () => this.#backend.delete(key, options));
    this.#stats.delete(isDeleted ? 1 : 0);
    return isDeleted;
  }

  async deleteMany(keys: readonly string[], options?: CacheCallOptions): Promise<number> {
    checkCacheKeys(keys);
    const count = await this.#changing("delete", keys.slice(), () => this.#backend.deleteMany(keys, options));
    this.#stats.delete(count);
    return count;
  }

  async expire(key: string, ttlMs: number | null, options?: CacheCallOptions): Promise<boolean> {
    checkCacheKey(key);
    return this.#changing("other", [key], () => this.#backend.expire(key, ttlMs, options));
  }

  exists(key: string, options?: CacheCallOptions): Promise<boolean> {
    return this.#stats.timed("other", () => this.#backend.exists(key, options));
  }

  hasMany(keys: readonly string[], options?: CacheCallOptions): Promise<boolean[]> {
    return this.#stats.timed("other", () => this.#backend.hasMany(keys, options));
  }

  ttl(key: string, options?: CacheCallOptions): Promise<number | null> {
    return this.#stats.timed("other", () => this.#backend.ttl(key, options));
  }

  keys(pattern?: string, options?: CacheCallOptions): AsyncIterableIterator<string> {
    return this.#backend.keys(pattern, options);
  }

  async clear(options?: CacheCallOptions): Promise<number> {
    const count = await this.#changing("delete", null, () => this.#backend.clear(options));
    this.#stats.delete(count);
    return count;
  }

  async wrap<T extends V>(key: string, fn: () => T | Promise<T>, options?: CacheWrapOptions): Promise<T> {
    return this.#wrapper.wrap(key, fn, options);
  }

  /** Entries, bytes and evictions are the servers'; the copies have a part of their own, `near`, whose `deletes` went before their time. */
  async getStats(options?: CacheCallOptions): Promise<CacheStats> {
    const { entries, byteLength: bytes, evictions } = this.#copies.store;
    const near = this.#copies.stats.snapshot({ entries, bytes, evictions });
    const redis = await this.#backend.getStats(options);
    const size = { entries: redis.entries, bytes: redis.bytes, evictions: redis.evictions };
    return this.#stats.snapshot({ ...size, parts: { near, redis } });
  }

  #outdated(changed: readonly string[] | null): void {
    // The locks of `wrap` are no entries.
    const keys = changed === null ? null : changed.filter((key) => !key.endsWith(LOCK_SUFFIX));
    if (keys?.length === 0) return;
    this.#drop(keys);
    if (this.listenerCount("invalidate") > 0) this.#tell("invalidate", { keys });
  }

  /** No read that begins from now on, and no flight of `wrap` that is joined from now on, knows of what was before. */
  #drop(keys: readonly string[] | null): void {
    this.#copies.drop(keys);
    if (keys === null) this.#wrapper.forgetAll();
    else for (const key of keys) this.#wrapper.forget(key);
  }

  async #changing<T>(
    operation: CacheOperation,
    keys: readonly string[] | null,
    change: () => Promise<T>,
  ): Promise<T> {
    this.#drop(keys);
    try {
      return await this.#stats.timed(operation, change);
    } finally {
      this.#drop(keys);
    }
  }

  /** As `#changing`, without ending the flight that this is part of. */
  async #writeWrapped(key: string, write: () => Promise<void>): Promise<void> {
    this.#copies.drop([key]);
    try {
      await this.#stats.timed("set", write);
      this.#stats.set();
    } finally {
      this.#copies.drop([key]);
    }
  }

  #tell<E extends keyof NearCacheEvents>(event: E, ...args: NearCacheEvents[E]): void {
    callOwner(() => this.emit(event as "trackingUp", ...(args as [])));
  }
}
