import { badOption } from "../cluster/options.ts";

/** A value of `maxmemory-policy`. */
export type EvictionPolicy =
  | "noeviction"
  | "allkeys-lru"
  | "allkeys-lfu"
  | "allkeys-random"
  | "volatile-lru"
  | "volatile-lfu"
  | "volatile-random"
  | "volatile-ttl"
  | (`${"allkeys" | "volatile"}-${string}` & {});

/** What the servers' settings should be, by their names in redis.conf. */
export interface MemoryWishes {
  readonly settings: ReadonlyMap<"maxmemory" | "maxmemory-policy", string>;
  /** Whether they are set, or only compared. */
  readonly apply: boolean;
}

/** The units of redis.conf. */
const UNITS: Readonly<Record<string, number>> = {
  "": 1,
  b: 1,
  k: 1_000,
  kb: 1_024,
  m: 1_000_000,
  mb: 1_024 ** 2,
  g: 1_000_000_000,
  gb: 1_024 ** 3,
};

/** Undefined where nothing is wished. Throws ConfigError `BAD_OPTION`. */
export function resolveMemoryWishes(config: {
  readonly maxMemory?: unknown;
  readonly evictionPolicy?: unknown;
  readonly applyMemorySettings?: unknown;
}): MemoryWishes | undefined {
  const { maxMemory, evictionPolicy, applyMemorySettings = false } = config;
  if (typeof applyMemorySettings !== "boolean")
    throw badOption("applyMemorySettings", "a boolean", applyMemorySettings);
  const settings = new Map<"maxmemory" | "maxmemory-policy", string>();
  if (maxMemory !== undefined) settings.set("maxmemory", String(readByteLength(maxMemory)));
  if (evictionPolicy !== undefined) {
    // Servers have got further policies over the years, and know theirs.
    if (
      typeof evictionPolicy !== "string" ||
      !/^(noeviction|(allkeys|volatile)-[a-z]+)$/.test(evictionPolicy)
    )
      throw badOption(
        "evictionPolicy",
        "noeviction, allkeys-lru or another maxmemory-policy",
        evictionPolicy,
      );
    settings.set("maxmemory-policy", evictionPolicy);
  }
  if (settings.size > 0) return { settings, apply: applyMemorySettings };
  if (applyMemorySettings)
    throw badOption("applyMemorySettings", "maxMemory or evictionPolicy beside it, to be applied");
  return undefined;
}

function readByteLength(maxMemory: unknown): number {
  const [, digits, unit = ""] = /^(\d+)([kmg]?b?)$/i.exec(String(maxMemory)) ?? [];
  const byteLength = Number(digits) * UNITS[unit.toLowerCase()]!;
  if ((typeof maxMemory === "string" || typeof maxMemory === "number") && Number.isSafeInteger(byteLength))
    return byteLength;
  throw badOption("maxMemory", 'whole bytes from 0, or text such as "256mb"', maxMemory);
}
