import { Bench } from "tinybench";
import type { Comparison, Measurement } from "./comparison.ts";

export interface MeasureOptions {
  /** Times that every contestant has its turn; the order changes from round to round. */
  readonly rounds: number;
  /** Milliseconds of a turn. */
  readonly turnMs: number;
}

/** A sample is made at least this long by repeating the run, so that the timer's own cost and step vanish in it. */
const SAMPLE_NS = 30_000;

/**
 * Checks that all contestants agree, then times them in interleaved rounds. A contestant's figure is the median sample of
 * its quietest round: a neighbour on the same core makes a round slower, and nothing makes one faster.
 */
export function measure(
  comparison: Comparison,
  options: MeasureOptions,
  warn: (message: string) => void,
): Measurement {
  comparison.check();
  const repeated = comparison.contestants.map(({ name, run }) => {
    const repeats = repeatsFor(run);
    return { name, repeats, fn: () => repeat(run, repeats) };
  });
  const nanoseconds = new Map<string, number>();
  for (let round = 0; round < options.rounds; round++) {
    const bench = new Bench({
      time: options.turnMs,
      iterations: 16,
      warmup: round === 0,
      warmupTime: options.turnMs,
      throws: true,
    });
    bench.addEventListener("warning", (event) => {
      warn(
        `${comparison.section}, ${comparison.shape}, ${comparison.count}, ${event.task?.name}: ${"samples near the timer's own step"}`,
      );
    });
    const shift = round % repeated.length;
    for (const { name, fn } of [...repeated.slice(shift), ...repeated.slice(0, shift)])
      bench.add(name, fn, { async: false });
    bench.runSync();
    for (const { name, repeats } of repeated) {
      const result = bench.getTask(name)?.result;
      if (result?.state !== "completed") throw new Error(`${name}: not measured (${result?.state})`);
      const perKey = (result.latency.p50 * 1e6) / (repeats * comparison.count);
      nanoseconds.set(name, Math.min(perKey, nanoseconds.get(name) ?? Number.POSITIVE_INFINITY));
    }
  }
  return { comparison, nanoseconds };
}

/** The quieter figure of each contestant; both measurements are of the same comparison. */
export function quieter(first: Measurement, second: Measurement): Measurement {
  const nanoseconds = new Map(first.nanoseconds);
  for (const [name, value] of second.nanoseconds) {
    nanoseconds.set(name, Math.min(value, nanoseconds.get(name) ?? Number.POSITIVE_INFINITY));
  }
  return { comparison: first.comparison, nanoseconds };
}

const COMPILE_MS = 30;

/** Lets the engine compile the run, then finds how often it fits into a sample. */
function repeatsFor(run: () => unknown): number {
  const compiledAt = performance.now() + COMPILE_MS;
  while (performance.now() < compiledAt) repeat(run, 10);
  let repeats = 1;
  while (true) {
    const start = process.hrtime.bigint();
    repeat(run, repeats);
    const elapsed = Number(process.hrtime.bigint() - start);
    if (elapsed >= SAMPLE_NS) return Math.max(1, Math.ceil((repeats * SAMPLE_NS) / elapsed));
    repeats *= 2;
  }
}

/** Keeps results alive, so that no run is compiled away. */
export let sink: unknown;

function repeat(run: () => unknown, repeats: number): void {
  for (let i = 0; i < repeats; i++) sink = run();
}
