import { badOption, type Checks, checkOptions, listOf, wholeNumber } from "../option-check.ts";
import { SERVER_CHECKS, type ServerOptions } from "../server-options.ts";

export interface ClusterOptions extends Omit<ServerOptions, "port" | "unixSocket" | "databases"> {
  /** 3 by default. */
  readonly primaries?: number | undefined;
  /** Of each primary; 0 by default. */
  readonly replicas?: number | undefined;
  /** Ports of the nodes, primaries first; any free ones by default. */
  readonly ports?: readonly number[] | undefined;
  /** `cluster-node-timeout` in milliseconds, 15,000 by default. */
  readonly nodeTimeoutMs?: number | undefined;
}

/** As many as a real cluster is recommended to have. */
const MAX_NODES = 1000;
const { port: _port, unixSocket: _socket, databases: _databases, ...NODE_CHECKS } = SERVER_CHECKS;
const CLUSTER_CHECKS: Checks<ClusterOptions> = {
  ...NODE_CHECKS,
  primaries: wholeNumber(1, MAX_NODES),
  replicas: wholeNumber(0, MAX_NODES),
  ports: listOf(wholeNumber(0, 65_535)),
  nodeTimeoutMs: wholeNumber(1, 2 ** 31 - 1),
};

/** Throws ConfigError `UNKNOWN_OPTION` or `BAD_OPTION`. */
export function checkClusterOptions(options: ClusterOptions): void {
  checkOptions("startCluster", options, CLUSTER_CHECKS);
  const { primaries = 3, replicas = 0, ports } = options;
  const count = primaries * (1 + replicas);
  if (count > MAX_NODES) throw badOption("startCluster", "replicas", `at most ${MAX_NODES} nodes`, count);
  if (ports === undefined || ports.length === count) return;
  throw badOption("startCluster", "ports", `one port for each of ${count} nodes`, `${ports.length} ports`);
}
