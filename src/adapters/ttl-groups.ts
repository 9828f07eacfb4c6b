import type { CacheBackend } from "../cache/cache-backend.ts";

/** One entry of a list in which every entry may have its own TTL; undefined is the backend's own. */
export interface TimedEntry {
  readonly key: string;
  readonly value: Uint8Array;
  readonly ttlMs: number | null | undefined;
}

/**
 * Sets every entry, all of one TTL in one `setMany`, the calls at the same time. Of two entries with one key only the later one is sent,
 * whatever their TTLs. What became of each, at the caller's index: entries of one TTL share their outcome.
 */
export async function setTimed(
  backend: CacheBackend<Uint8Array>,
  entries: readonly TimedEntry[],
): Promise<PromiseSettledResult<void>[]> {
  const last = new Map<string, TimedEntry>();
  for (const entry of entries) last.set(entry.key, entry);
  const groups = new Map<number | null | undefined, [string, Uint8Array][]>();
  for (const { key, value, ttlMs } of last.values()) {
    const group = groups.get(ttlMs);
    if (group === undefined) groups.set(ttlMs, [[key, value]]);
    else group.push([key, value]);
  }
  const ttls = [...groups.keys()];
  const settled = await Promise.allSettled(
    ttls.map((ttlMs) => backend.setMany(groups.get(ttlMs)!, { ttlMs })),
  );
  const outcomes = new Map(ttls.map((ttlMs, i) => [ttlMs, settled[i]!]));
  return entries.map(({ key }) => outcomes.get(last.get(key)!.ttlMs)!);
}

/** The first failure of a list of outcomes, or undefined. */
export function failureOf(
  outcomes: readonly PromiseSettledResult<void>[],
): PromiseRejectedResult | undefined {
  return outcomes.find((outcome) => outcome.status === "rejected");
}
