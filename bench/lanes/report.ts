import type { LaneFigures, LaneLoad } from "./lane-run.ts";

/** What the lookups with lanes on are to keep: p99 in milliseconds, and as a share of the p99 with lanes off. */
const MOST_MS = 20;
const MOST_SHARE = 0.1;

export interface LaneRow {
  readonly lanes: boolean;
  readonly runs: LaneFigures[];
}

/** Nearest rank. */
function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}

function p99Of({ runs }: LaneRow): number {
  return percentile(
    runs.flatMap(({ latencies }) => latencies).sort((a, b) => a - b),
    0.99,
  );
}

/** A Markdown table: percentiles over the lookups of all rounds, throughput as the median of the rounds. */
export function laneTable(rows: readonly LaneRow[], load: LaneLoad): string {
  const lines = [
    `| lanes | lookups | p50 ms | p95 ms | p99 ms | max ms | PUT GB/s |`,
    `| --- | --: | --: | --: | --: | --: | --: |`,
  ];
  for (const { lanes, runs } of rows) {
    const sorted = runs.flatMap(({ latencies }) => latencies).sort((a, b) => a - b);
    const rates = runs.map(({ bytesPerSecond }) => bytesPerSecond / 1e9).sort((a, b) => a - b);
    const cells = [0.5, 0.95, 0.99, 1].map((share) => percentile(sorted, share).toFixed(1));
    const rate = rates[Math.floor(rates.length / 2)]!.toFixed(2);
    lines.push(`| ${lanes ? "on" : "off"} | ${sorted.length} | ${cells.join(" | ")} | ${rate} |`);
  }
  const shape = `${(load.totalBytes / 1e9).toFixed(2)} GB of values of ${load.valueBytes} bytes, ${load.batch} in a put`;
  return `${shape}, all queued at once; one lookup every ${load.everyMs} ms; every byte compared\n\n${lines.join("\n")}`;
}

/** Whether the lookups kept what is asked of them, in words. */
export function verdict(rows: readonly LaneRow[]): { readonly kept: boolean; readonly text: string } {
  const on = rows.find(({ lanes }) => lanes);
  const off = rows.find(({ lanes }) => !lanes);
  if (on === undefined || off === undefined) return { kept: true, text: "" };
  const share = p99Of(on) / p99Of(off);
  const kept = p99Of(on) <= MOST_MS && share <= MOST_SHARE;
  const text = `p99 with lanes ${p99Of(on).toFixed(1)} ms (at most ${MOST_MS}), ${(share * 100).toFixed(1)} % of the one without (at most ${MOST_SHARE * 100} %): ${kept ? "met" : "MISSED"}`;
  return { kept, text };
}
