import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { ManualClock, startCluster, startServer } from "../../../src/server/index.ts";

/**
 * A process that starts a server or a cluster, disturbs it as its first argument says, closes it, tells which handles there were before and are now,
 * and then has to end by itself.
 */

interface Node {
  readonly port: number;
  kill(): unknown;
  pause(): unknown;
}

interface Cluster {
  readonly nodes: readonly Node[];
  partition(some: Node, others: Node): unknown;
  migrateSlot(slot: number, to: Node, options: { hold: boolean }): unknown;
  failover(replica: Node): Promise<void>;
  close(): Promise<void>;
}

const [scenario = "", where] = process.argv.slice(2);
const clock = new ManualClock();
const sockets: Socket[] = [];

async function client(node: Node, text: string): Promise<void> {
  const socket = connect(node.port, "127.0.0.1");
  socket.on("error", () => {});
  sockets.push(socket);
  await once(socket, "connect");
  socket.write(text);
  // A frozen node does not answer.
  if (text !== "") await once(socket, "data");
}

const SCENARIOS: Readonly<Record<string, (cluster: Cluster, six: readonly Node[]) => Promise<void>>> = {
  async idle() {},
  async clients(_cluster, [first, , , fourth]) {
    await client(first!, "MULTI\r\n");
    await client(first!, "SUBSCRIBE news\r\n");
    await client(fourth!, "READONLY\r\n");
  },
  async failover(cluster, [first, second, , , fifth]) {
    await client(second!, "PING\r\n");
    await first!.kill();
    // Past the node timeout, before the election is over.
    await clock.advance(15_300);
    cluster.failover(fifth!).catch(() => {});
  },
  async disturbed(cluster, [first, second, third, fourth, fifth]) {
    await client(third!, "PING\r\n");
    await cluster.partition(first!, second!);
    await cluster.migrateSlot(0, third!, { hold: true });
    await fourth!.kill();
    await third!.pause();
    await client(third!, "");
    await fifth!.pause();
    await clock.advance(20_000);
  },
};

async function run(): Promise<void> {
  if (scenario === "server") {
    const options = { unixSocket: `/tmp/slotpack-ending-${process.pid}.sock`, clock };
    const server =
      where === "worker" ? await startServer({ ...options, worker: true }) : await startServer(options);
    await client({ port: server.port, kill: () => {}, pause: () => {} }, "PING\r\n");
    await server.close();
    await server.closed;
    return;
  }
  const shape = { primaries: 3, replicas: 1, clock };
  const cluster = (where === "worker"
    ? await startCluster({ ...shape, workers: 1 })
    : await startCluster(shape)) as unknown as Cluster;
  await SCENARIOS[scenario]?.(cluster, cluster.nodes);
  await cluster.close();
}

async function someTurns(): Promise<void> {
  for (let turn = 0; turn < 100; turn += 1) await new Promise<void>((resolve) => setImmediate(resolve));
}

// A worker's output goes through these: they are made now, so that they are no difference.
for (const stream of [process.stdout, process.stderr]) stream.write("");
// What the start of this process has left.
await someTurns();
const before = process.getActiveResourcesInfo();
await run();
await Promise.all(sockets.map((socket) => socket.closed || once(socket, "close")));
await someTurns();
console.log(JSON.stringify({ before, after: process.getActiveResourcesInfo() }));
