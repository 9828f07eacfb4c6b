import { availableParallelism, cpus, totalmem } from "node:os";
import { median } from "../peers/measure.ts";
import type { Load } from "./benchmark-run.ts";
import { OURS, REFERENCE, type ServerContestant } from "./contestant.ts";
import type { Difference } from "./equality.ts";
import type { LargeFigures, LargeTurn } from "./large-values.ts";
import type { RowOutcome } from "./load-rows.ts";
import { type MemoryFigures, MOST_BYTES } from "./memory.ts";
import type { ServerBenchOptions } from "./options.ts";
import type { Row } from "./row.ts";

export interface ServerBenchResult {
  readonly contestants: readonly ServerContestant[];
  readonly differences: ReadonlyMap<ServerContestant, readonly Difference[]>;
  readonly rows: readonly (readonly [Row, readonly RowOutcome[]])[];
  readonly memory: readonly MemoryFigures[];
  readonly large: readonly (readonly [ServerContestant, readonly LargeFigures[]])[];
  /** INFO's total_writes_processed for 10,000 commands in one piece. */
  readonly writes: ReadonlyMap<ServerContestant, number>;
  readonly loads: readonly [before: number, after: number];
}

/** What was promised and did not hold, one line each. */
export function missedBounds({ rows, memory }: ServerBenchResult): string[] {
  const missed: string[] = [];
  for (const [row, outcomes] of rows) {
    const ratio = ratiosTo(REFERENCE, outcomes, find(outcomes, OURS)).throughput;
    if (row.bound !== undefined && ratio !== undefined && !(ratio.middle >= row.bound))
      missed.push(`${row.name}: ${ratio.middle.toFixed(2)} of redis-server's throughput, not ${row.bound}`);
  }
  for (const { contestant, full } of memory)
    if (contestant.name === OURS && full > MOST_BYTES)
      missed.push(`a million keys take ${mb(full)} MB, not ${mb(MOST_BYTES)}`);
  return missed;
}

export function writeReport(result: ServerBenchResult, options: ServerBenchOptions): string {
  const { contestants, loads } = result;
  const machine = `${cpus()[0]?.model.trim() ?? "unknown"}, ${availableParallelism()} cores, ${Math.round(totalmem() / 2 ** 30)} GB`;
  const missed = missedBounds(result);
  return [
    "# The embedded server beside redis-server and js-redis-server",
    "",
    ...(options.quick
      ? ["**A quick run: turns too short and rounds too few for a figure to be quoted.**", ""]
      : []),
    `- date: ${new Date().toISOString().slice(0, 16).replace("T", " ")}`,
    `- machine: ${machine}, load average ${loads[0].toFixed(2)} before and ${loads[1].toFixed(2)} after`,
    `- node ${process.version}; ${contestants.map(({ title }) => title).join(", ")}; each in a process of its own, on loopback, on the same cores as the client`,
    `- redis-benchmark with 50 connections and random keys that all exist; ${options.rounds} interleaved rounds of about ${options.turnMs} ms a turn behind two that are not counted; medians`,
    "- CPU: user and system time of the server's process with all its threads (/proc/PID/stat), and of redis-benchmark, for one command",
    "- ratios are those of one round, the median and in brackets the least and the most",
    ...differenceLines(result),
    `- bounds (SET and GET at -P 16: 0.3 of redis-server's throughput; a million keys: ${mb(MOST_BYTES)} MB): ${missed.length === 0 ? "met" : `MISSED: ${missed.join("; ")}`}`,
    "",
    ...(result.rows.length > 0 ? rowsTable(result) : []),
    ...(result.memory.length > 0 ? memoryTable(result) : []),
    ...(result.large.length > 0 ? largeTable(result) : []),
    ...[...result.writes].map(
      ([{ name }, writes]) =>
        `- ${name} answered 10,000 GETs that came in one piece with ${writes} socket writes.`,
    ),
    "",
  ].join("\n");
}

function differenceLines({ differences }: ServerBenchResult): string[] {
  return [...differences].map(([{ name }, found]) =>
    found.length === 0
      ? `- ${name}: all replies to 2,000 seeded commands equal redis-server's`
      : `- ${name}: differs from redis-server in ${found.map(({ command, count, example }) => `${count} replies to ${command} (${cut(example)})`).join("; ")}`,
  );
}

function cut(text: string): string {
  return text.length <= 100 ? text : `${text.slice(0, 97)}…`;
}

interface Spread {
  readonly middle: number;
  readonly least: number;
  readonly most: number;
}

function spread(values: readonly number[]): Spread | undefined {
  if (values.length === 0) return undefined;
  return { middle: median(values), least: Math.min(...values), most: Math.max(...values) };
}

function find(outcomes: readonly RowOutcome[], name: string): RowOutcome | undefined {
  return outcomes.find(({ server }) => server.contestant.name === name);
}

function ratiosTo(
  name: string,
  outcomes: readonly RowOutcome[],
  outcome: RowOutcome | undefined,
): { throughput: Spread | undefined; cpu: Spread | undefined } {
  const base = find(outcomes, name)?.loads ?? [];
  const loads = outcome === undefined || base.length !== outcome.loads.length ? [] : outcome.loads;
  const of = (pick: (load: Load) => number): Spread | undefined =>
    spread(loads.map((load, round) => pick(load) / pick(base[round]!)));
  return { throughput: of(({ perSecond }) => perSecond), cpu: of(({ serverCpuUs }) => serverCpuUs) };
}

function ratioText(ratio: Spread | undefined): string {
  if (ratio === undefined) return "–";
  return `${ratio.middle.toFixed(2)} (${ratio.least.toFixed(2)}–${ratio.most.toFixed(2)})`;
}

function rowsTable({ rows }: ServerBenchResult): string[] {
  const lines = rows.flatMap(([row, outcomes]) =>
    outcomes.map((outcome) => {
      const { loads, failure, server } = outcome;
      if (failure !== undefined)
        return `| ${row.name} | ${server.contestant.name} | not measured: ${cut(failure)} | | | | |`;
      const ratio = ratiosTo(REFERENCE, outcomes, outcome);
      const cells = [
        row.name,
        server.contestant.name,
        Math.round(median(loads.map(({ perSecond }) => perSecond))).toLocaleString("en"),
        ratioText(ratio.throughput),
        median(loads.map(({ serverCpuUs }) => serverCpuUs)).toFixed(2),
        ratioText(ratio.cpu),
        median(loads.map(({ clientCpuUs }) => clientCpuUs)).toFixed(2),
      ];
      return `| ${cells.join(" | ")} |`;
    }),
  );
  return [
    "## Throughput",
    "",
    `| row | server | commands/s | / ${REFERENCE} | server CPU µs/command | / ${REFERENCE} | client CPU µs/command |`,
    "|---|---|--:|--:|--:|--:|--:|",
    ...lines,
    "",
  ];
}

function mb(bytes: number): string {
  return (bytes / 1e6).toFixed(0);
}

function memoryTable({ memory }: ServerBenchResult): string[] {
  const reference = memory.find(({ contestant }) => contestant.name === REFERENCE);
  const lines = memory.map((figures) => {
    const { contestant, empty, full, peak, overwritten, flushed, deleted } = figures;
    const ratio = reference === undefined ? "–" : (full / reference.full).toFixed(2);
    const cells = [contestant.name, mb(empty), mb(full), ratio, mb(peak), mb(overwritten)];
    return `| ${[...cells, flushed.map(mb).join(", "), deleted.map(mb).join(", ")].join(" | ")} |`;
  });
  return [
    "## A million keys of 16 bytes with values of 100 bytes",
    "",
    "Resident memory of the process in MB (10⁶ bytes), garbage collected when the engine wants to. Filled by SET, 2,000 on their way at once; the last two columns 0.1 s and 5 s after.",
    "",
    `| server | empty | full | / ${REFERENCE} | peak | written again | FLUSHALL | filled again, all deleted by DEL |`,
    "|---|--:|--:|--:|--:|--:|--:|--:|",
    ...lines,
    "",
  ];
}

function largeTable({ large }: ServerBenchResult): string[] {
  const cells = ({ msPerMb, cpuMsPerMb, peakValues }: LargeTurn): string =>
    `${msPerMb.toFixed(2)} | ${cpuMsPerMb.toFixed(2)} | ${peakValues.toFixed(2)}`;
  return [
    "## Large values",
    "",
    "One value over one connection, a fresh process for each size, every byte compared. Peak: the most that the process held above what it held empty, in sizes of the value.",
    "",
    "| value | server | SET ms/MB | CPU ms/MB | peak | GET ms/MB | CPU ms/MB | peak |",
    "|---|---|--:|--:|--:|--:|--:|--:|",
    ...large.flatMap(([{ name }, figures]) =>
      figures.map(({ megabytes, skipped, set, get }) =>
        skipped === undefined
          ? `| ${megabytes} MB | ${name} | ${cells(set)} | ${cells(get)} |`
          : `| ${megabytes} MB | ${name} | ${skipped} | | | | | |`,
      ),
    ),
    "",
  ];
}
