import { mkdirSync, writeFileSync } from "node:fs";
import { loadavg } from "node:os";
import { join } from "node:path";
import { BenchCluster } from "../peers/bench-cluster.ts";
import { reasonOf } from "../peers/failure.ts";
import { type TurnLimits, takeTurn } from "../peers/measure.ts";
import { CommandCounter } from "./command-counter.ts";
import type { CacheContestant, CacheLoad } from "./contestant.ts";
import { CACHE_CONTESTANTS } from "./contestants.ts";
import { type CacheBenchOptions, parseOptions, USAGE } from "./options.ts";
import { type CacheOutcome, writeReport } from "./report.ts";
import { fewestSocketWrites } from "./socket-writes.ts";

const WARM_UP: TurnLimits = { leadInMs: 0, durationMs: 300, minBatches: 5 };

function note(text: string): void {
  process.stderr.write(`${text}\n`);
}

function loadOf({ keys, valueBytes }: CacheBenchOptions): CacheLoad {
  const texts = Array.from({ length: keys }, (_, i) => `value ${i} `.repeat(valueBytes).slice(0, valueBytes));
  return { keys: Array.from({ length: keys }, (_, i) => `user:${i}:profile`), values: texts };
}

/** Writes everything, and reads it back with a key in between that does not exist. Throws where a text differs. */
async function check(contestant: CacheContestant, load: CacheLoad): Promise<void> {
  await contestant.setMany(load);
  const middle = load.keys.length >> 1;
  const keys = load.keys.toSpliced(middle, 0, "no-such-key");
  const expected: (string | null)[] = load.values.toSpliced(middle, 0, null as never);
  const read = contestant.texts(await contestant.getMany(keys), keys);
  if (read.length !== keys.length) throw new Error(`${read.length} values of ${keys.length} keys`);
  const wrong = read.findIndex((text, i) => text !== expected[i]);
  if (wrong >= 0) throw new Error(`${keys[wrong]}: read ${read[wrong]}`);
}

async function enter(cluster: BenchCluster, options: CacheBenchOptions): Promise<CacheOutcome[]> {
  const outcomes: CacheOutcome[] = [];
  for (const { label, open } of CACHE_CONTESTANTS.filter(({ label: name }) => options.only.test(name)))
    outcomes.push({ label, contestant: await open(cluster.addresses), gets: [], sets: [] });
  return outcomes;
}

async function measure(
  cluster: BenchCluster,
  outcomes: CacheOutcome[],
  options: CacheBenchOptions,
): Promise<void> {
  const load = loadOf(options);
  await using counter = CommandCounter.open(cluster.addresses);
  for (const outcome of outcomes) {
    const { contestant } = outcome;
    await check(contestant, load);
    const set = () => contestant.setMany(load);
    const get = () => contestant.getMany(load.keys);
    outcome.counts = {
      gets: { commands: await counter.count(get), writes: await fewestSocketWrites(get) },
      sets: { commands: await counter.count(set), writes: await fewestSocketWrites(set) },
    };
    await takeTurn(set, options.keys, WARM_UP, null);
    await takeTurn(get, options.keys, WARM_UP, null);
    note(`${outcome.label}: reads what it wrote`);
  }
  const limits: TurnLimits = { leadInMs: options.quick ? 10 : 60, durationMs: options.turnMs, minBatches: 3 };
  for (let round = 0; round < options.rounds; round++) {
    for (const { contestant, gets, sets } of round % 2 === 0 ? outcomes : outcomes.toReversed()) {
      gets.push(await takeTurn(() => contestant.getMany(load.keys), options.keys, limits, null));
      sets.push(await takeTurn(() => contestant.setMany(load), options.keys, limits, null));
    }
    note(`round ${round + 1} of ${options.rounds}`);
  }
}

async function main(): Promise<void> {
  let options: CacheBenchOptions | null;
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
  const loadAtStart = loadavg()[0]!;
  const cluster = await BenchCluster.start();
  try {
    const server = await cluster.version();
    const outcomes = await enter(cluster, options);
    try {
      await measure(cluster, outcomes, options);
    } finally {
      await Promise.all(outcomes.map(({ contestant }) => contestant.close()));
    }
    const report = writeReport(outcomes, options, server, [loadAtStart, loadavg()[0]!]);
    process.stdout.write(report);
    mkdirSync(options.out, { recursive: true });
    writeFileSync(join(options.out, "cache.md"), report);
  } finally {
    await cluster.stop();
  }
}

await main();
