import { describe } from "../bytes/describe.ts";
import { checkSignal } from "../cluster/call.ts";
import { badOption, checkCallOptions, checkTtl } from "../cluster/options.ts";
import { ConfigError } from "../errors.ts";
import type { CacheCallOptions, CacheMetadata, CacheSetOneOptions } from "./cache-backend.ts";

/** Throws ConfigError `UNKNOWN_OPTION` or `BAD_OPTION`, or AbortError where the signal has fired already. */
export function checkCacheCall(
  what: string,
  options: CacheCallOptions | undefined,
  itemCount: number = 1,
  ...more: readonly string[]
): void {
  if (options === undefined) return;
  if (typeof options === "object" && options !== null && "lane" in options)
    throw new ConfigError("UNKNOWN_OPTION", 'unknown option "lane" of a call to a cache', { option: "lane" });
  checkCallOptions(options, ...more);
  checkSignal(what, options, itemCount);
}

/** Throws ConfigError `BAD_KEY`; a key is a string, also an empty one. */
export function checkCacheKey(key: unknown, keyIndex?: number): asserts key is string {
  if (typeof key === "string") return;
  const which = keyIndex === undefined ? "key" : `key ${keyIndex}`;
  throw new ConfigError("BAD_KEY", `${which}: expected a string, got ${describe(key)}`, { keyIndex });
}

/** Throws ConfigError `BAD_ARGUMENT`, or `BAD_KEY` with the index of the first key that is none. */
export function checkCacheKeys(keys: unknown): asserts keys is readonly string[] {
  if (!Array.isArray(keys))
    throw new ConfigError("BAD_ARGUMENT", `keys: expected an array, got ${describe(keys)}`, {
      option: "keys",
    });
  for (let i = 0; i < keys.length; i++) checkCacheKey(keys[i], i);
}

/** The entries in columns. Throws ConfigError `BAD_ARGUMENT`, `BAD_KEY` or `BAD_VALUE` with the index of the first that is none. */
export function readCacheEntries<V>(entries: Iterable<readonly [string, V]>): {
  readonly keys: string[];
  readonly values: V[];
} {
  if (typeof entries !== "object" || typeof entries?.[Symbol.iterator] !== "function")
    throw new ConfigError(
      "BAD_ARGUMENT",
      `entries: expected an iterable of [key, value], got ${describe(entries)}`,
      {
        option: "entries",
      },
    );
  const keys: string[] = [];
  const values: V[] = [];
  for (const entry of entries) {
    const keyIndex = keys.length;
    if (!Array.isArray(entry) || entry.length !== 2)
      throw new ConfigError(
        "BAD_ARGUMENT",
        `entry ${keyIndex}: expected [key, value], got ${describe(entry)}`,
        {
          keyIndex,
        },
      );
    const [key, value] = entry as readonly [string, V];
    checkCacheKey(key, keyIndex);
    checkCacheValue(value, keyIndex);
    keys.push(key);
    values.push(value);
  }
  return { keys, values };
}

/** Throws ConfigError `BAD_VALUE`: `undefined` would be read as something else than it was. */
export function checkCacheValue(value: unknown, keyIndex?: number): void {
  if (value !== undefined) return;
  const which = keyIndex === undefined ? "value" : `value ${keyIndex}`;
  throw new ConfigError("BAD_VALUE", `${which}: undefined is none`, { option: "value", keyIndex });
}

/** Of one entry: also that `nx` and `xx` are booleans and not both true. Throws ConfigError `BAD_OPTION`. */
export function checkConditions({ nx, xx }: CacheSetOneOptions): void {
  for (const [option, value] of Object.entries({ nx, xx }))
    if (value !== undefined && typeof value !== "boolean") throw badOption(option, "a boolean", value);
  if (nx === true && xx === true)
    throw new ConfigError("BAD_OPTION", "nx and xx: an entry cannot both exist and not exist", {
      option: "xx",
    });
}

/** Null stands for "for ever". Throws ConfigError `BAD_TTL`. */
export function resolveTtl(ttlMs: unknown, defaultTtlMs: number | null): number | null {
  if (ttlMs === undefined) return defaultTtlMs;
  return ttlMs === null ? null : checkTtl(ttlMs);
}

/** Throws ConfigError `BAD_METADATA`. */
export function checkMetadata(metadata: unknown): asserts metadata is CacheMetadata | undefined {
  // A Map, a Date and the like have no fields to be read back.
  if (metadata === undefined || Object.prototype.toString.call(metadata) === "[object Object]") return;
  throw new ConfigError("BAD_METADATA", `metadata: expected an object of fields, got ${describe(metadata)}`, {
    option: "metadata",
  });
}

/** Throws ConfigError `BAD_ARGUMENT`. */
export function checkPattern(pattern: unknown): asserts pattern is string {
  if (typeof pattern === "string") return;
  throw new ConfigError("BAD_ARGUMENT", `pattern: expected a string, got ${describe(pattern)}`, {
    option: "pattern",
  });
}
