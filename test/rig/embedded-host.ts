import type { Server, ServerOptions } from "../../src/server/index.ts";
import { type ClusterNode, startCluster, startServer } from "../../src/server/index.ts";
import type { HostAnswer, HostedNode, HostOrder, HostRequest } from "./embedded-orders.ts";

/** The process in which the rig's embedded servers live, so that the memory, the writes and the stalls of a test are its own. */

interface Hosted extends HostedNode {
  kill(): Promise<void>;
  restart(): Promise<void>;
  pause(): void;
  resume(): void;
}

let nodes: readonly Hosted[] = [];

process.on("message", (order: HostOrder) => {
  void answer(order).then((reply) => process.send?.(reply));
});
process.on("disconnect", () => process.exit());

async function answer({ id, request }: HostOrder): Promise<HostAnswer> {
  try {
    return { id, nodes: await carryOut(request) };
  } catch (error) {
    return { id, error: String(error) };
  }
}

async function carryOut(request: HostRequest): Promise<readonly HostedNode[]> {
  if (request.what === "servers") {
    nodes = await Promise.all(Array.from({ length: request.count }, () => hostServer(request.options)));
  } else if (request.what === "cluster") {
    const { primaries, replicas } = request;
    const { configFile } = request.options;
    const cluster = await startCluster({ nodeTimeoutMs: 5000, configFile, primaries, replicas });
    const leading = cluster.nodes.slice(0, primaries);
    // In the rig's order: the replicas of the first primary, of the second, and so on.
    nodes = [
      ...leading,
      ...leading.flatMap((primary) => cluster.replicasOf(primary)),
    ] satisfies ClusterNode[];
  } else {
    const node = nodes[request.node] as Hosted;
    await node[request.what]();
  }
  return nodes.map(({ host, port }) => ({ host, port }));
}

async function hostServer(options: ServerOptions): Promise<Hosted> {
  let server: Server = await startServer(options);
  const { host, port } = server;
  return {
    host,
    port,
    restart: async () => {
      server = await startServer({ ...options, port });
    },
    kill: () => server.kill(),
    pause: () => server.pause(),
    resume: () => server.resume(),
  };
}
