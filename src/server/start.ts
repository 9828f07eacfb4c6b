import type { ClusterOptions } from "./cluster/cluster-options.ts";
import { checkObject } from "./option-check.ts";
import type { ServerOptions } from "./server-options.ts";
import { type Cluster, startCluster as startClusterHere } from "./start-cluster.ts";
import { type Server, startServer as startServerHere } from "./start-server.ts";
import type { WorkerCluster } from "./worker/worker-cluster.ts";
import { inWorker } from "./worker/worker-options.ts";
import type { WorkerServer } from "./worker/worker-server.ts";

/**
 * Starts a server of the Redis protocol inside this process, within milliseconds. Rejects with ConfigError `UNKNOWN_OPTION`, `BAD_OPTION`, `BAD_FILE` or
 * `SERVER_CONFIG` (a parameter of `config` or `configFile` is wrong), and with Node's own error where it cannot listen (`EADDRINUSE`, …).
 * With `worker: true` it runs in a thread of its own, answers while this one is busy or blocked, and its methods return promises; options that cannot be
 * copied to another thread are refused with ConfigError WORKER_UNSUPPORTED. For development, tests, demos and CI, not for production.
 */
export function startServer(
  options?: ServerOptions & { readonly worker?: false | undefined },
): Promise<Server>;
export function startServer(options: ServerOptions & { readonly worker: true }): Promise<WorkerServer>;
export async function startServer(
  options: ServerOptions & { readonly worker?: boolean | undefined } = {},
): Promise<Server | WorkerServer> {
  checkObject("startServer", options);
  const { worker, ...others } = options;
  if (!inWorker("worker", worker)) return startServerHere(others);
  const { startWorkerServer } = await import("./worker/worker-server.ts");
  return startWorkerServer(others);
}

/**
 * Starts a cluster inside this process: 3 primaries by default, each with `replicas` replicas; it serves when this resolves. Instead of a gossip bus
 * the nodes tell each other at once, by calls, what they know, so that a change is known to all that can be reached before the command that made it
 * is answered. With `workers: 1` all nodes run in one thread of their own, see `startServer`; as they tell each other by calls, there is no form with
 * more threads, and other numbers are refused with ConfigError WORKER_UNSUPPORTED. For development, tests, demos and CI, not for production.
 */
export function startCluster(
  options?: ClusterOptions & { readonly workers?: 0 | false | undefined },
): Promise<Cluster>;
export function startCluster(
  options: ClusterOptions & { readonly workers: 1 | true },
): Promise<WorkerCluster>;
export async function startCluster(
  options: ClusterOptions & { readonly workers?: 0 | 1 | boolean | undefined } = {},
): Promise<Cluster | WorkerCluster> {
  checkObject("startCluster", options);
  const { workers, ...others } = options;
  if (!inWorker("workers", workers)) return startClusterHere(others);
  const { startWorkerCluster } = await import("./worker/worker-cluster.ts");
  return startWorkerCluster(others);
}
