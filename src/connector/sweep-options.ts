import { describe } from "../bytes/describe.ts";
import { type CallOptions, checkCallOptions } from "../cluster/options.ts";
import { ConfigError } from "../errors.ts";

export interface SweepOptions extends CallOptions {
  /**
   * Milliseconds between two looks at a half that stands alone; more than any writer takes between a record's two halves, however it ends.
   * Default: the client's `timeoutMs`, and 5,000 at least. An orphan is removed after two of them.
   */
  graceMs?: number | undefined;
  /** Only finds and counts. Default false. */
  dryRun?: boolean | undefined;
  /** Only records whose logical keys begin with this. Default all. */
  prefix?: string | undefined;
  /** Called after every page of names, with the counts so far. */
  onProgress?: ((report: Readonly<SweepReport>) => void) | undefined;
}

export interface SweepReport {
  /** Names of halves that were looked at. */
  scanned: number;
  /** Names of all kinds on all primaries when the sweep began; undefined where the user may not ask. */
  total: number | undefined;
  /** Metadata without bytes. */
  orphanMetadata: number;
  /** Bytes without metadata. */
  orphanBytes: number;
  /** Orphans that were deleted; 0 in a dry run. */
  removed: number;
  /** Bytes that the orphans of both kinds held, their names not counted. */
  byteLength: number;
}

/** A sweep's options with their defaults. */
export interface ResolvedSweepOptions {
  /** Of each step on the way. */
  readonly call: CallOptions;
  readonly graceMs: number;
  readonly dryRun: boolean;
  readonly prefix: string;
  readonly onProgress: (report: Readonly<SweepReport>) => void;
}

const DEFAULT_GRACE_MS = 5_000;
const MAX_GRACE_MS = 86_400_000;

/** Throws ConfigError `UNKNOWN_OPTION` or `BAD_OPTION`. */
export function resolveSweepOptions(
  options: SweepOptions | undefined,
  clientTimeoutMs: number,
): ResolvedSweepOptions {
  checkCallOptions(options, "graceMs", "dryRun", "prefix", "onProgress");
  const { signal, timeoutMs, dryRun = false, prefix = "", onProgress = () => {} } = options ?? {};
  const { graceMs = Math.max(DEFAULT_GRACE_MS, clientTimeoutMs) } = options ?? {};
  if (!Number.isSafeInteger(graceMs) || graceMs < 1 || graceMs > MAX_GRACE_MS)
    throw badOption("graceMs", `a whole number of milliseconds from 1 to ${MAX_GRACE_MS}`, graceMs);
  if (typeof dryRun !== "boolean") throw badOption("dryRun", "a boolean", dryRun);
  if (typeof prefix !== "string") throw badOption("prefix", "a string", prefix);
  if (typeof onProgress !== "function") throw badOption("onProgress", "a function", onProgress);
  return { call: { signal, timeoutMs }, graceMs, dryRun, prefix, onProgress };
}

function badOption(option: string, expected: string, got: unknown): ConfigError {
  const text = typeof got === "number" ? String(got) : describe(got);
  return new ConfigError("BAD_OPTION", `${option}: expected ${expected}, got ${text}`, { option });
}
