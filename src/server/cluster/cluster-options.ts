import type { ServerOptions } from "../server-options.ts";

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
