import { badOption } from "../cluster/options.ts";
import { ConfigError } from "../errors.ts";
import type { CacheBackend } from "./cache-backend.ts";
import { FallbackBackend } from "./fallback-backend.ts";
import type { FallbackOptions } from "./fallback-options.ts";
import { MemoryBackend } from "./memory-backend.ts";
import type { MemoryBackendOptions } from "./memory-options.ts";
import { NearCache } from "./near-cache.ts";
import type { NearCacheOptions } from "./near-options.ts";
import { RedisBackend } from "./redis-backend.ts";
import type { RedisBackendConfig } from "./redis-config.ts";
import type { CodecName, ValueCodec } from "./value-codec.ts";

/** Options that all parts share, and stand outside of them. */
type Shared = "codec" | "ttlMs";

export interface MemoryCacheConfig<V = Uint8Array> {
  /** How values are encoded: `bytes` (default), `text`, `json`, `msgpack`, or a codec of your own. */
  codec?: CodecName | ValueCodec<V> | undefined;
  /** Milliseconds that an entry lives where a call does not say, from 1; null (default): for ever. */
  ttlMs?: number | null | undefined;
  /** Of the memory: alone, or behind `redis` the one to fall back on. Default: `MemoryBackend`'s own. */
  memory?: Omit<MemoryBackendOptions<V>, Shared> | undefined;
}

export interface RedisCacheConfig<V = Uint8Array> extends MemoryCacheConfig<V> {
  /** A URL, or what `RedisBackend` takes. */
  redis: string | Omit<RedisBackendConfig<V>, Shared | "decodeResponses">;
  /** Whether copies are kept in this process until a server tells that they are outdated. Default false. */
  near?: boolean | NearCacheOptions | undefined;
  /** Whether memory serves while Redis is down. Default true. */
  fallback?: boolean | Omit<FallbackOptions, "ttlMs"> | undefined;
}

const NAMES = ["codec", "ttlMs", "memory", "redis", "near", "fallback"];

/** Any of these, as it comes out of a file. */
export type CacheConfig<V = Uint8Array> = Omit<RedisCacheConfig<V>, "redis"> & {
  redis?: RedisCacheConfig<V>["redis"] | undefined;
};

/**
 * A cache from one plain object: memory alone; with `redis` a FallbackBackend over it; with `fallback: false` Redis alone. With `near: true` there is
 * a near cache in front of Redis. Nothing connects before `connect()` or the first call.
 *
 * Throws ConfigError `UNKNOWN_OPTION`, `BAD_OPTION`, `BAD_TTL` or `BAD_URL`.
 */
export function createCache<V = Uint8Array>(
  config: RedisCacheConfig<V> & { readonly fallback: false },
): RedisBackend<V> | NearCache<V>;
export function createCache<V = Uint8Array>(
  config: RedisCacheConfig<V> & { readonly fallback?: Exclude<RedisCacheConfig["fallback"], boolean> | true },
): FallbackBackend<V>;
export function createCache<V = Uint8Array>(
  config?: MemoryCacheConfig<V> & { readonly redis?: undefined },
): MemoryBackend<V>;
export function createCache<V = Uint8Array>(config: CacheConfig<V>): CacheBackend<V>;
export function createCache<V>(
  config: CacheConfig<V> = {},
): MemoryBackend<V> | RedisBackend<V> | NearCache<V> | FallbackBackend<V> {
  checkConfig(config);
  const { codec, ttlMs, redis, near = false, fallback = redis !== undefined } = config;
  const shared = { codec, ttlMs };
  if (redis === undefined) {
    for (const option of ["near", "fallback"] as const)
      if (config[option] !== undefined && config[option] !== false)
        throw badOption(option, "a `redis` beside it: without one the cache is memory alone");
    return new MemoryBackend<V>({ ...shared, ...config.memory });
  }
  if (fallback === false && config.memory !== undefined)
    throw badOption("memory", "no `fallback: false` beside it, which leaves nothing to the memory");
  const backend = new RedisBackend<V>({ ...shared, ...(typeof redis === "string" ? { url: redis } : redis) });
  const primary = near === false ? backend : new NearCache<V>(backend, near === true ? {} : near);
  if (fallback === false) return primary;
  const memory = new MemoryBackend<V>({ ...shared, ...config.memory });
  const options = fallback === true ? {} : fallback;
  return new FallbackBackend<V>(primary, memory, { ...options, ttlMs });
}

function checkConfig(config: unknown): asserts config is object {
  if (typeof config !== "object" || config === null) throw badOption("config", "an object", config);
  const unknown = Object.keys(config).find((name) => !NAMES.includes(name));
  if (unknown !== undefined) {
    const message = `unknown option "${unknown}" of a cache; the options are ${NAMES.join(", ")}`;
    throw new ConfigError("UNKNOWN_OPTION", message, { option: unknown });
  }
  const parts = config as Readonly<Record<string, unknown>>;
  checkPart("memory", parts.memory, []);
  checkPart("redis", parts.redis, ["string"]);
  checkPart("near", parts.near, ["boolean"]);
  checkPart("fallback", parts.fallback, ["boolean"]);
  for (const part of ["memory", "redis", "fallback"]) {
    const own = Object(parts[part]) as object;
    for (const option of ["codec", "ttlMs", "decodeResponses"])
      if (Object.hasOwn(own, option)) {
        const instead = option === "decodeResponses" ? '`codec: "text"`' : `\`${option}\``;
        const message = `${part}.${option}: ${instead} stands outside of ${part}, since it holds for every part of the cache`;
        throw new ConfigError("BAD_OPTION", message, { option: `${part}.${option}` });
      }
  }
}

/** What is in a part, its own constructor looks at. */
function checkPart(option: string, part: unknown, types: readonly string[]): void {
  if (part === undefined || types.includes(typeof part)) return;
  if (typeof part === "object" && part !== null && !Array.isArray(part)) return;
  throw badOption(option, [...types.map((type) => `a ${type}`), "an object"].join(" or "), part);
}
