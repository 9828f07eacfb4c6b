import { badOption } from "../cluster/options.ts";
import { ConfigError } from "../errors.ts";

export interface NearCacheOptions {
  /** Local copies; the one not used for longest goes first. From 1. Default 10,000. */
  maxEntries?: number | undefined;
  /** Bytes of keys, values and metadata in local copies together, from 1. A larger entry has no copy. Default 64 MiB. */
  maxBytes?: number | undefined;
  /**
   * Milliseconds that a local copy is used at most, from 1, for what no invalidation tells (SWAPDB; FLUSHALL under `keyspace`). Null: as long as the
   * server's entry lives. Default 60,000.
   */
  maxAgeMs?: number | null | undefined;
  /**
   * How the servers tell of changes: `tracking` (default; CLIENT TRACKING, Redis 6 or Valkey), or `keyspace` (keyspace events, which have to be switched on
   * in every server: `notify-keyspace-events KA`, or at least `Kg$xe`).
   */
  invalidation?: NearInvalidationMode | undefined;
}

export type NearInvalidationMode = "tracking" | "keyspace";

export interface ResolvedNearOptions {
  readonly maxEntries: number;
  readonly maxBytes: number;
  readonly maxAgeMs: number;
  readonly invalidation: NearInvalidationMode;
}

const NAMES = ["maxEntries", "maxBytes", "maxAgeMs", "invalidation"];
/** A Map holds 2^24 keys. */
const MOST_ENTRIES = 2 ** 24;

/** Throws ConfigError `UNKNOWN_OPTION` or `BAD_OPTION`. */
export function resolveNearOptions(options: NearCacheOptions): ResolvedNearOptions {
  if (typeof options !== "object" || options === null) throw badOption("options", "an object", options);
  const unknown = Object.keys(options).find((name) => !NAMES.includes(name));
  if (unknown !== undefined) {
    const message = `unknown option "${unknown}" of a NearCache; the options are ${NAMES.join(", ")}`;
    throw new ConfigError("UNKNOWN_OPTION", message, { option: unknown });
  }
  const { maxEntries = 10_000, maxBytes = 64 * 1024 ** 2, maxAgeMs = 60_000 } = options;
  const { invalidation = "tracking" } = options;
  if (!Number.isInteger(maxEntries) || maxEntries < 1 || maxEntries > MOST_ENTRIES)
    throw badOption("maxEntries", `a whole number from 1 to ${MOST_ENTRIES}`, maxEntries);
  if (!Number.isSafeInteger(maxBytes) || maxBytes < 1)
    throw badOption("maxBytes", "a whole number from 1", maxBytes);
  if (maxAgeMs !== null && (!Number.isSafeInteger(maxAgeMs) || maxAgeMs < 1))
    throw badOption("maxAgeMs", "a whole number of milliseconds from 1, or null", maxAgeMs);
  if (invalidation !== "tracking" && invalidation !== "keyspace")
    throw badOption("invalidation", '"tracking" or "keyspace"', invalidation);
  return { maxEntries, maxBytes, maxAgeMs: maxAgeMs ?? Number.POSITIVE_INFINITY, invalidation };
}
