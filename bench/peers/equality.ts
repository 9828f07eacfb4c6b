import type { BenchCluster } from "./bench-cluster.ts";
import type { Contestant, RecordBytes } from "./contestant.ts";
import type { Workload } from "./workload.ts";

function same(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}

function compare(load: Workload, records: readonly (RecordBytes | null)[]): void {
  if (records.length !== load.keys.length)
    throw new Error(`${records.length} records, not ${load.keys.length}`);
  for (const [i, record] of records.entries()) {
    if (record == null) throw new Error(`record ${i} is missing`);
    if (!same(record.metadata, load.metadata[i]!)) throw new Error(`record ${i} has other metadata`);
    if (!same(record.bytes, load.values[i]!)) throw new Error(`record ${i} has other bytes`);
  }
}

/** Reads what the reference stored. Throws where a single byte differs. */
export async function checkRead(contestant: Contestant, load: Workload): Promise<void> {
  compare(load, await (await contestant.prepareRead(load)).records());
}

/** Writes into an empty cluster, then the reference reads everything back. Throws where a single byte differs. */
export async function checkWrite(
  cluster: BenchCluster,
  contestant: Contestant,
  load: Workload,
): Promise<void> {
  await cluster.clear();
  await (await contestant.prepareWrite(load)).run();
  compare(load, await cluster.stored(load));
}
