import { createHistogram, type RecordableHistogram } from "node:perf_hooks";
import { AbortError, ConfigError } from "../errors.ts";
import { type CacheLatency, type CacheOperation, CacheStats, type CacheStatsFields } from "./cache-stats.ts";

/** What a backend knows of itself when it is asked. */
export interface CacheSize {
  readonly entries: number | null;
  readonly bytes: number | null;
  /** In place of what was counted here, where the server counts. */
  readonly evictions?: number | undefined;
  readonly parts?: Readonly<Record<string, CacheStats>> | undefined;
}

const NANOSECONDS_PER_MS = 1e6;
/** Up to an hour, in nanoseconds; with two figures a histogram takes 36 KB. */
const HISTOGRAM = { lowest: 1, highest: 3_600_000 * NANOSECONDS_PER_MS, figures: 2 };
const NO_CALLS: CacheLatency = Object.freeze({ count: 0, p50Ms: 0, p95Ms: 0, p99Ms: 0, maxMs: 0 });

/** What a backend counts into. */
export class StatsRecorder {
  readonly #latencies = new Map<CacheOperation, Latencies>();
  #hits = 0;
  #misses = 0;
  #sets = 0;
  #deletes = 0;
  #evictions = 0;
  #errors = 0;

  hit(count: number = 1): void {
    this.#hits += count;
  }

  miss(count: number = 1): void {
    this.#misses += count;
  }

  set(count: number = 1): void {
    this.#sets += count;
  }

  delete(count: number = 1): void {
    this.#deletes += count;
  }

  eviction(count: number = 1): void {
    this.#evictions += count;
  }

  error(count: number = 1): void {
    this.#errors += count;
  }

  /** Measures the work, and counts an error where it rejects, unless it is the caller's own: a ConfigError or an AbortError. */
  async timed<T>(operation: CacheOperation, work: () => Promise<T>): Promise<T> {
    const startedMs = performance.now();
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof ConfigError || error instanceof AbortError)) this.#errors++;
      throw error;
    } finally {
      this.lasted(operation, performance.now() - startedMs);
    }
  }

  /** As `timed`, for work that is done when it returns. */
  timedSync<T>(operation: CacheOperation, work: () => T): T {
    const startedMs = performance.now();
    try {
      return work();
    } catch (error) {
      if (!(error instanceof ConfigError || error instanceof AbortError)) this.#errors++;
      throw error;
    } finally {
      this.lasted(operation, performance.now() - startedMs);
    }
  }

  /** A call that was measured elsewhere. */
  lasted(operation: CacheOperation, durationMs: number): void {
    let latencies = this.#latencies.get(operation);
    if (latencies === undefined) {
      latencies = new Latencies();
      this.#latencies.set(operation, latencies);
    }
    latencies.record(durationMs);
  }

  snapshot(size: CacheSize): CacheStats {
    return new CacheStats(this.fields(size));
  }

  /** For snapshots that hold more than CacheStats does. */
  fields({ entries, bytes, evictions, parts }: CacheSize): CacheStatsFields {
    return {
      hits: this.#hits,
      misses: this.#misses,
      sets: this.#sets,
      deletes: this.#deletes,
      evictions: evictions ?? this.#evictions,
      errors: this.#errors,
      entries,
      bytes,
      latency: {
        get: this.#latency("get"),
        set: this.#latency("set"),
        delete: this.#latency("delete"),
        other: this.#latency("other"),
      },
      parts,
    };
  }

  #latency(operation: CacheOperation): CacheLatency {
    return this.#latencies.get(operation)?.summary() ?? NO_CALLS;
  }
}

class Latencies {
  readonly #histogram: RecordableHistogram = createHistogram(HISTOGRAM);
  #maxMs = 0;

  record(durationMs: number): void {
    if (durationMs > this.#maxMs) this.#maxMs = durationMs;
    const nanoseconds = Math.round(durationMs * NANOSECONDS_PER_MS);
    this.#histogram.record(Math.min(HISTOGRAM.highest, Math.max(HISTOGRAM.lowest, nanoseconds)));
  }

  summary(): CacheLatency {
    const maxMs = this.#maxMs;
    // A bucket's upper end may lie beyond the longest call in it.
    const percentile = (percent: number) =>
      Math.min(maxMs, this.#histogram.percentile(percent) / NANOSECONDS_PER_MS);
    return Object.freeze({
      count: this.#histogram.count,
      p50Ms: percentile(50),
      p95Ms: percentile(95),
      p99Ms: percentile(99),
      maxMs,
    });
  }
}
