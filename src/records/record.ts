/** One record: metadata and KV bytes under one key. */
export interface KvRecord<M = unknown> {
  key: string;
  metadata: M;
  bytes: Uint8Array;
}

/** What a key was read as in place of a record: one half of it alone, or halves that are no record together. */
export type RecordFlaw = "metadata-only" | "bytes-only" | "mismatch";

/** What reads met since the store was made: every key once, however many layouts it was looked for in. */
export interface RecordStats {
  /** Whole records returned. */
  hits: number;
  /** Keys of which there was nothing. */
  misses: number;
  /** Keys with one half only, read as misses. */
  halves: number;
  /**
   * Keys whose metadata told another length than the bytes had, or was no metadata of this codec, or whose value `valueMetadata` did not take; read
   * as misses.
   */
  mismatches: number;
}
