/** One record: metadata and KV bytes under one key. */
export interface KvRecord<M = unknown> {
  key: string;
  metadata: M;
  bytes: Uint8Array;
}

/** What reads met since the store was made. */
export interface RecordStats {
  /** Whole records returned. */
  hits: number;
  /** Keys with neither half. */
  misses: number;
  /** Keys with one half only, read as misses. */
  halves: number;
  /** Keys whose metadata told another length than the bytes had, or was no metadata of this codec; read as misses. */
  mismatches: number;
}
