import type { Clock } from "../clock.ts";
import { SystemClock } from "../clock.ts";
import type { ClusterOptions } from "../cluster/cluster-options.ts";
import type { MigrateSlotOptions } from "../cluster/slot-mover.ts";
import type { ClusterCalls } from "./cluster-calls.ts";
import type { ClusterNews, OwnedRange } from "./cluster-news.ts";
import { startWorker } from "./start-worker.ts";
import { WorkerNode } from "./worker-node.ts";
import { WorkerSlotMove } from "./worker-slot-move.ts";
import type { WorkerThread } from "./worker-thread.ts";

/**
 * A cluster whose nodes run in a worker thread: a `Cluster` whose methods are calls of the other thread. What is told without a promise (`nodes`,
 * `primaries`, `ownerOf`, a node's `role`, …) is as of the last news from the thread; every call's news have come when its promise resolves.
 */
export class WorkerCluster implements AsyncDisposable {
  /** The ManualClock that was given, which moves the nodes' time, or the system's. */
  readonly clock: Clock;
  readonly #thread: WorkerThread<ClusterCalls>;
  readonly #nodes = new Map<number, WorkerNode>();
  #url = "";
  #ranges: readonly OwnedRange[] = [];

  /** @internal */
  constructor(thread: WorkerThread<ClusterCalls>, clock: Clock) {
    this.#thread = thread;
    this.clock = clock;
  }

  /** @internal */
  learn({ nodes, ranges, url }: ClusterNews): void {
    this.#url = url;
    this.#ranges = ranges ?? this.#ranges;
    const gone = new Set(this.#nodes.keys());
    for (const news of nodes) {
      gone.delete(news.key);
      const node = this.#nodes.get(news.key);
      if (node === undefined) this.#nodes.set(news.key, new WorkerNode(this.#thread, news));
      else node.learn(news);
    }
    for (const key of gone) {
      this.#nodes.get(key)?.left();
      this.#nodes.delete(key);
    }
  }

  /** `redis-cluster://host:port,…` of all nodes, with the password. */
  get url(): string {
    return this.#url;
  }

  /** In the order in which they were started: at first all primaries, then the replicas of the first, of the second, and so on. */
  get nodes(): readonly WorkerNode[] {
    return [...this.#nodes.values()];
  }

  /** Those that run and say that they are primaries. */
  get primaries(): readonly WorkerNode[] {
    return this.nodes.filter((node) => node.running && node.role === "primary");
  }

  get replicas(): readonly WorkerNode[] {
    return this.nodes.filter((node) => node.running && node.role === "replica");
  }

  /** Resolves when all nodes have been closed; rejects with SERVER_WORKER_FAILED where an error ended their thread. */
  get closed(): Promise<void> {
    return this.#thread.closed;
  }

  replicasOf(primary: WorkerNode): readonly WorkerNode[] {
    return this.replicas.filter((node) => node.primaryId === primary.id);
  }

  /** Who serves the slot, as the first node that runs sees it, or, asked of the thread, as `witness` sees it. */
  ownerOf(slot: number): WorkerNode | undefined;
  ownerOf(slot: number, witness: WorkerNode): Promise<WorkerNode | undefined>;
  ownerOf(slot: number, witness?: WorkerNode): WorkerNode | undefined | Promise<WorkerNode | undefined> {
    if (witness !== undefined) {
      return this.#thread
        .call("ownerOf", slot, witness.key)
        .then((key) => (key === undefined ? undefined : this.#nodes.get(key)));
    }
    const range = this.#ranges.find(([first, last]) => first <= slot && slot <= last);
    return this.nodes.find((node) => node.id === range?.[2]);
  }

  /** See `Cluster.partition`. */
  partition(
    some: WorkerNode | readonly WorkerNode[],
    others: WorkerNode | readonly WorkerNode[],
  ): Promise<void> {
    return this.#thread.call("partition", keysOf(some), keysOf(others));
  }

  /** Without arguments: every partition of this cluster ends. */
  heal(
    some?: WorkerNode | readonly WorkerNode[],
    others?: WorkerNode | readonly WorkerNode[],
  ): Promise<void> {
    return this.#thread.call("heal", some && keysOf(some), others && keysOf(others));
  }

  /** See `Cluster.addNode`. */
  async addNode(
    options: { readonly replicaOf?: WorkerNode; readonly port?: number } = {},
  ): Promise<WorkerNode> {
    const key = await this.#thread.call("addNode", options.replicaOf?.key, options.port);
    return this.#nodes.get(key) as WorkerNode;
  }

  /** See `Cluster.removeNode`. */
  removeNode(node: WorkerNode): Promise<void> {
    return this.#thread.call("removeNode", node.key);
  }

  /** See `Cluster.migrateSlot`. */
  async migrateSlot(slot: number, to: WorkerNode, options?: MigrateSlotOptions): Promise<WorkerSlotMove> {
    const news = await this.#thread.call("migrateSlot", slot, to.key, options);
    return new WorkerSlotMove(this.#thread, news, slot, this.#nodes.get(news.from) as WorkerNode, to);
  }

  /** See `Cluster.failover`. */
  failover(replica: WorkerNode, how?: "force" | "takeover"): Promise<void> {
    return this.#thread.call("failover", replica.key, how);
  }

  /** Stops all nodes, ends the thread and leaves no handle open; a second call waits for the first. */
  close(): Promise<void> {
    return this.#thread.end("close");
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

export async function startWorkerCluster(options: ClusterOptions): Promise<WorkerCluster> {
  let cluster: WorkerCluster | undefined;
  const early: ClusterNews[] = [];
  const { thread } = await startWorker<ClusterCalls>("cluster", options, (news: ClusterNews) => {
    if (cluster === undefined) early.push(news);
    else cluster.learn(news);
  });
  cluster = new WorkerCluster(thread, options.clock ?? new SystemClock());
  for (const news of early) cluster.learn(news);
  return cluster;
}

function keysOf(nodes: WorkerNode | readonly WorkerNode[]): number[] {
  return [nodes].flat().map(({ key }) => key);
}
