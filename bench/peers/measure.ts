import { createHistogram, type RecordableHistogram } from "node:perf_hooks";

/** One contestant's turn in one round. */
export interface Turn {
  batches: number;
  /** User plus system time of this process, all threads, per record. */
  cpuUsPerRecord: number;
  recordsPerSecond: number;
}

export interface TurnLimits {
  /** Runs for so long before anything is counted: what the one before left behind is collected, and code that went cold is compiled again. */
  leadInMs: number;
  /** A turn ends with the first batch that ends after so many milliseconds … */
  durationMs: number;
  /** … and at least so many batches, unless it already took four times `durationMs`. */
  minBatches: number;
}

/** Runs batches one after another and charges what they cost to the process. Latencies go into `latencyNs`. */
export async function takeTurn(
  run: () => Promise<unknown>,
  records: number,
  limits: TurnLimits,
  latencyNs: RecordableHistogram | null,
): Promise<Turn> {
  const leadInUntil = performance.now() + limits.leadInMs;
  while (performance.now() < leadInUntil) await run();
  const cpuBefore = process.cpuUsage();
  const startedAt = process.hrtime.bigint();
  const durationNs = BigInt(Math.round(limits.durationMs * 1e6));
  let batches = 0;
  let now = startedAt;
  for (;;) {
    const before = now;
    await run();
    now = process.hrtime.bigint();
    latencyNs?.record(now - before);
    batches++;
    const elapsedNs = now - startedAt;
    if (elapsedNs >= durationNs && (batches >= limits.minBatches || elapsedNs >= 4n * durationNs)) break;
  }
  const cpu = process.cpuUsage(cpuBefore);
  const done = batches * records;
  return {
    batches,
    cpuUsPerRecord: (cpu.user + cpu.system) / done,
    recordsPerSecond: (done * 1e9) / Number(now - startedAt),
  };
}

export function newLatencies(): RecordableHistogram {
  return createHistogram({ lowest: 1, highest: 600_000_000_000, figures: 3 });
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
