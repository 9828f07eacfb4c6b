import type { ReplayFigures } from "./replay.ts";
import type { ReplaySettings } from "./replay-options.ts";
import { paint, type Terminal } from "./terminal.ts";
import type { MalformedLine } from "./trace-request.ts";

export interface ReplayReport {
  settings: ReplaySettings;
  /** Without credentials. */
  target: string;
  figures: ReplayFigures;
  malformedLines: number;
  /** The first of them. */
  malformed: MalformedLine[];
}

/** The trace, for people. */
export function traceName({ file }: ReplaySettings): string {
  return file === "-" ? "the standard input" : file;
}

/** Quantities that both forms of the report show. */
function derive(figures: ReplayFigures) {
  const seconds = figures.elapsedMs / 1000;
  const percentile = (rank: number) => (figures.requests === 0 ? 0 : figures.latency.percentile(rank) / 1e6);
  const moved = figures.hits + figures.writtenRecords;
  const cpuMicroseconds = figures.cpu.user + figures.cpu.system;
  return {
    hitRate: figures.blocks === 0 ? 0 : figures.hits / figures.blocks,
    requestsPerSecond: seconds === 0 ? 0 : figures.requests / seconds,
    megabytesPerSecond: seconds === 0 ? 0 : (figures.verifiedBytes + figures.writtenBytes) / 1e6 / seconds,
    latencyMs: {
      p50: percentile(50),
      p95: percentile(95),
      p99: percentile(99),
      max: figures.requests === 0 ? 0 : figures.latency.max / 1e6,
    },
    cpuMs: { user: figures.cpu.user / 1000, system: figures.cpu.system / 1000 },
    cpuMicrosecondsPerRecord: moved === 0 ? 0 : cpuMicroseconds / moved,
  };
}

/** One JSON object and a newline. Bytes count record values; MB are 10^6 bytes; CPU is this process, in milliseconds. */
export function jsonReport({ settings, target, figures, malformedLines, malformed }: ReplayReport): string {
  const { hitRate, ...derived } = derive(figures);
  const report = {
    trace: settings.file,
    target,
    client: settings.client,
    valueBytes: settings.valueBytes,
    concurrency: settings.concurrency,
    requests: figures.requests,
    blocks: figures.blocks,
    hits: figures.hits,
    hitRate,
    vanished: figures.vanished,
    verifiedBytes: figures.verifiedBytes,
    writtenRecords: figures.writtenRecords,
    writtenBytes: figures.writtenBytes,
    malformedLines,
    malformed,
    elapsedMs: figures.elapsedMs,
    ...derived,
    ...figures.counters,
  };
  return `${JSON.stringify(report)}\n`;
}

/** The report for people. */
export function textReport(report: ReplayReport, terminal: Terminal): string {
  const { settings, target, figures, malformedLines } = report;
  const derived = derive(figures);
  const { latencyMs, cpuMs } = derived;
  const count = (value: number) => Math.round(value).toLocaleString("en-US");
  const megabytes = (bytes: number) => `${decimal(bytes / 1e6)} MB`;
  const rows: [label: string, figure: string, remark: string][] = [
    [
      "requests",
      count(figures.requests),
      `in ${decimal(figures.elapsedMs / 1000)} s, ${count(settings.concurrency)} at a time`,
    ],
    ["blocks", count(figures.blocks), `${count(settings.valueBytes)} bytes each`],
    ["hits", count(figures.hits), `hit rate ${(100 * derived.hitRate).toFixed(2)} %`],
    ["verified", megabytes(figures.verifiedBytes), "every byte as it was stored"],
    ["written", megabytes(figures.writtenBytes), `${count(figures.writtenRecords)} records`],
    ["throughput", `${count(derived.requestsPerSecond)}/s`, `${decimal(derived.megabytesPerSecond)} MB/s`],
    [
      "p50",
      milliseconds(latencyMs.p50),
      `p95 ${milliseconds(latencyMs.p95)}, p99 ${milliseconds(latencyMs.p99)} per request`,
    ],
    [
      "commands",
      count(figures.counters.commands),
      `in ${count(figures.counters.socketWrites)} socket writes`,
    ],
    [
      "client CPU",
      `${decimal((cpuMs.user + cpuMs.system) / 1000)} s`,
      `${decimal(derived.cpuMicrosecondsPerRecord)} µs per record read or written`,
    ],
  ];
  const { retries, redirects } = figures.counters;
  if (retries + redirects > 0) rows.push(["retries", count(retries), `${count(redirects)} redirects`]);
  if (figures.vanished > 0)
    rows.push(["vanished", count(figures.vanished), "evicted or expired before the read"]);
  if (malformedLines > 0) rows.push(["malformed", count(malformedLines), "lines skipped"]);
  const width = Math.max(...rows.map(([, figure]) => figure.length));
  const title = `${traceName(settings)} on ${target} with ${settings.client}`;
  const lines = rows.map(
    ([label, figure, remark]) =>
      `  ${label.padEnd(11)} ${paint(terminal, "stdout", "bold", figure.padStart(width))}   ${paint(terminal, "stdout", "dim", remark)}`,
  );
  return `${paint(terminal, "stdout", "cyan", title)}\n${lines.join("\n")}\n`;
}

function decimal(value: number): string {
  return value.toLocaleString("en-US", { maximumFractionDigits: value < 10 ? 2 : 1 });
}

function milliseconds(value: number): string {
  return `${decimal(value)} ms`;
}
