import { availableParallelism, cpus, loadavg, release, totalmem, type } from "node:os";
import { startCluster, startServer } from "../../test/rig/servers.ts";
import type { Contestant } from "./contestant.ts";
import { type CutIncrementsResult, runCutIncrements } from "./cut-increments.ts";
import { type FrozenPrimaryResult, runFrozenPrimary } from "./frozen-primary.ts";
import { ioredisContestant } from "./ioredis-contestant.ts";
import { type MigratingLoadResult, runMigratingLoad } from "./migrating-load.ts";
import { parseOptions, type ReliabilityOptions, USAGE } from "./options.ts";
import { cutTable, frozenTable, migratingTable, type ReliabilityRow } from "./report.ts";
import { slotpackContestant } from "./slotpack-contestant.ts";

const CONCURRENCY = 8;
const MOVING = ["one", "two", "three", "four"];
const RESTING = ["still", "calm"];
/** A client that waits for ever must not keep the others waiting. */
const MIGRATING_LIMIT_MS = 180_000;
const FROZEN_LIMIT_MS = 30_000;

async function main(): Promise<number> {
  const options = parseOptions(process.argv.slice(2));
  if (options === "help") {
    process.stdout.write(`${USAGE}\n`);
    return 0;
  }
  const contestants = [slotpackContestant, ioredisContestant("6.0.0"), ioredisContestant("5.4.2")].filter(
    ({ name }) => options.clients?.includes(name) ?? true,
  );
  const conditions = await describeConditions();
  const rows: ReliabilityRow[] = [];
  for (const contestant of contestants) rows.push(await runContestant(contestant, options));
  const sections = [
    ["Slots that move back and forth under load", migratingTable(rows), options.parts.includes("migrating")],
    [
      "INCR over a connection that is cut after the server ran it",
      cutTable(rows),
      options.parts.includes("cut"),
    ],
    [
      "A primary frozen by SIGSTOP, its replica promoted",
      frozenTable(rows),
      options.parts.includes("frozen"),
    ],
  ] as const;
  process.stdout.write(`${conditions}\n`);
  for (const [title, text, ran] of sections) if (ran) process.stdout.write(`\n### ${title}\n\n${text}\n`);
  const own = rows.find(({ name }) => name === slotpackContestant.name);
  const broken = own === undefined ? [] : brokenPromises(own);
  for (const text of broken) process.stdout.write(`\nBROKEN: ${text}\n`);
  return broken.length === 0 ? 0 : 1;
}

async function runContestant(contestant: Contestant, options: ReliabilityOptions): Promise<ReliabilityRow> {
  const own = contestant === slotpackContestant;
  const log = (text: string) => process.stderr.write(`${contestant.name}: ${text}\n`);
  let migrating: MigratingLoadResult | undefined;
  let cut: CutIncrementsResult | undefined;
  const frozen: FrozenPrimaryResult[] = [];
  if (options.parts.includes("migrating")) {
    migrating = await runMigrating(contestant, own ? options.batches : Math.ceil(options.batches / 10));
    log(
      `${migrating.batches} batches in ${Math.round(migrating.elapsedMs / 1000)} s; ${migrating.examples.join("; ")}`,
    );
  }
  if (options.parts.includes("cut")) {
    cut = await runCutIncrements(contestant, options.cuts);
    log(`${cut.rounds} INCRs cut`);
  }
  if (options.parts.includes("frozen")) {
    for (let run = 0; run < (own ? options.freezes : 1); run++) {
      const result = await runFrozenPrimary(contestant, FROZEN_LIMIT_MS);
      frozen.push(result);
      const recovery =
        result.recoveryMs === undefined
          ? "no new call"
          : `new calls ${Math.round(result.recoveryMs)} ms later`;
      log(`frozen primary: promoted after ${Math.round(result.promotionMs)} ms, ${recovery}`);
    }
  }
  return { name: contestant.name, migrating, cut, frozen, frozenLimitMs: FROZEN_LIMIT_MS };
}

async function runMigrating(contestant: Contestant, batches: number): Promise<MigratingLoadResult> {
  await using cluster = await startCluster({ config: { "cluster-node-timeout": 15_000 } });
  const client = await contestant.connectCluster(cluster.nodes);
  try {
    return await runMigratingLoad(cluster, {
      client,
      moving: MOVING,
      resting: RESTING,
      batches,
      concurrency: CONCURRENCY,
      limitMs: MIGRATING_LIMIT_MS,
    });
  } finally {
    await client.close();
  }
}

/** What slotpack promises and this run did not see. */
function brokenPromises({ migrating, cut, frozen }: ReliabilityRow): string[] {
  const broken: string[] = [];
  if (migrating !== undefined) {
    const { wrong, errors, reordered, duplicates, lost } = migrating;
    if (wrong + errors.size + reordered + duplicates + lost > 0) broken.push("a deviation while slots moved");
  }
  if (cut !== undefined && (cut.ranAgain > 0 || cut.wrong > 0))
    broken.push("an INCR ran twice or had a wrong value");
  for (const { recoveryMs, open, ranAgain } of frozen) {
    if (recoveryMs === undefined || recoveryMs > 1500) broken.push(`recovery took ${recoveryMs} ms`);
    if (open > 0) broken.push(`${open} calls were still open`);
    if (ranAgain > 0) broken.push(`${ranAgain} INCRs ran twice on the new primary`);
  }
  return broken;
}

async function describeConditions(): Promise<string> {
  await using server = await startServer();
  const version = /(?:redis|valkey)_version:(\S+)/.exec(
    String(await server.node.command("INFO", "server")),
  )?.[1];
  const cpu = cpus()[0]?.model.trim() ?? "unknown processor";
  return [
    `- ${new Date().toISOString().slice(0, 10)}, ${cpu}, ${availableParallelism()} cores, ${Math.round(totalmem() / 2 ** 30)} GB, ${type()} ${release()}`,
    `- Node ${process.version}, server ${version} on loopback, on the same cores; load average at the start ${loadavg()[0]?.toFixed(2)}`,
  ].join("\n");
}

process.exitCode = await main();
