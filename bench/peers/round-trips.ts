import type { BenchCluster } from "./bench-cluster.ts";
import type { ContestantSource } from "./contestant.ts";
import { within } from "./failure.ts";
import { BarrierProxy } from "./proxy.ts";
import type { Row } from "./row.ts";
import { createWorkload, type KeyShape } from "./workload.ts";

/** Longer than any pause inside a wave of requests on a busy machine; a sequential batch pays it once a record. */
const QUIET_MS = 5;
/** A background command (a PING, a topology refresh) can add a wave, never take one away: the least of the tries counts. */
const TRIES = 3;
const BATCH_TIMEOUT_MS = 60_000;

/** `direction-records-byteLength` and contestant to round trips per batch; metadata makes no difference to them. */
export class RoundTrips {
  readonly #counts = new Map<string, number>();

  static #key(row: Row, id: string): string {
    return `${row.direction}-${row.records}-${row.byteLength}-${id}`;
  }

  get(row: Row, id: string): number | null {
    return this.#counts.get(RoundTrips.#key(row, id)) ?? null;
  }

  /** Counts for every row behind the barrier proxy, on connections of its own. Failures are left to the timed part to report. */
  static async count(
    cluster: BenchCluster,
    sources: readonly ContestantSource[],
    rows: readonly Row[],
    keyShape: KeyShape,
  ): Promise<RoundTrips> {
    const counts = new RoundTrips();
    const proxy = await BarrierProxy.start(cluster.addresses, QUIET_MS);
    try {
      await cluster.announce(proxy.addresses.map(({ port }) => port));
      const entrants = await Promise.all(
        sources.map(async (source) => {
          const contestant = await source.open(proxy.addresses).catch(() => null);
          return { source, contestant };
        }),
      );
      for (const row of rows) {
        if (counts.#counts.has(RoundTrips.#key(row, sources[0]!.id))) continue;
        const load = createWorkload(row, keyShape);
        await cluster.store(load);
        for (const { source, contestant } of entrants) {
          if (contestant === null) continue;
          try {
            const prepared = await (row.direction === "read"
              ? contestant.prepareRead(load)
              : contestant.prepareWrite(load));
            await within(BATCH_TIMEOUT_MS, prepared.run());
            const waves: number[] = [];
            // One try is enough where the waves are as many as the records.
            while (waves.length < TRIES && (waves[0] ?? 0) < row.records) {
              waves.push(
                await within(
                  BATCH_TIMEOUT_MS,
                  proxy.count(() => prepared.run()),
                ),
              );
            }
            counts.#counts.set(RoundTrips.#key(row, source.id), Math.min(...waves));
          } catch {
            // The timed part meets the same failure and prints it.
          }
        }
        await cluster.clear();
      }
      await Promise.all(entrants.map(({ contestant }) => contestant?.close()));
    } finally {
      await cluster.announce(cluster.addresses.map(() => 0));
      await proxy.stop();
    }
    return counts;
  }
}
