import { bestPeer, cpuOf, outcomeOf, type RowResult, rateOf } from "./row-result.ts";

const COLUMNS = [
  "row",
  "direction",
  "records",
  "value_bytes",
  "metadata",
  "client",
  "cpu_us_per_record",
  "records_per_second",
  "p50_ms",
  "p95_ms",
  "p99_ms",
  "round_trips",
  "batches",
  "cpu_vs_hand_written",
  "cpu_vs_glide",
  "cpu_vs_floor",
  "cpu_vs_best_peer",
  "cpu_us_per_record_by_round",
  "failure",
] as const;

function cell(value: string | number | null | undefined): string {
  if (value === null || value === undefined) return "";
  if (Number.isInteger(value)) return String(value);
  const text = typeof value === "number" ? String(Number(value.toPrecision(6))) : value;
  return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** One line per row and contestant; conditions stand first, as comments. */
export function writeCsv(conditions: readonly [string, string][], results: readonly RowResult[]): string {
  const lines = [...conditions.map(([name, value]) => `# ${name}: ${value}`), COLUMNS.join(",")];
  for (const result of results) {
    const { row } = result;
    const references = [
      outcomeOf(result, "ioredis-hand"),
      outcomeOf(result, "glide-batch"),
      outcomeOf(result, "floor"),
      bestPeer(result),
    ];
    for (const outcome of result.outcomes) {
      const place = [row.name, row.direction, row.records, row.byteLength, row.metadata, outcome.source.id];
      const figures =
        outcome.failure !== null
          ? new Array<null>(12).fill(null)
          : [
              cpuOf(outcome),
              rateOf(outcome),
              outcome.p50Ms,
              outcome.p95Ms,
              outcome.p99Ms,
              outcome.roundTrips,
              outcome.turns.reduce((total, turn) => total + turn.batches, 0),
              ...references.map((reference) =>
                reference === undefined ? null : cpuOf(outcome) / cpuOf(reference),
              ),
              outcome.turns.map((turn) => turn.cpuUsPerRecord.toPrecision(4)).join(" "),
            ];
      lines.push([...place, ...figures, outcome.failure].map(cell).join(","));
    }
  }
  return `${lines.join("\n")}\n`;
}
