import { badOption, checkTtl } from "../cluster/options.ts";
import { ConfigError } from "../errors.ts";
import type { CircuitRules } from "./circuit-breaker.ts";

export interface FallbackOptions {
  /** Milliseconds that an entry lives where `set` does not say, from 1; null: for ever. Default: that of the primary, or else of the memory. */
  ttlMs?: number | null | undefined;
  /**
   * Milliseconds for which a value is served from memory after it was last read from or written to either cache; null: until its TTL. Older ones are
   * misses. Default 300,000.
   */
  maxStalenessMs?: number | null | undefined;
  /** Milliseconds for a call to the primary where the call does not say; also for a probe. Default 2,000. */
  primaryTimeoutMs?: number | undefined;
  /** Milliseconds without a connection, once there was one, after which calls under way are given up. Default 250. */
  disconnectedMs?: number | undefined;
  /** Calls in a row that the primary fails before memory takes over. Default 5. */
  failureThreshold?: number | undefined;
  /** Milliseconds between two probes at most, from 10; the first ones follow sooner. Default 500. */
  probeIntervalMs?: number | undefined;
  /** Milliseconds over which calls return to the primary. Default 500. */
  rampMs?: number | undefined;
  /**
   * What becomes of the keys that were written while the primary was away. `replay` (default): their values are written to it, with what is left of
   * their TTLs. `invalidate`: they are deleted there, as safe as it gets where other processes kept writing to it.
   */
  afterOutage?: "replay" | "invalidate" | undefined;
  /** Keys that are remembered for that. Default 100,000. */
  maxPendingKeys?: number | undefined;
  /**
   * What happens on return where more keys were written than are remembered. `keep` (default): the primary may serve older values of the others, which
   * the event `overflow` and `lostWrites` tell. `clear`: everything under its prefix is deleted before anything of it is served.
   */
  onOverflow?: "keep" | "clear" | undefined;
  /** Keys in one batch of those that are written or deleted on return, one batch at a time. Default 256. */
  replayBatchKeys?: number | undefined;
}

export interface ResolvedFallbackOptions extends CircuitRules {
  readonly ttlMs: number | null | undefined;
  readonly maxStalenessMs: number | null;
  readonly primaryTimeoutMs: number;
  readonly disconnectedMs: number;
  readonly afterOutage: "replay" | "invalidate";
  readonly maxPendingKeys: number;
  readonly onOverflow: "keep" | "clear";
  readonly replayBatchKeys: number;
}

const MAX_TIMER_MS = 2 ** 31 - 1;

const NUMBERS = {
  primaryTimeoutMs: { fallback: 2_000, min: 1, max: MAX_TIMER_MS },
  disconnectedMs: { fallback: 250, min: 0, max: MAX_TIMER_MS },
  failureThreshold: { fallback: 5, min: 1, max: 1_000_000 },
  probeIntervalMs: { fallback: 500, min: 10, max: MAX_TIMER_MS },
  rampMs: { fallback: 500, min: 0, max: MAX_TIMER_MS },
  maxPendingKeys: { fallback: 100_000, min: 0, max: 2 ** 24 },
  replayBatchKeys: { fallback: 256, min: 1, max: 16_384 },
} as const;

const NAMES = [...Object.keys(NUMBERS), "ttlMs", "maxStalenessMs", "afterOutage", "onOverflow"];

/** Throws ConfigError `UNKNOWN_OPTION`, `BAD_OPTION` or `BAD_TTL`. */
export function resolveFallbackOptions(options: FallbackOptions): ResolvedFallbackOptions {
  if (typeof options !== "object" || options === null) throw badOption("options", "an object", options);
  const unknown = Object.keys(options).find((name) => !NAMES.includes(name));
  if (unknown !== undefined) {
    const message = `unknown option "${unknown}" of a FallbackBackend; the options are ${NAMES.join(", ")}`;
    throw new ConfigError("UNKNOWN_OPTION", message, { option: unknown });
  }
  const { ttlMs, maxStalenessMs = 300_000, afterOutage = "replay", onOverflow = "keep" } = options;
  if (ttlMs !== undefined && ttlMs !== null) checkTtl(ttlMs);
  if (maxStalenessMs !== null && (!Number.isSafeInteger(maxStalenessMs) || maxStalenessMs < 1))
    throw badOption("maxStalenessMs", "a whole number of milliseconds from 1, or null", maxStalenessMs);
  if (afterOutage !== "replay" && afterOutage !== "invalidate")
    throw badOption("afterOutage", '"replay" or "invalidate"', afterOutage);
  if (onOverflow !== "keep" && onOverflow !== "clear")
    throw badOption("onOverflow", '"keep" or "clear"', onOverflow);
  return {
    ttlMs,
    maxStalenessMs,
    afterOutage,
    onOverflow,
    primaryTimeoutMs: resolveNumber(options, "primaryTimeoutMs"),
    disconnectedMs: resolveNumber(options, "disconnectedMs"),
    failureThreshold: resolveNumber(options, "failureThreshold"),
    probeIntervalMs: resolveNumber(options, "probeIntervalMs"),
    rampMs: resolveNumber(options, "rampMs"),
    maxPendingKeys: resolveNumber(options, "maxPendingKeys"),
    replayBatchKeys: resolveNumber(options, "replayBatchKeys"),
  };
}

function resolveNumber(options: FallbackOptions, name: keyof typeof NUMBERS): number {
  const { fallback, min, max } = NUMBERS[name];
  const value = options[name] ?? fallback;
  if (Number.isInteger(value) && value >= min && value <= max) return value;
  throw badOption(name, `a whole number from ${min} to ${max}`, value);
}
