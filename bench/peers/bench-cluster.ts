import { setTimeout as sleep } from "node:timers/promises";
import calculateSlot from "cluster-key-slot";
import { type LocalServers, startLocalCluster } from "../../src/cli/local-servers.ts";
import type { CommandArgument, RawReply } from "../../src/cli/server-command.ts";
import type { Address, RecordBytes } from "./contestant.ts";
import { bytesName, metadataName, type Workload } from "./workload.ts";

const ANNOUNCE_TIMEOUT_MS = 30_000;

/**
 * Three primaries on loopback, and the reference that knows the truth: plain commands on a connection of the launcher,
 * which shares no code with any contestant.
 */
export class BenchCluster {
  readonly #servers: LocalServers;

  private constructor(servers: LocalServers) {
    this.#servers = servers;
  }

  static async start(): Promise<BenchCluster> {
    return new BenchCluster(await startLocalCluster({ primaries: 3 }));
  }

  get addresses(): Address[] {
    return this.#servers.nodes.map(({ host, port }) => ({ host, port }));
  }

  /** `redis 7.0.15` or `valkey 8.1.0`. */
  async version(): Promise<string> {
    const info = String(await this.#servers.nodes[0]!.command("INFO", "server"));
    const valkey = /valkey_version:(\S+)/.exec(info)?.[1];
    return valkey === undefined ? `redis ${/redis_version:(\S+)/.exec(info)?.[1]}` : `valkey ${valkey}`;
  }

  /**
   * Makes every node give out `ports` instead of its own (0: its own again), so that all clients reach the nodes through
   * proxies without an address map, which GLIDE does not have. Waits until every node says so.
   */
  async announce(ports: readonly number[]): Promise<void> {
    const nodes = this.#servers.nodes;
    await Promise.all(
      nodes.map((node, i) => node.command("CONFIG", "SET", "cluster-announce-port", ports[i]!)),
    );
    const expected = nodes.map((node, i) => ports[i] || node.port).sort();
    const deadline = performance.now() + ANNOUNCE_TIMEOUT_MS;
    for (const node of nodes) {
      for (;;) {
        const ranges = (await node.command("CLUSTER", "SLOTS")) as [number, number, [string, number]][];
        const told = ranges.map(([, , [, port]]) => port).sort();
        if (told.join() === expected.join()) break;
        if (performance.now() > deadline)
          throw new Error(`${node.address} still announces ${told.join(", ")}`);
        await sleep(50);
      }
    }
  }

  #command(key: string, ...args: CommandArgument[]): Promise<RawReply> {
    // The launcher gives each primary an equal share of the slots, in order.
    const nodes = this.#servers.nodes;
    const slot = calculateSlot(key);
    const index = nodes.findIndex((_, i) => slot < Math.floor(((i + 1) * 16_384) / nodes.length));
    return nodes[index]!.commandRaw(...args);
  }

  async store(load: Workload): Promise<void> {
    for (const [i, key] of load.keys.entries()) {
      await this.#command(key, "MSET", metadataName(key), load.metadata[i]!, bytesName(key), load.values[i]!);
    }
  }

  async stored(load: Workload): Promise<(RecordBytes | null)[]> {
    const records: (RecordBytes | null)[] = [];
    for (const key of load.keys) {
      const [metadata, bytes] = (await this.#command(
        key,
        "MGET",
        metadataName(key),
        bytesName(key),
      )) as Buffer[];
      records.push(metadata == null || bytes == null ? null : { metadata, bytes });
    }
    return records;
  }

  async clear(): Promise<void> {
    await Promise.all(this.#servers.nodes.map((node) => node.command("FLUSHALL")));
  }

  stop(): Promise<void> {
    return this.#servers.stop();
  }
}
