import { writeLosses } from "./losses.ts";
import type { Row } from "./row.ts";
import { bestPeer, cpuOf, type Outcome, outcomeOf, type RowResult, rateOf } from "./row-result.ts";
import { writeTargets } from "./targets.ts";

/** The columns that a contestant's CPU per record is divided by. */
export const REFERENCES: readonly [title: string, pick: (result: RowResult) => Outcome | undefined][] = [
  ["/ hand-written", (result) => outcomeOf(result, "ioredis-hand")],
  ["/ GLIDE", (result) => outcomeOf(result, "glide-batch")],
  ["/ floor", (result) => outcomeOf(result, "floor")],
  ["/ best peer", bestPeer],
];

function digits(value: number): string {
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

function titleOf(row: Row): string {
  const size =
    row.byteLength >= 1 << 20 ? "1 MB" : row.byteLength >= 1024 ? `${row.byteLength / 1024} KB` : "256 B";
  const metadata = row.metadata === "pair" ? "metadata `{ n: 1 }`" : "LMCache metadata, coded by everyone";
  return `${row.direction === "read" ? "Read" : "Write"} ${row.records} × ${size}, ${metadata}`;
}

function lineOf(result: RowResult, outcome: Outcome): string {
  if (outcome.failure !== null) {
    return `| ${outcome.source.label} | **NOT MEASURED: ${outcome.failure.replaceAll("|", "/").replaceAll("\n", " ")}** |${" |".repeat(9)}`;
  }
  const ratios = REFERENCES.map(([, pick]) => {
    const reference = pick(result);
    return reference === undefined ? "–" : (cpuOf(outcome) / cpuOf(reference)).toFixed(2);
  });
  const cells = [
    outcome.source.kind === "slotpack" ? `**${outcome.source.label}**` : outcome.source.label,
    digits(cpuOf(outcome)),
    Math.round(rateOf(outcome)).toLocaleString("en-US"),
    ...[outcome.p50Ms, outcome.p95Ms, outcome.p99Ms].map(digits),
    outcome.roundTrips === null ? "–" : String(outcome.roundTrips),
    ...ratios,
  ];
  return `| ${cells.join(" | ")} |`;
}

export function rowTable(result: RowResult): string {
  const titles = [
    "CPU µs/record",
    "records/s",
    "p50 ms",
    "p95 ms",
    "p99 ms",
    "round trips",
    ...REFERENCES.map(([t]) => t),
  ];
  return [
    `### ${titleOf(result.row)}`,
    "",
    `| client | ${titles.join(" | ")} |`,
    `|---|${titles.map(() => "--:").join("|")}|`,
    ...result.outcomes.map((outcome) => lineOf(result, outcome)),
    "",
  ].join("\n");
}

/** Client CPU of everybody in every row, in one look. */
function overview(results: readonly RowResult[]): string {
  const sources = results[0]?.outcomes.map(({ source }) => source) ?? [];
  return [
    "## CPU µs per record, medians",
    "",
    `| row | ${sources.map(({ label }) => label).join(" | ")} |`,
    `|---|${sources.map(() => "--:").join("|")}|`,
    ...results.map(
      ({ row, outcomes }) =>
        `| ${row.name} | ${outcomes.map((o) => (o.failure === null ? digits(cpuOf(o)) : "**failed**")).join(" | ")} |`,
    ),
    "",
  ].join("\n");
}

export interface ReportOptions {
  quick: boolean;
  rttMs: number;
}

export function writeReport(
  conditions: readonly [string, string][],
  results: readonly RowResult[],
  { quick, rttMs }: ReportOptions,
): string {
  return [
    "# slotpack and its peers on a real cluster",
    "",
    ...(quick ? ["**A quick run: turns too short and rounds too few for a figure to be quoted.**", ""] : []),
    ...conditions.map(([name, value]) => `- ${name}: ${value}`),
    "",
    overview(results),
    writeLosses(results),
    // The targets were set for loopback without a proxy.
    ...(rttMs === 0 ? [writeTargets(results)] : []),
    "## Every row",
    "",
    ...results.map(rowTable),
  ].join("\n");
}
