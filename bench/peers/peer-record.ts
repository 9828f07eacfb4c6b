import type { ReadRun, RecordBytes } from "./contestant.ts";
import { decodeLmcache, encodeLmcache, type LmcacheFields } from "./lmcache-metadata.ts";
import type { Workload } from "./workload.ts";

/** What a peer's user holds after a read: the reply as the client gave it, or fields and bytes where metadata is decoded. */
export type PeerRecord = (Buffer | null)[] | { metadata: LmcacheFields; bytes: Buffer } | null;

export function recordOf(load: Workload, reply: (Buffer | null)[]): PeerRecord {
  if (load.fields === null) return reply;
  const [metadata, bytes] = reply;
  return metadata == null || bytes == null ? null : { metadata: decodeLmcache(metadata), bytes };
}

/** The metadata value that record `index` is written with; encoded here, inside the measurement, in the LMCache rows. */
export function writtenMetadata(load: Workload, index: number): Buffer {
  return load.fields === null ? load.metadata[index]! : encodeLmcache(load.fields[index]!);
}

function bytesOf(record: PeerRecord): RecordBytes | null {
  if (record === null) return null;
  if (!Array.isArray(record)) return { metadata: encodeLmcache(record.metadata), bytes: record.bytes };
  const [metadata, bytes] = record;
  return metadata == null || bytes == null ? null : { metadata, bytes };
}

export function peerRead(load: Workload, run: () => Promise<PeerRecord[]>): ReadRun {
  return {
    run,
    records: async () => {
      const records = await run();
      if (records.length !== load.keys.length)
        throw new Error(`${records.length} results for ${load.keys.length} keys`);
      return records.map(bytesOf);
    },
  };
}
