/** What latencies are told apart by: reads, writes, removals, and everything else (`ttl`, `expire`, `keys`, …). */
export type CacheOperation = "get" | "set" | "delete" | "other";

/** Of the calls of one kind, failed ones included. Milliseconds, to 1 %; `maxMs` is exact. All are 0 where there was no call. */
export interface CacheLatency {
  /** Calls; a batch is one. */
  readonly count: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

/** Counters since the backend was made, and its size now. */
export interface CacheStatsFields {
  /** Keys that were read and found. */
  readonly hits: number;
  /** Keys that were read and not found; errors are neither. */
  readonly misses: number;
  /** Entries written; what `nx` or `xx` kept away is not counted. */
  readonly sets: number;
  /** Entries removed by `delete`, `deleteMany` and `clear`. */
  readonly deletes: number;
  /** Entries that went for want of room; on a server all of its evictions since the first look. */
  readonly evictions: number;
  /** Calls that failed; bad input and aborts are the caller's and not counted. */
  readonly errors: number;
  /** Entries now; null where that cannot be told without reading every key. */
  readonly entries: number | null;
  /** Bytes in use now; null where that is not known. */
  readonly bytes: number | null;
  readonly latency: Readonly<Record<CacheOperation, CacheLatency>>;
  /** The stats of the caches that this one is made of, by name (`primary`, `memory`). Default: none. */
  readonly parts?: Readonly<Record<string, CacheStats>> | undefined;
}

/** A snapshot: it does not change as the cache does. */
export class CacheStats implements CacheStatsFields {
  readonly hits: number;
  readonly misses: number;
  readonly sets: number;
  readonly deletes: number;
  readonly evictions: number;
  readonly errors: number;
  readonly entries: number | null;
  readonly bytes: number | null;
  readonly latency: Readonly<Record<CacheOperation, CacheLatency>>;
  readonly parts: Readonly<Record<string, CacheStats>>;

  constructor(fields: CacheStatsFields) {
    this.hits = fields.hits;
    this.misses = fields.misses;
    this.sets = fields.sets;
    this.deletes = fields.deletes;
    this.evictions = fields.evictions;
    this.errors = fields.errors;
    this.entries = fields.entries;
    this.bytes = fields.bytes;
    this.latency = Object.freeze({ ...fields.latency });
    this.parts = Object.freeze({ ...fields.parts });
    if (new.target === CacheStats) Object.freeze(this);
  }

  /** Hits of all keys read, 0 to 1; 0 where none was read. */
  get hitRate(): number {
    const reads = this.hits + this.misses;
    return reads === 0 ? 0 : this.hits / reads;
  }

  /** Plain numbers, for JSON and for metrics; the parts stand under their own names. */
  toJSON(): Record<string, unknown> {
    const { hits, misses, hitRate, sets, deletes, evictions, errors, entries, bytes, latency } = this;
    const parts = Object.fromEntries(
      Object.entries(this.parts).map(([name, stats]) => [name, stats.toJSON()]),
    );
    return { hits, misses, hitRate, sets, deletes, evictions, errors, entries, bytes, latency, ...parts };
  }
}
