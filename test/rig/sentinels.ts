import { rmSync } from "node:fs";
import { join } from "node:path";
import { closeGuard, openGuard } from "../../src/cli/process-guard.ts";
import { findServerBinary } from "../../src/cli/server-binary.ts";
import { type ServerConfig, ServerProcess } from "../../src/cli/server-process.ts";
import { RigNode } from "./node.ts";
import { type RigServers, startServer } from "./servers.ts";
import { until } from "./until.ts";

/** Sentinels gossip every two seconds, and one that was held up for two of its own (TILT) does nothing for thirty. */
const PATIENCE_MS = 120_000;
const FAILOVER_TIMEOUT_MS = 5_000;

export interface SentinelOptions {
  /** Default 1. */
  readonly replicas?: number;
  /** Default 1; a failover needs the votes of more than half of them. */
  readonly sentinels?: number;
  /** Silence after which a Sentinel holds the primary for dead. Default 60,000: no failover that the test does not ask for. */
  readonly downAfterMs?: number;
  /** Options of the data nodes; a `requirepass` is told to replicas and Sentinels. */
  readonly config?: ServerConfig;
  /** Options of the Sentinels. */
  readonly sentinelConfig?: ServerConfig;
}

let groups = 0;

/** One primary, its replicas, and the Sentinels that watch them. All processes end with the test process, however that ends. */
export class RigSentinels {
  /** Under which the primary is monitored. */
  readonly name = "the-primary";
  /** The first one began as the primary. */
  readonly nodes: readonly RigNode[];
  /** Not to be restarted: one that comes back knows only what it was started with. */
  readonly sentinels: readonly RigNode[];
  readonly #servers: RigServers;
  readonly #processes: readonly ServerProcess[];
  readonly #folder: string;

  constructor(servers: RigServers, processes: readonly ServerProcess[], folder: string) {
    this.#servers = servers;
    this.nodes = servers.nodes;
    this.#processes = processes;
    this.sentinels = processes.map((process) => new RigNode(process, ""));
    this.#folder = folder;
  }

  /** `redis-sentinel://` with every Sentinel. */
  get url(): string {
    return `redis-sentinel://${this.sentinels.map(({ address }) => address).join(",")}/${this.name}`;
  }

  /** The first Sentinel that runs. */
  get sentinel(): RigNode {
    return this.sentinels.find(({ pid }) => pid !== 0) as RigNode;
  }

  /** Whom a Sentinel (by default the first one that runs) names at present. */
  async named(sentinel: RigNode = this.sentinel): Promise<RigNode> {
    const reply = await sentinel.command("SENTINEL", "GET-MASTER-ADDR-BY-NAME", this.name);
    const port = Number((reply as [string, string])[1]);
    return this.nodes.find((node) => node.port === port) as RigNode;
  }

  /** Waits until a Sentinel names another node than `old`, and that node is a primary. */
  async replaced(old: RigNode): Promise<RigNode> {
    await until(
      `${old.address} is replaced`,
      async () => {
        const named = await this.named();
        return named !== old && (await roleOf(named)) === "master";
      },
      PATIENCE_MS,
    );
    return this.named();
  }

  /** Asks for a failover without a cause, again where one was given up, and waits for its end. */
  async failOver(): Promise<RigNode> {
    const old = await this.named();
    let askAgainAt = 0;
    await until(
      `${old.address} is replaced`,
      async () => {
        const named = await this.named();
        if (named !== old) return (await roleOf(named)) === "master";
        if (performance.now() > askAgainAt) {
          await this.sentinel.command("SENTINEL", "FAILOVER", this.name);
          askAgainAt = performance.now() + FAILOVER_TIMEOUT_MS * 3;
        }
        return false;
      },
      PATIENCE_MS,
    );
    return this.named();
  }

  /**
   * Changes the silence after which a primary is held for dead. Lowered only once it is, a Sentinel that had no time cannot take a healthy one
   * for dead.
   */
  async setDownAfter(ms: number): Promise<void> {
    const running = this.sentinels.filter(({ pid }) => pid !== 0);
    const change = ["SENTINEL", "SET", this.name, "down-after-milliseconds", ms];
    await Promise.all(running.map((sentinel) => sentinel.command(...change)));
  }

  /** Waits until every node but `primary` copies it and has all that it has; nothing must be writing meanwhile. */
  async replicated(primary: RigNode): Promise<void> {
    const copies = this.nodes.filter((node) => node !== primary && node.pid !== 0);
    await until(
      "the replicas have everything",
      async () => {
        const own = offsetOf(await primary.command("INFO", "replication"), "master_repl_offset");
        const states = await Promise.all(copies.map((node) => node.command("INFO", "replication")));
        return states.every(
          (state) =>
            String(state).includes(`master_port:${primary.port}\r\n`) &&
            String(state).includes("master_link_status:up") &&
            offsetOf(state, "slave_repl_offset") >= own,
        );
      },
      PATIENCE_MS,
    );
  }

  /** Waits until every Sentinel names `primary`, knows all the others and sees nobody down. */
  async agreed(primary: RigNode): Promise<void> {
    await until(
      "the Sentinels agree",
      async () => {
        const states = await Promise.all(
          this.sentinels.map((sentinel) => sentinel.command("SENTINEL", "MASTER", this.name)),
        );
        return states.every((state) => {
          const text = (state as string[]).join("|");
          return (
            text.includes(`|port|${primary.port}|`) &&
            text.includes("|flags|master|") &&
            text.includes(`|num-slaves|${this.nodes.length - 1}|`) &&
            text.includes(`|num-other-sentinels|${this.sentinels.length - 1}|`)
          );
        });
      },
      PATIENCE_MS,
    );
  }

  async stop(): Promise<void> {
    await Promise.all(this.#processes.map((process) => process.stop()));
    for (const process of this.#processes) process.release();
    await this.#servers.stop();
    rmSync(this.#folder, { recursive: true, force: true });
    closeGuard();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }
}

/** Starts data nodes and Sentinels, and resolves when all know of all. */
export async function startSentinels(options: SentinelOptions = {}): Promise<RigSentinels> {
  const { replicas = 1, sentinels = 1, downAfterMs = 60_000, config = {}, sentinelConfig } = options;
  const password = config.requirepass === undefined ? undefined : String(config.requirepass);
  const auth: ServerConfig = password === undefined ? {} : { masterauth: password };
  const servers = await startServer({
    servers: 1 + replicas,
    config: { "repl-ping-replica-period": 1, ...auth, ...config },
  });
  const primary = servers.node;
  for (const node of servers.nodes.slice(1)) await node.command("REPLICAOF", primary.host, primary.port);
  const folder = join(openGuard(), `sentinels-${groups++}`);
  const name = "the-primary";
  const lines: ServerConfig = {
    bind: "127.0.0.1",
    sentinel: [
      `monitor ${name} ${primary.host} ${primary.port} ${Math.floor(sentinels / 2) + 1}`,
      `down-after-milliseconds ${name} ${downAfterMs}`,
      `failover-timeout ${name} ${FAILOVER_TIMEOUT_MS}`,
      ...(password === undefined ? [] : [`auth-pass ${name} ${password}`]),
    ],
    ...sentinelConfig,
  };
  const processes = Array.from(
    { length: sentinels },
    (_, index) => new ServerProcess(findServerBinary(), join(folder, String(index)), lines, ["--sentinel"]),
  );
  const rig = new RigSentinels(servers, processes, folder);
  try {
    await Promise.all(processes.map((process) => process.start()));
    const started = new RigSentinels(servers, processes, folder);
    await started.replicated(primary);
    await started.agreed(primary);
    return started;
  } catch (error) {
    await rig.stop();
    throw error;
  }
}

async function roleOf(node: RigNode): Promise<unknown> {
  return ((await node.command("ROLE")) as unknown[])[0];
}

function offsetOf(info: unknown, field: string): number {
  return Number(new RegExp(`^${field}:(\\d+)`, "m").exec(String(info))?.[1]);
}
