import type { Workload } from "./workload.ts";

/** Where the cluster's primaries are to be reached (behind a proxy: the proxy's port). */
export interface Address {
  host: string;
  port: number;
}

export interface RecordBytes {
  metadata: Uint8Array;
  bytes: Uint8Array;
}

/** A read that can be repeated: `run` is what is timed, `records` runs it once and shows what it returned. */
export interface ReadRun {
  run(): Promise<unknown>;
  records(): Promise<(RecordBytes | null)[]>;
}

export interface WriteRun {
  run(): Promise<unknown>;
}

/** A connected client. Preparing takes no part in the measurement, except where a client's user could not prepare either. */
export interface Contestant {
  prepareRead(load: Workload): ReadRun | Promise<ReadRun>;
  prepareWrite(load: Workload): WriteRun | Promise<WriteRun>;
  close(): Promise<void>;
}

export interface ContestantSource {
  id: string;
  label: string;
  /** slotpack's own contestants; `floor` is no client; everything else is a peer. */
  kind: "slotpack" | "peer" | "floor";
  /** Loads and connects. What it throws is printed in the table. */
  open(nodes: readonly Address[]): Promise<Contestant>;
}
