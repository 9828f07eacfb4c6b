import type { CacheCallOptions } from "../cache/cache-backend.ts";
import { resolveTtl } from "../cache/cache-input.ts";
import { type CodecName, resolveCodec, type ValueCodec } from "../cache/value-codec.ts";
import { checkNames, checkText } from "./recipe-options.ts";
import type { TagSnapshot } from "./tag-ledger.ts";

const DAY_MS = 86_400_000;

export interface QueryCacheOptions<V> {
  /** Part of every key, so that applications on one server do not meet. Default none. */
  namespace?: string | undefined;
  /** Milliseconds that a result lives, from 1; null: for ever. Default: the backend's own. */
  ttlMs?: number | null | undefined;
  /** How results become bytes: `json` (default), `msgpack`, `text`, `bytes` or a codec of your own. */
  codec?: CodecName | ValueCodec<V> | undefined;
  /**
   * Milliseconds that a tag's token lives, from 1, at least as long as the first entry that needs it; null: for ever. A token that goes takes the entries of its
   * tag with it. Default 7 days.
   */
  tagTtlMs?: number | null | undefined;
}

export interface QueryReadOptions extends CacheCallOptions {
  /** Tags that the entry must have. Naming them lets them be read together with the entry, in one round trip instead of two. */
  tags?: readonly string[] | undefined;
}

export interface QuerySetOptions extends CacheCallOptions {
  /**
   * What the value depends on: names, where nothing of it can have been invalidated since it was read, or else the snapshot that was taken before the value began
   * to be computed. Default none.
   */
  tags?: readonly string[] | TagSnapshot | undefined;
  /** Milliseconds, from 1; null: for ever. Default: the cache's `ttlMs`. */
  ttlMs?: number | null | undefined;
}

export interface QueryWrapOptions extends CacheCallOptions {
  /** What the value depends on. Default none. */
  tags?: readonly string[] | undefined;
  /** Milliseconds, from 1; null: for ever. Default: the cache's `ttlMs`. */
  ttlMs?: number | null | undefined;
}

/** Counters since the cache was made. */
export interface QueryCacheStats {
  /** Valid entries that were read, by `get` and `wrap`. */
  readonly hits: number;
  readonly misses: number;
  /** Misses with an entry, one of whose tags was invalidated, expired or evicted. */
  readonly outdated: number;
  /** Misses with bytes under the key that are no entry, or that the codec does not read. */
  readonly unreadable: number;
  /** Runs of functions given to `wrap`. */
  readonly computed: number;
  /** Calls of `wrap` that waited for a run that another call had begun. */
  readonly joined: number;
  /** Reads and writes of the cache that failed and did not fail a `wrap`. */
  readonly errors: number;
}

/** Every option with its value. */
export interface ResolvedQueryOptions<V> {
  readonly namespace: string;
  /** Undefined: the backend's own. */
  readonly ttlMs: number | null | undefined;
  readonly codec: ValueCodec<V>;
  readonly tagTtlMs: number | null;
}

/** Throws ConfigError `UNKNOWN_OPTION`, `BAD_OPTION` or `BAD_TTL`. */
export function resolveQueryOptions<V>(options: QueryCacheOptions<V>): ResolvedQueryOptions<V> {
  checkNames("a QueryCache", options, ["namespace", "ttlMs", "codec", "tagTtlMs"]);
  return {
    namespace: checkText("namespace", options.namespace ?? ""),
    ttlMs: checkedTtl(options.ttlMs),
    codec: resolveCodec<V>(options.codec ?? "json"),
    tagTtlMs: resolveTtl(options.tagTtlMs, 7 * DAY_MS),
  };
}

/** Undefined stays. Throws ConfigError `BAD_TTL`. */
export function checkedTtl(ttlMs: unknown): number | null | undefined {
  return ttlMs === undefined ? undefined : resolveTtl(ttlMs, null);
}
