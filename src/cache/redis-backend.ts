import { checkTtl } from "../cluster/options.ts";
import type { SlotClient } from "../cluster/slot-client.ts";
import { AbortError } from "../errors.ts";
import type {
  CacheBackend,
  CacheCallOptions,
  CacheEntry,
  CacheSetOneOptions,
  CacheSetOptions,
  CacheWrapOptions,
} from "./cache-backend.ts";
import { CacheError, CacheOperationError } from "./cache-error.ts";
import { asCacheError } from "./cache-failure.ts";
import {
  checkCacheCall,
  checkCacheKey,
  checkCacheKeys,
  checkCacheValue,
  checkConditions,
  checkPattern,
  readCacheEntries,
} from "./cache-input.ts";
import type { CacheStats } from "./cache-stats.ts";
import { type RedisBackendConfig, type ResolvedRedisConfig, resolveRedisConfig } from "./redis-config.ts";
import { RedisConnection } from "./redis-connection.ts";
import { RedisKeys } from "./redis-keys.ts";
import { RedisValues, type StoredValues } from "./redis-values.ts";
import { LOCK_SUFFIX, RedisWrapLock } from "./redis-wrap-lock.ts";
import { ServerFigures } from "./server-figures.ts";
import { StatsRecorder } from "./stats-recorder.ts";
import type { WrapHost } from "./wrap-host.ts";
import { Wrapper } from "./wrapper.ts";

export type { RedisBackendConfig };

/** A cache in one server, behind Sentinels or in a cluster; every call takes one packed write per node and chunk. */
export class RedisBackend<V = Uint8Array> implements CacheBackend<V> {
  readonly #config: ResolvedRedisConfig<V>;
  readonly #connection: RedisConnection;
  readonly #values: RedisValues<V>;
  readonly #keys: RedisKeys;
  readonly #figures = new ServerFigures();
  readonly #stats = new StatsRecorder();
  readonly #wrapHost: WrapHost<V>;
  readonly #wrapper: Wrapper<V>;

  /** Throws ConfigError `UNKNOWN_OPTION`, `BAD_OPTION`, `BAD_TTL` or `BAD_URL`. Connects with the first call, or with `connect()`. */
  constructor(config: RedisBackendConfig<V> = {}) {
    const resolved = resolveRedisConfig(config);
    const { keyPrefix, wrapLock, ttlMs } = resolved;
    const connection = new RedisConnection(resolved);
    const values = new RedisValues(resolved, connection, this.#stats);
    this.#config = resolved;
    this.#connection = connection;
    this.#values = values;
    this.#keys = new RedisKeys(keyPrefix, LOCK_SUFFIX);
    this.#wrapHost = {
      ttlMs,
      wrapLock:
        wrapLock &&
        new RedisWrapLock(wrapLock, keyPrefix, (work) =>
          this.#stats.timed("other", () => connection.use("wrap", work)),
        ),
      read: (key, { keepTtl, timeoutMs }) =>
        values.readOne("wrap", key, { keepTtl, whole: true }, { timeoutMs }),
      write: async (key, value, options) => {
        await values.write("wrap", [key], [value], options);
      },
      copier: (value) => values.copier(value),
      // What failed as a call of the cache has been counted there.
      failed: (error) => {
        if (!(error instanceof CacheError)) this.#stats.error();
      },
    };
    this.#wrapper = new Wrapper(this.#wrapHost);
  }

  get isConnected(): boolean {
    return this.#connection.isConnected;
  }

  /** In front of every key of this cache, behind the client's own prefix. */
  get keyPrefix(): string {
    return this.#config.keyPrefix;
  }

  /** Adapters that make their own bytes take `bytes` only. */
  get codecName(): string {
    return this.#config.codec.name;
  }

  /** What the backend sends its calls through, for other commands beside it. `disconnect()` closes it, unless it was given. */
  async client(): Promise<SlotClient> {
    try {
      return await this.#connection.client();
    } catch (error) {
      throw asCacheError("client", error);
    }
  }

  async connect(options?: CacheCallOptions): Promise<void> {
    checkCacheCall("connect", options);
    return this.#connection.connect(options);
  }

  disconnect(): Promise<void> {
    return this.#connection.disconnect();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.disconnect();
  }

  /** Whether every primary answers. */
  async ping(options?: CacheCallOptions): Promise<boolean> {
    checkCacheCall("ping", options);
    return this.#connection
      .use("ping", (client) => client.askPrimaries("ping", ["PING"], this.#values.limits(options)))
      .then(
        () => true,
        (error: unknown) => {
          if (error instanceof AbortError) throw error;
          // Who is not allowed to ask has got an answer.
          return error instanceof CacheOperationError;
        },
      );
  }

  async get(key: string, options?: CacheCallOptions): Promise<V | null> {
    checkCacheCall("get", options);
    checkCacheKey(key);
    const entry = await this.#values.readOne("get", key, {}, options);
    return entry === null ? null : entry.value;
  }

  async getWithMetadata(key: string, options?: CacheCallOptions): Promise<CacheEntry<V> | null> {
    checkCacheCall("getWithMetadata", options);
    checkCacheKey(key);
    return this.#values.readOne("getWithMetadata", key, { whole: true }, options);
  }

  /** @internal For a cache in front of this one: its options, and what a `wrap` of its own goes by. */
  get settings(): Pick<ResolvedRedisConfig<V>, "codec" | "slidingTtl" | "connectTimeoutMs"> {
    return this.#config;
  }

  /** @internal */
  get wrapHost(): WrapHost<V> {
    return this.#wrapHost;
  }

  /** @internal Values at the index of their keys with the bytes that they were made of and their TTLs. */
  readStored(what: string, keys: readonly string[], options?: CacheCallOptions): Promise<StoredValues<V>> {
    return this.#values.readStored(what, keys, options);
  }

  async set(key: string, value: V, options: CacheSetOneOptions = {}): Promise<boolean> {
    checkCacheCall("set", options, 1, "ttlMs", "metadata", "nx", "xx");
    checkCacheKey(key);
    checkCacheValue(value);
    checkConditions(options);
    const { nx, xx, ...others } = options;
    const condition = nx ? "NX" : xx ? "XX" : undefined;
    const write = () => this.#values.write("set", [key], [value], { ...others, condition });
    return (await this.#changing([key], write)) === 1;
  }

  async delete(key: string, options?: CacheCallOptions): Promise<boolean> {
    checkCacheCall("delete", options);
    checkCacheKey(key);
    return (await this.#changing([key], () => this.#values.remove("delete", [key], options))) === 1;
  }

  async exists(key: string, options?: CacheCallOptions): Promise<boolean> {
    checkCacheCall("exists", options);
    checkCacheKey(key);
    const [count] = await this.#values.call("other", "exists", options, (entries, limits) =>
      entries.exist("exists", [key], limits),
    );
    return count === 1;
  }

  async ttl(key: string, options?: CacheCallOptions): Promise<number | null> {
    checkCacheCall("ttl", options);
    checkCacheKey(key);
    return this.#values.call("other", "ttl", options, (entries, limits) => entries.ttl(key, limits));
  }

  async expire(key: string, ttlMs: number | null, options?: CacheCallOptions): Promise<boolean> {
    checkCacheCall("expire", options);
    checkCacheKey(key);
    const asked = ttlMs === null ? null : checkTtl(ttlMs);
    return this.#values.call("other", "expire", options, (entries, limits) =>
      entries.expire(key, asked, limits),
    );
  }

  async getMany(keys: readonly string[], options?: CacheCallOptions): Promise<Map<string, V>> {
    checkCacheKeys(keys);
    checkCacheCall("getMany", options, keys.length);
    return this.#values.readMany(keys, options);
  }

  async setMany(entries: Iterable<readonly [string, V]>, options: CacheSetOptions = {}): Promise<void> {
    checkCacheCall("setMany", options, 0, "ttlMs", "metadata");
    const { keys, values } = readCacheEntries(entries);
    await this.#changing(keys, () => this.#values.write("setMany", keys, values, options));
  }

  async deleteMany(keys: readonly string[], options?: CacheCallOptions): Promise<number> {
    checkCacheKeys(keys);
    checkCacheCall("deleteMany", options, keys.length);
    const asked = keys.slice();
    return this.#changing(asked, () => this.#values.remove("deleteMany", asked, options));
  }

  async hasMany(keys: readonly string[], options?: CacheCallOptions): Promise<boolean[]> {
    checkCacheKeys(keys);
    checkCacheCall("hasMany", options, keys.length);
    const asked = keys.slice();
    const counts = await this.#values.call("other", "hasMany", options, (entries, limits) =>
      entries.exist("hasMany", asked, limits),
    );
    return counts.map((count) => count === 1);
  }

  /** SCAN on every primary, so that a key may come twice. The deadline holds for each step. */
  async *keys(pattern: string = "*", options?: CacheCallOptions): AsyncGenerator<string, void, undefined> {
    checkCacheCall("keys", options, 0);
    checkPattern(pattern);
    try {
      const client = await this.#connection.client();
      for await (const key of this.#keys.list(client, pattern, this.#values.limits(options))) {
        yield key;
        this.#connection.check();
      }
    } catch (error) {
      throw asCacheError("keys", error);
    }
  }

  /** SCAN and UNLINK on every primary, of the keys under the prefix; without one, of all keys of the database. */
  async clear(options?: CacheCallOptions): Promise<number> {
    checkCacheCall("clear", options, 0);
    const clear = () =>
      this.#connection.use("clear", (client) => this.#keys.clear(client, this.#values.limits(options)));
    this.#wrapper.forgetAll();
    const removed = await this.#stats.timed("delete", clear).finally(() => this.#wrapper.forgetAll());
    this.#stats.delete(removed);
    return removed;
  }

  async wrap<T extends V>(key: string, fn: () => T | Promise<T>, options?: CacheWrapOptions): Promise<T> {
    return this.#wrapper.wrap(key, fn, options);
  }

  /** Entries and bytes are null under a prefix, and where the servers do not answer. */
  async getStats(options?: CacheCallOptions): Promise<CacheStats> {
    checkCacheCall("getStats", options, 0);
    const size = await this.#connection
      .use("getStats", (client) => {
        const whole = client.batchDefaults.options.keyPrefix + this.keyPrefix === "";
        return this.#figures.look(client, whole, this.#values.limits(options));
      })
      .catch((error: unknown) => {
        if (error instanceof CacheError) return { entries: null, bytes: null, evictions: undefined };
        throw error;
      });
    return this.#stats.snapshot(size);
  }

  /** Keeps what `wrap` computes meanwhile from being stored: both what began before the change and what began during it. */
  async #changing<T>(keys: readonly string[], change: () => Promise<T>): Promise<T> {
    for (const key of keys) this.#wrapper.forget(key);
    try {
      return await change();
    } finally {
      for (const key of keys) this.#wrapper.forget(key);
    }
  }
}
