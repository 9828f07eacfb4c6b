/**
 * Durations of one command from 1 ns to 1 s, to two digits: 256 buckets for the first 256 ns, then 128 for each doubling. The same buckets as
 * the HDR histogram of redis-server, so that percentiles and LATENCY HISTOGRAM are cut at the same places.
 */
export class LatencyHistogram {
  #counts = new Uint32Array(1024);
  #total = 0;

  get total(): number {
    return this.#total;
  }

  /** Microseconds; more than a second counts as one. */
  record(us: number): void {
    const bucket = bucketOf(Math.min(HIGHEST, Math.max(1, us * 1000)));
    if (bucket >= this.#counts.length) this.#grow(bucket);
    (this.#counts[bucket] as number) += 1;
    this.#total += 1;
  }

  /** The duration in microseconds that `percentile` (0 to 100) of all did not exceed. */
  percentile(percentile: number): number {
    const wanted = Math.max(1, Math.floor((percentile / 100) * this.#total + 0.5));
    let seen = 0;
    for (const [bucket, count] of this.#counts.entries()) {
      seen += count;
      if (seen >= wanted) return highestOf(bucket) / 1000;
    }
    return 0;
  }

  /** Microseconds (about 1, 2, 4 … 33, 66, …) with the number of durations up to there, where it grows. */
  cumulative(): [microseconds: number, count: number][] {
    const steps: [number, number][] = [];
    let seen = 0;
    let bucket = 0;
    for (let level = FIRST_LEVEL; seen < this.#total; level *= 2) {
      const last = bucketOf(level);
      const before = seen;
      for (; bucket <= last; bucket += 1) seen += this.#counts[bucket] ?? 0;
      if (seen > before) steps.push([Math.floor(highestOf(last) / 1000), seen]);
    }
    return steps;
  }

  #grow(bucket: number): void {
    const counts = new Uint32Array((bucket | 127) + 129);
    counts.set(this.#counts);
    this.#counts = counts;
  }
}

const HIGHEST = 1_000_000_000;
const FIRST_LEVEL = 1024;

function bucketOf(ns: number): number {
  const doubling = Math.max(0, 24 - Math.clz32(ns));
  return doubling * 128 + (ns >>> doubling);
}

function highestOf(bucket: number): number {
  const doubling = Math.max(0, Math.floor(bucket / 128) - 1);
  return (bucket - doubling * 128 + 1) * 2 ** doubling - 1;
}
