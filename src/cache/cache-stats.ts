/** Counters since the backend was made, and its size now. */
export interface CacheStatsFields {
  readonly hits: number;
  readonly misses: number;
  readonly sets: number;
  readonly deletes: number;
  /** Entries that went for want of room; on a server all of its evictions since the first look. */
  readonly evictions: number;
  readonly errors: number;
  /** Entries now; null where that cannot be told without reading every key. */
  readonly entries: number | null;
  /** Bytes in use now; null where that is not known. */
  readonly bytes: number | null;
}

/** Placeholder shape until the class is there. */
export interface CacheStats extends CacheStatsFields {
  readonly hitRate: number;
  toJSON(): Record<string, unknown>;
}
