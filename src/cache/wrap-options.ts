import { badOption } from "../cluster/options.ts";
import { ConfigError } from "../errors.ts";
import type { CacheMetadata, CacheWrapOptions } from "./cache-backend.ts";
import { checkCacheCall, checkMetadata, resolveTtl } from "./cache-input.ts";

export interface ResolvedWrapOptions {
  readonly ttlMs: number | null;
  readonly staleMs: number;
  readonly metadata: CacheMetadata | undefined;
  readonly timeoutMs: number | undefined;
  readonly signal: AbortSignal | undefined;
}

/** Throws ConfigError `UNKNOWN_OPTION`, `BAD_OPTION`, `BAD_TTL` or `BAD_METADATA`, or AbortError where the signal has fired already. */
export function resolveWrapOptions(
  options: CacheWrapOptions | undefined,
  defaultTtlMs: number | null,
): ResolvedWrapOptions {
  checkCacheCall("wrap", options, 1, "ttlMs", "staleMs", "metadata");
  const { staleMs = 0, metadata, timeoutMs, signal } = options ?? {};
  const ttlMs = resolveTtl(options?.ttlMs, defaultTtlMs);
  checkMetadata(metadata);
  if (!Number.isSafeInteger(staleMs) || staleMs < 0)
    throw badOption("staleMs", "a whole number of milliseconds from 0", staleMs);
  if (staleMs > 0 && ttlMs === null) {
    const message = "staleMs needs a ttlMs: what is fresh for ever is never stale";
    throw new ConfigError("BAD_OPTION", message, { option: "staleMs" });
  }
  return { ttlMs, staleMs, metadata, timeoutMs, signal };
}
