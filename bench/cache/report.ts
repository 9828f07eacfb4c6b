import { availableParallelism, cpus } from "node:os";
import { versionOf } from "../peers/conditions.ts";
import { median, type Turn } from "../peers/measure.ts";
import type { CacheContestant } from "./contestant.ts";
import type { CacheBenchOptions } from "./options.ts";

/** What one call came to. */
export interface CallCount {
  /** That the servers ran. */
  readonly commands: number;
  /** To sockets, of this process. */
  readonly writes: number;
}

/** What one contestant did. */
export interface CacheOutcome {
  readonly label: string;
  readonly contestant: CacheContestant;
  readonly gets: Turn[];
  readonly sets: Turn[];
  counts?: Readonly<Record<"gets" | "sets", CallCount>>;
}

const PACKAGES = ["ioredis", "@keyv/redis", "keyv", "cache-manager", "unstorage"];

function digits(value: number): string {
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

function table(outcomes: readonly CacheOutcome[], pick: "gets" | "sets"): string[] {
  const cpu = (outcome: CacheOutcome): number =>
    median(outcome[pick].map(({ cpuUsPerRecord }) => cpuUsPerRecord));
  const first = outcomes[0]!;
  const lines = outcomes.map((outcome) => {
    const wall = median(outcome[pick].map(({ recordsPerSecond }) => 1e6 / recordsPerSecond));
    const counts = outcome.counts?.[pick];
    const cells = [
      outcome.contestant.note === undefined ? outcome.label : `${outcome.label} ¹`,
      outcome.contestant.stores === "text" ? "text" : "Keyv's JSON",
      digits(cpu(outcome)),
      digits(wall),
      String(counts?.writes ?? "–"),
      String(counts?.commands ?? "–"),
      (cpu(outcome) / cpu(first)).toFixed(2),
    ];
    return `| ${cells.join(" | ")} |`;
  });
  return [
    `| client | stored as | CPU µs/key | wall µs/key | socket writes | commands | CPU / ${first.label} |`,
    "|---|---|--:|--:|--:|--:|--:|",
    ...lines,
    "",
  ];
}

export function writeReport(
  outcomes: readonly CacheOutcome[],
  options: CacheBenchOptions,
  server: string,
  [loadBefore, loadAfter]: readonly [number, number],
): string {
  const model = cpus()[0]?.model.trim() ?? "unknown";
  const notes = outcomes.flatMap(({ label, contestant }) =>
    contestant.note === undefined ? [] : [`¹ ${label}: ${contestant.note}.`, ""],
  );
  return [
    `# ${options.keys} keys of a cache in one call, three primaries`,
    "",
    ...(options.quick
      ? ["**A quick run: turns too short and rounds too few for a figure to be quoted.**", ""]
      : []),
    `- date: ${new Date().toISOString().slice(0, 16).replace("T", " ")}`,
    `- machine: ${model}, ${availableParallelism()} cores, load average ${loadBefore.toFixed(2)} before and ${loadAfter.toFixed(2)} after`,
    `- node ${process.version}, ${server} on loopback, on the same cores as the client`,
    `- clients: ${PACKAGES.map(versionOf).join(", ")}`,
    `- ${options.keys} keys, values of ${options.valueBytes} characters, no TTL; ${options.rounds} interleaved rounds of ${options.turnMs} ms a turn, one call in flight; medians`,
    "- CPU: process.cpuUsage(), user and system, of the client process; socket writes and commands of one call: counted in the client and by the servers, the fewest of three",
    "- before timing, everybody read back what it wrote, with a miss in the middle, and every text was compared",
    "",
    "## Reading",
    "",
    ...table(outcomes, "gets"),
    "## Writing",
    "",
    ...table(outcomes, "sets"),
    ...notes,
  ].join("\n");
}
