import type { CallOptions, ClientOptions } from "../cluster/options.ts";
import type { RecordStats } from "../records/record.ts";
import type { ConnectorOptions } from "./connector-options.ts";

/** What is stored under a key. */
export interface KvObject<M> {
  /** Not stored, and not looked at, by the layout `value-only`. */
  metadata: M;
  bytes: Uint8Array;
}

export interface PutOptions extends Omit<CallOptions, "lane"> {
  /** Milliseconds that the records live, from 1, instead of the connector's `ttlMs`; `null` for ever. */
  ttlMs?: number | null | undefined;
}

export interface GetOptions extends CallOptions {
  /** The caller's own buffer for the record's bytes, at least as long as they are. */
  into?: Uint8Array | undefined;
}

/** Options of the connector and of `connect()` side by side. */
export type ConnectorConnectOptions<M> = ConnectorOptions<M> & ClientOptions;

export interface ConnectorStats extends RecordStats {
  /** Jobs that wait for a worker now. */
  waitingJobs: number;
  /** Jobs at work now. */
  activeJobs: number;
}
