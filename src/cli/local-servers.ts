import { rmSync } from "node:fs";
import { join } from "node:path";
import { ConfigError } from "../errors.ts";
import { formCluster } from "./cluster-formation.ts";
import { closeGuard, openGuard } from "./process-guard.ts";
import { findServerBinary } from "./server-binary.ts";
import { type ServerConfig, ServerProcess } from "./server-process.ts";

export interface LocalServersOptions {
  /** Standalone processes to start; default 1. */
  readonly servers?: number;
  /** Options of every process, as in the server's configuration file; they override the launcher's own. */
  readonly config?: ServerConfig;
}

export interface LocalClusterOptions {
  /** Primaries, each with an equal share of the slots; default 3. */
  readonly primaries?: number;
  /** Replicas of each primary; default 0. */
  readonly replicas?: number;
  readonly config?: ServerConfig;
}

/** Running servers; they also end when this process ends, however it ends. */
export interface LocalServers extends AsyncDisposable {
  /** `redis://127.0.0.1:port`, for a cluster `redis-cluster://` with every primary. */
  readonly url: string;
  /** Primaries first, then the replicas of the first primary, of the second, and so on. */
  readonly nodes: readonly ServerProcess[];
  /** Ends every process, gives the ports back and removes the temporary folder. */
  stop(): Promise<void>;
}

/** Nothing is kept: a server that ends takes its data with it. */
const BASE_CONFIG: ServerConfig = {
  bind: "127.0.0.1",
  save: "",
  appendonly: "no",
  "repl-diskless-sync-delay": 0,
};
const CLUSTER_CONFIG: ServerConfig = {
  "cluster-enabled": "yes",
  "cluster-config-file": "nodes.conf",
  "cluster-node-timeout": 5000,
  "repl-ping-replica-period": 1,
};

let groups = 0;

/** Starts standalone servers on free ports. Throws ConfigError `NO_SERVER` when no server is on the PATH. */
export async function startLocalServers(options: LocalServersOptions = {}): Promise<LocalServers> {
  const count = countOption("servers", options.servers ?? 1, 1);
  const group = new ServerGroup(count, { ...BASE_CONFIG, ...options.config });
  await group.start();
  return running(group, `redis://${group.nodes[0]?.address}`);
}

/** Starts a cluster on free ports and waits until every node agrees on it. */
export async function startLocalCluster(options: LocalClusterOptions = {}): Promise<LocalServers> {
  const primaries = countOption("primaries", options.primaries ?? 3, 1);
  const replicas = countOption("replicas", options.replicas ?? 0, 0);
  const password = options.config?.requirepass;
  const auth: ServerConfig = password === undefined ? {} : { masterauth: password };
  const config = { ...BASE_CONFIG, ...CLUSTER_CONFIG, ...auth, ...options.config };
  const group = new ServerGroup(primaries * (1 + replicas), config);
  await group.start();
  const owners = group.nodes.slice(0, primaries);
  const rest = group.nodes.slice(primaries);
  const replicasOf = owners.map((_, index) => rest.slice(index * replicas, (index + 1) * replicas));
  try {
    await formCluster({ primaries: owners, replicas: replicasOf });
  } catch (error) {
    await group.stop();
    throw error;
  }
  return running(group, `redis-cluster://${owners.map((node) => node.address).join(",")}`);
}

class ServerGroup {
  readonly nodes: readonly ServerProcess[];
  readonly #folder: string;
  #stopping: Promise<void> | undefined;

  constructor(count: number, config: ServerConfig) {
    const binary = findServerBinary();
    this.#folder = join(openGuard(), String(groups++));
    this.nodes = Array.from(
      { length: count },
      (_, index) => new ServerProcess(binary, join(this.#folder, String(index)), config),
    );
  }

  async start(): Promise<void> {
    const started = await Promise.allSettled(this.nodes.map((node) => node.start()));
    const failed = started.find((result) => result.status === "rejected");
    if (failed === undefined) return;
    await this.stop();
    throw failed.reason;
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  async #stop(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.stop()));
    for (const node of this.nodes) node.release();
    rmSync(this.#folder, { recursive: true, force: true });
    closeGuard();
  }
}

function running(group: ServerGroup, url: string): LocalServers {
  return {
    url,
    nodes: group.nodes,
    stop: () => group.stop(),
    [Symbol.asyncDispose]: () => group.stop(),
  };
}

function countOption(option: string, value: number, least: number): number {
  if (Number.isInteger(value) && value >= least) return value;
  throw new ConfigError("BAD_COUNT", `${option} must be a whole number from ${least}, got ${value}.`, {
    option,
  });
}
