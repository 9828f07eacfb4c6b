import { cpuOf, type Outcome, type RowResult, rateOf, timed } from "./row-result.ts";

interface Metric {
  name: string;
  of(outcome: Outcome): number;
  better: "less" | "more";
}

const METRICS: readonly Metric[] = [
  { name: "CPU µs/record", of: cpuOf, better: "less" },
  { name: "records/s", of: rateOf, better: "more" },
  { name: "p50 ms", of: (outcome) => outcome.p50Ms, better: "less" },
  { name: "p99 ms", of: (outcome) => outcome.p99Ms, better: "less" },
];

/** Every row and metric in which a peer beats slotpack with its default options, by however little. */
export function writeLosses(results: readonly RowResult[]): string {
  const lines: string[] = [];
  let compared = 0;
  for (const result of results) {
    const own = timed(result).find(({ source }) => source.id === "slotpack");
    const peers = timed(result).filter(({ source }) => source.kind === "peer");
    if (own === undefined || peers.length === 0) continue;
    for (const metric of METRICS) {
      compared++;
      const sign = metric.better === "less" ? 1 : -1;
      const best = peers.reduce((a, b) => (sign * metric.of(b) < sign * metric.of(a) ? b : a));
      if (sign * metric.of(own) <= sign * metric.of(best)) continue;
      const [mine, theirs] = [metric.of(own), metric.of(best)];
      lines.push(
        `| ${result.row.name} | ${metric.name} | ${mine.toPrecision(3)} | ${best.source.label} | ${theirs.toPrecision(3)} | ${(mine / theirs).toFixed(2)} |`,
      );
    }
  }
  const head = ["## Rows slotpack loses", ""];
  if (compared === 0)
    return [...head, "slotpack was not among the contestants that were timed.", ""].join("\n");
  if (lines.length === 0) return [...head, `None of ${compared} comparisons in this run.`, ""].join("\n");
  return [
    ...head,
    `${lines.length} of ${compared} comparisons with the best peer of the row and metric:`,
    "",
    "| row | metric | slotpack | best peer | its figure | slotpack / peer |",
    "|---|---|--:|---|--:|--:|",
    ...lines,
    "",
  ].join("\n");
}
