import {
  type LocalClusterOptions,
  type LocalServersOptions,
  startLocalCluster,
  startLocalServers,
} from "../../src/cli/local-servers.ts";
import { startEmbeddedCluster, startEmbeddedServers } from "./embedded-process.ts";
import { RigNode } from "./node.ts";
import type { RigGroup } from "./rig-process.ts";
import { type MigrateOptions, type MigrationState, migrateSlot } from "./slot-migration.ts";
import { until } from "./until.ts";

/** With SLOTPACK_SERVERS=embedded the suites run on embedded servers of this process instead of real ones. */
const EMBEDDED = process.env.SLOTPACK_SERVERS === "embedded";

/** Standalone servers of a test. Every server also ends with the test process, however that ends. */
export class RigServers {
  readonly url: string;
  readonly nodes: readonly RigNode[];
  readonly #servers: RigGroup;

  constructor(servers: RigGroup, ids: readonly string[]) {
    this.#servers = servers;
    this.url = servers.url;
    this.nodes = servers.nodes.map((server, index) => new RigNode(server, ids[index] ?? ""));
  }

  get node(): RigNode {
    return this.nodes[0] as RigNode;
  }

  kill(node: RigNode): Promise<void> {
    return node.kill();
  }

  restart(node: RigNode): Promise<void> {
    return node.restart();
  }

  pause(node: RigNode): void {
    node.pause();
  }

  resume(node: RigNode): void {
    node.resume();
  }

  stop(): Promise<void> {
    return this.#servers.stop();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }
}

export class RigCluster extends RigServers {
  /** As started; a failover does not change these two lists. */
  readonly primaries: readonly RigNode[];
  readonly replicas: readonly RigNode[];
  readonly #password: string | undefined;

  constructor(servers: RigGroup, ids: readonly string[], options: LocalClusterOptions) {
    super(servers, ids);
    const count = options.primaries ?? 3;
    this.primaries = this.nodes.slice(0, count);
    this.replicas = this.nodes.slice(count);
    const password = options.config?.requirepass;
    this.#password = password === undefined ? undefined : String(password);
  }

  /** The replicas that were started for this primary. */
  replicasOf(primary: RigNode): readonly RigNode[] {
    const each = this.replicas.length / this.primaries.length;
    const index = this.primaries.indexOf(primary);
    return this.replicas.slice(index * each, (index + 1) * each);
  }

  /** The primary that serves the slot, according to `witness` (by default the first node that runs). */
  async ownerOf(slot: number, witness?: RigNode): Promise<RigNode> {
    const asked = witness ?? this.nodes.find((node) => node.pid !== 0);
    const ranges = (await asked?.command("CLUSTER", "SLOTS")) as [number, number, [string, number, string]][];
    const range = ranges.find(([first, last]) => first <= slot && slot <= last);
    const owner = this.nodes.find((node) => node.id === range?.[2][2]);
    if (owner === undefined) throw new Error(`no node serves slot ${slot}`);
    return owner;
  }

  /** Which slot the server itself computes. */
  async slotOf(key: string | Uint8Array): Promise<number> {
    return (await this.node.command("CLUSTER", "KEYSLOT", key)) as number;
  }

  migrateSlot(
    slot: number,
    from: RigNode,
    to: RigNode,
    options: Pick<MigrateOptions, "keys" | "finish"> = {},
  ): Promise<MigrationState> {
    return migrateSlot(slot, from, to, {
      ...options,
      primaries: this.primaries.filter((node) => node.pid !== 0),
      password: this.#password,
    });
  }

  /** Promotes a replica at once, without the agreement of anybody, and waits until `witnesses` show it. */
  async takeOver(replica: RigNode, witnesses: readonly RigNode[] = [replica]): Promise<void> {
    await replica.command("CLUSTER", "FAILOVER", "TAKEOVER");
    for (const witness of witnesses) {
      await until(`${witness.address} shows ${replica.address} as primary`, async () => {
        const nodes = String(await witness.command("CLUSTER", "NODES"));
        return new RegExp(`^${replica.id} \\S+ (myself,)?master `, "m").test(nodes);
      });
    }
  }
}

/** Starts one standalone server (or `servers` of them) with options of its configuration file. */
export async function startServer(options: LocalServersOptions = {}): Promise<RigServers> {
  return new RigServers(await (EMBEDDED ? startEmbeddedServers : startLocalServers)(options), []);
}

/** Starts a cluster (3 primaries, no replica by default); resolves when every node agrees on it, after about 2.1 s. */
export async function startCluster(options: LocalClusterOptions = {}): Promise<RigCluster> {
  const servers = await (EMBEDDED ? startEmbeddedCluster : startLocalCluster)(options);
  const ids = await Promise.all(
    servers.nodes.map(async (node) => String(await node.command("CLUSTER", "MYID"))),
  );
  return new RigCluster(servers, ids, options);
}
