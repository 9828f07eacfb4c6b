import { describe } from "../bytes/describe.ts";
import { badOption, checkTtl } from "../cluster/options.ts";
import { ConfigError } from "../errors.ts";
import { type CompressionAlgorithm, METHODS } from "./compression.ts";
import { type EvictionPolicy, type MemoryWishes, resolveMemoryWishes } from "./memory-wishes.ts";
import { type RedisSourceConfig, type ResolvedSource, resolveSource, SOURCE_NAMES } from "./redis-source.ts";
import { type CodecName, resolveCodec, type ValueCodec } from "./value-codec.ts";
import type { CompressionRule } from "./value-format.ts";
import { resolveWrapLock, type WrapLockOptions, type WrapLockTimes } from "./wrap-lock-options.ts";

export interface RedisBackendConfig<V = Uint8Array> extends RedisSourceConfig {
  /** Put in front of every key; `keys()` and `clear()` are bounded by it. Default none: the whole database is this cache's. */
  keyPrefix?: string | undefined;
  /** Whole milliseconds that an entry lives where a call says nothing else. Default null: for ever. */
  ttlMs?: number | null | undefined;
  /**
   * Whether a hit of `get`, `getMany` or `getWithMetadata` gives the entry `ttlMs` again, in the same packed write. What lives for ever, or has more
   * left, is let alone. Needs `ttlMs`, and Redis 7 or Valkey. Default false.
   */
  slidingTtl?: boolean | undefined;
  /**
   * Part of its TTL, from 0 to below 1, by which an entry may live shorter, so that what was set together does not expire together: 0.1 lets it
   * live 90 to 100 % of it. Default 0.
   */
  ttlJitter?: number | undefined;
  /** How values are encoded. Default `bytes`. */
  codec?: CodecName | ValueCodec<V> | undefined;
  /** True is the codec `text`: values are strings. Default false. */
  decodeResponses?: boolean | undefined;
  /** Values of `minBytes` encoded bytes (default 1,024) or more are compressed (default `deflate`). Default: none is. */
  compression?: { minBytes?: number | undefined; algorithm?: CompressionAlgorithm | undefined } | undefined;
  /** What the servers' `maxmemory` should be, in bytes or as in redis.conf (`"256mb"`); 0: no limit. Only compared, see `applyMemorySettings`. */
  maxMemory?: number | string | undefined;
  /** What the servers' `maxmemory-policy` should be. Only compared, see `applyMemorySettings`. */
  evictionPolicy?: EvictionPolicy | undefined;
  /** True sets both with CONFIG SET on every primary; otherwise a difference is one process warning. Default false. */
  applyMemorySettings?: boolean | undefined;
  /** Whether `wrap` runs its function once across processes, by a lock beside the key. Default false. */
  wrapLock?: boolean | WrapLockOptions | undefined;
}

/** Every option with its value. */
export interface ResolvedRedisConfig<V> extends ResolvedSource {
  readonly keyPrefix: string;
  readonly ttlMs: number | null;
  readonly slidingTtl: boolean;
  readonly ttlJitter: number;
  readonly codec: ValueCodec<V>;
  readonly compression: CompressionRule | undefined;
  readonly memory: MemoryWishes | undefined;
  readonly wrapLock: WrapLockTimes | undefined;
}

const NAMES: readonly string[] = [
  ...SOURCE_NAMES,
  "keyPrefix",
  "ttlMs",
  "slidingTtl",
  "ttlJitter",
  "codec",
  "decodeResponses",
  "compression",
  "maxMemory",
  "evictionPolicy",
  "applyMemorySettings",
  "wrapLock",
];
const COMPRESSION_NAMES = ["minBytes", "algorithm"];
const DEFAULT_COMPRESSED_BYTES = 1_024;

/** Fills in the defaults. Throws ConfigError `UNKNOWN_OPTION`, `BAD_OPTION`, `BAD_TTL`, `BAD_URL` or `UNSUPPORTED_TARGET`. */
export function resolveRedisConfig<V>(config: RedisBackendConfig<V>): ResolvedRedisConfig<V> {
  // Not shown: a URL may hold a password.
  if (typeof config !== "object" || config === null)
    throw badOption("config", `an object such as { url }, not ${describe(config)}`);
  refuseUnknown(config, NAMES, "");
  const { ttlMs = null, slidingTtl = false, ttlJitter = 0, keyPrefix = "", decodeResponses = false } = config;
  if (typeof keyPrefix !== "string") throw badOption("keyPrefix", "a string", keyPrefix);
  if (ttlMs !== null) checkTtl(ttlMs);
  for (const [option, value] of Object.entries({ slidingTtl, decodeResponses }))
    if (typeof value !== "boolean") throw badOption(option, "a boolean", value);
  if (slidingTtl && ttlMs === null) throw badOption("slidingTtl", "a ttlMs beside it, which hits give again");
  if (typeof ttlJitter !== "number" || !(ttlJitter >= 0 && ttlJitter < 1))
    throw badOption("ttlJitter", "a number from 0 to below 1", ttlJitter);
  if (decodeResponses && config.codec !== undefined && config.codec !== "text")
    throw badOption("decodeResponses", 'no codec beside it: it is the codec "text"');
  return {
    ...resolveSource(config),
    keyPrefix,
    ttlMs,
    slidingTtl,
    ttlJitter,
    codec: resolveCodec<V>(decodeResponses ? "text" : config.codec),
    compression: resolveCompression(config.compression),
    memory: resolveMemoryWishes(config),
    wrapLock: resolveWrapLock(config.wrapLock),
  };
}

function resolveCompression(rule: unknown): CompressionRule | undefined {
  if (rule === undefined) return undefined;
  if (typeof rule !== "object" || rule === null) throw badOption("compression", "an object", rule);
  refuseUnknown(rule, COMPRESSION_NAMES, "compression.");
  const { minBytes = DEFAULT_COMPRESSED_BYTES, algorithm = "deflate" } = rule as Partial<CompressionRule>;
  if (!Number.isSafeInteger(minBytes) || minBytes < 1)
    throw badOption("compression.minBytes", "a whole number from 1", minBytes);
  if (typeof algorithm !== "string" || !Object.hasOwn(METHODS, algorithm))
    throw badOption("compression.algorithm", `one of ${Object.keys(METHODS).join(", ")}`, algorithm);
  return { minBytes, algorithm };
}

function refuseUnknown(given: object, names: readonly string[], path: string): void {
  for (const name of Object.keys(given)) {
    if (names.includes(name)) continue;
    const message = `unknown option "${path}${name}"; the options are ${names.join(", ")}`;
    throw new ConfigError("UNKNOWN_OPTION", message, { option: `${path}${name}` });
  }
}
