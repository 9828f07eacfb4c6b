import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { loadavg } from "node:os";
import { join } from "node:path";
import { reasonOf } from "../peers/failure.ts";
import {
  REFERENCE,
  RunningServer,
  redisBinary,
  type ServerContestant,
  serverContestants,
} from "./contestant.ts";
import { type Difference, differences } from "./equality.ts";
import { type LargeFigures, measureLargeValues } from "./large-values.ts";
import { measureRow, type RowOutcome, warmUp } from "./load-rows.ts";
import { type MemoryFigures, measureMemory } from "./memory.ts";
import { parseOptions, type ServerBenchOptions, USAGE } from "./options.ts";
import { writesOfPipeline } from "./pipeline-writes.ts";
import { missedBounds, type ServerBenchResult, writeReport } from "./report.ts";
import { ROWS, type Row } from "./row.ts";

const WARM_UP_MS = 3000;

function note(text: string): void {
  process.stderr.write(`${text}\n`);
}

async function load(
  contestants: readonly ServerContestant[],
  options: ServerBenchOptions,
): Promise<Pick<ServerBenchResult, "rows" | "differences" | "writes">> {
  const rows: [Row, RowOutcome[]][] = [];
  const servers: RunningServer[] = [];
  try {
    for (const contestant of contestants) servers.push(await RunningServer.start(contestant));
    const reference = servers.find(({ contestant }) => contestant.name === REFERENCE);
    const others = servers.filter((server) => server !== reference);
    const found: Map<ServerContestant, Difference[]> =
      reference === undefined ? new Map() : await differences(reference, others);
    for (const [{ name }, list] of found)
      note(`${name}: ${list.length === 0 ? "answers as" : "differs from"} ${REFERENCE}`);
    const writes = new Map<ServerContestant, number>();
    for (const server of servers) {
      const count = await writesOfPipeline(server);
      if (count !== undefined) writes.set(server.contestant, count);
    }
    const wanted = ROWS.filter(({ name }) => options.only.test(name));
    await warmUp(servers, wanted, options.quick || wanted.length === 0 ? 0 : WARM_UP_MS);
    for (const row of wanted) {
      rows.push([row, await measureRow(servers, row, options)]);
      note(row.name);
    }
    return { rows, differences: found, writes };
  } finally {
    for (const server of servers) await server.stop();
  }
}

async function main(): Promise<void> {
  let options: ServerBenchOptions | null;
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
  const { only, beside } = options;
  const loadBefore = loadavg()[0]!;
  const version =
    /v=(\S+)/.exec(execFileSync(redisBinary(), ["--version"], { encoding: "utf8" }))?.[1] ?? "?";
  const contestants = serverContestants(version, beside).filter(({ name }) => options.contestants.test(name));
  const loaded = await load(contestants, options);
  const memory: MemoryFigures[] = [];
  const large: [ServerContestant, LargeFigures[]][] = [];
  for (const contestant of contestants) {
    const { name } = contestant;
    if (only.test("memory") && name !== "js-redis-server") memory.push(await measureMemory(contestant));
    if (only.test("large"))
      large.push([contestant, await measureLargeValues(contestant, name === "js-redis-server" ? 16 : 512)]);
    note(`${name}: memory and large values`);
  }
  const result: ServerBenchResult = {
    contestants,
    ...loaded,
    memory,
    large,
    loads: [loadBefore, loadavg()[0]!],
  };
  const report = writeReport(result, options);
  process.stdout.write(report);
  const whole = only.source === "(?:)" && options.contestants.source === "(?:)" && beside.length === 0;
  if (whole) {
    mkdirSync(options.out, { recursive: true });
    writeFileSync(join(options.out, "server.md"), report);
  }
  if (missedBounds(result).length > 0) process.exitCode = 1;
}

await main();
