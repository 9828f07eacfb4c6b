import { mkdirSync, writeFileSync } from "node:fs";
import { loadavg } from "node:os";
import { join } from "node:path";
import { CommandConnection } from "../../src/cli/server-command.ts";
import { fillHeap } from "./application-heap.ts";
import { BenchCluster } from "./bench-cluster.ts";
import { conditionsOf } from "./conditions.ts";
import type { Address, ContestantSource } from "./contestant.ts";
import { writeCsv } from "./csv.ts";
import { reasonOf } from "./failure.ts";
import { median } from "./measure.ts";
import { type PeersOptions, parseOptions, USAGE } from "./options.ts";
import { DelayProxies } from "./proxy.ts";
import { rowTable, writeReport } from "./report.ts";
import { RoundTrips } from "./round-trips.ts";
import { type Entrant, runRow } from "./rounds.ts";
import type { RowResult } from "./row-result.ts";

function note(text: string): void {
  process.stderr.write(`${text}\n`);
}

async function enter(sources: readonly ContestantSource[], nodes: readonly Address[]): Promise<Entrant[]> {
  const entrants: Entrant[] = [];
  for (const source of sources) {
    try {
      entrants.push({ source, contestant: await source.open(nodes) });
    } catch (error) {
      const failure = `cannot be loaded: ${reasonOf(error)}`;
      note(`!! ${source.label} ${failure}`);
      entrants.push({ source, failure });
    }
  }
  return entrants;
}

async function pingMs(node: Address): Promise<number> {
  const connection = new CommandConnection(node.port, node.host);
  const times: number[] = [];
  for (let i = 0; i < 100; i++) {
    const before = performance.now();
    await connection.send("PING");
    times.push(performance.now() - before);
  }
  connection.close();
  return median(times);
}

interface Run {
  conditions: [string, string][];
  results: RowResult[];
}

async function runRows(cluster: BenchCluster, options: PeersOptions): Promise<Run> {
  const roundTrips = options.roundTrips
    ? await RoundTrips.count(cluster, options.sources, options.rows, options.keyShape)
    : null;
  if (roundTrips !== null) note("round trips counted");
  const proxies = options.rttMs > 0 ? await DelayProxies.start(cluster.addresses, options.rttMs) : null;
  const nodes = proxies?.addresses ?? cluster.addresses;
  let entrants: Entrant[] = [];
  try {
    if (proxies !== null) await cluster.announce(nodes.map(({ port }) => port));
    const conditions = conditionsOf(options, await cluster.version(), await pingMs(nodes[0]!));
    entrants = await enter(options.sources, nodes);
    const results: RowResult[] = [];
    for (const row of options.rows) {
      const startedAt = performance.now();
      const result = await runRow(cluster, entrants, row, options);
      for (const outcome of result.outcomes)
        outcome.roundTrips = roundTrips?.get(row, outcome.source.id) ?? null;
      results.push(result);
      note(`${rowTable(result)}(${((performance.now() - startedAt) / 1000).toFixed(0)} s)\n`);
    }
    return { conditions, results };
  } finally {
    await Promise.all(
      entrants.map((entrant) => ("contestant" in entrant ? entrant.contestant.close() : undefined)),
    );
    await proxies?.stop();
  }
}

function fileName(options: PeersOptions): string {
  const rtt = options.rttMs > 0 ? `-rtt${options.rttMs}` : "";
  const keys = options.keyShape === "short" ? "" : "-lmcache-keys";
  return `peers${rtt}${keys}${options.quick ? "-quick" : ""}`;
}

async function measure(options: PeersOptions): Promise<Run> {
  const startedAt = performance.now();
  const cluster = await BenchCluster.start();
  try {
    const run = await runRows(cluster, options);
    const seconds = Math.round((performance.now() - startedAt) / 1000);
    run.conditions.push(["duration", `${seconds} s, load average at the end ${loadavg()[0]!.toFixed(2)}`]);
    return run;
  } finally {
    await cluster.stop();
  }
}

async function main(): Promise<void> {
  let options: PeersOptions | null;
  try {
    options = parseOptions(process.argv.slice(2));
  } catch (error) {
    note(`${reasonOf(error)}\n\n${USAGE}`);
    process.exitCode = 2;
    return;
  }
  if (options === null) {
    process.stdout.write(`${USAGE}\n`);
    return;
  }
  const heap = fillHeap(options.heap);
  const { conditions, results } = await measure(options);
  if (heap.length > 0) note(`${heap.length} objects were live throughout`);
  const report = writeReport(conditions, results, options);
  process.stdout.write(report);
  mkdirSync(options.out, { recursive: true });
  const path = join(options.out, fileName(options));
  writeFileSync(`${path}.md`, report);
  writeFileSync(`${path}.csv`, writeCsv(conditions, results));
  note(`wrote ${path}.md and ${path}.csv`);
  // A contestant that is missing or wrong must not look like a full run.
  if (results.some(({ outcomes }) => outcomes.some(({ failure }) => failure !== null))) process.exitCode = 1;
}

await main();
