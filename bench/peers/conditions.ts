import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { availableParallelism, cpus, loadavg, release, totalmem, type } from "node:os";
import { dirname, join } from "node:path";
import type { PeersOptions } from "./options.ts";

const require = createRequire(import.meta.url);

/** Read from the file: not every package exports its package.json. */
export function versionOf(name: string): string {
  try {
    let folder = dirname(require.resolve(name));
    while (!existsSync(join(folder, "package.json")) || !folder.endsWith(name)) {
      if (folder === dirname(folder)) throw new Error("no package.json");
      folder = dirname(folder);
    }
    const { version } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as { version: string };
    return `${name} ${version}`;
  } catch {
    return `${name} NOT INSTALLED`;
  }
}

/** What a reader has to know before believing a figure, as name and value. */
export function conditionsOf(
  options: PeersOptions,
  server: string,
  measuredRttMs: number,
): [string, string][] {
  const cpuModel = cpus()[0]?.model.trim() ?? "unknown";
  return [
    ["date", new Date().toISOString().slice(0, 16).replace("T", " ")],
    ["cpu", `${cpuModel}, ${availableParallelism()} cores, ${Math.round(totalmem() / 2 ** 30)} GB`],
    ["system", `${type()} ${release()}, load average at the start ${loadavg()[0]!.toFixed(2)}`],
    ["node", process.version],
    ["server", `${server}, three primaries on loopback, on the same cores as the client`],
    ["clients", ["ioredis", "redis", "@valkey/valkey-glide"].map(versionOf).join(", ")],
    [
      "network",
      options.rttMs === 0
        ? `loopback, PING ${measuredRttMs.toFixed(2)} ms`
        : `loopback behind one delaying proxy per node, ${options.rttMs} ms asked for, PING ${measuredRttMs.toFixed(2)} ms`,
    ],
    [
      "rounds",
      `${options.rounds} interleaved, at least ${options.turn.durationMs} ms and ${options.turn.minBatches} batches a turn behind ${options.turn.leadInMs} ms that are not counted, ` +
        `after ${options.warmUpMs} ms of warm-up; medians over rounds, percentiles over all batches`,
    ],
    ["keys", options.keyShape === "short" ? "19 characters" : "111 characters, as LMCache names a chunk"],
    [
      "heap",
      options.heap === 0
        ? "the clients' own"
        : `${options.heap} MB of live objects beside the clients, as in an application`,
    ],
    [
      "clock",
      "process.cpuUsage() over a whole turn (all threads of the client process); process.hrtime per batch",
    ],
  ];
}
