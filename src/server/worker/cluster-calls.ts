import type { ClusterNode } from "../cluster/cluster-node.ts";
import type { SlotRange } from "../cluster/cluster-view.ts";
import type { MigrateSlotOptions, SlotMove } from "../cluster/slot-mover.ts";
import type { Cluster } from "../start-cluster.ts";
import type { ClusterNews } from "./cluster-news.ts";
import { NodeCalls } from "./node-calls.ts";

/** A slot's move, by its number, and how far it is. */
export interface MoveNews {
  readonly move: number;
  readonly from: number;
  readonly moved: number;
}

/** What the other thread can ask of a cluster; nodes and moves are numbers there. */
export class ClusterCalls extends NodeCalls {
  readonly #cluster: Cluster;
  readonly #nodes = new Map<number, ClusterNode>();
  readonly #keys = new Map<ClusterNode, number>();
  readonly #moves: SlotMove[] = [];
  readonly #tell: (news: ClusterNews) => void;
  #told = "";
  #toldRanges: readonly SlotRange[] | undefined;
  #telling = false;

  constructor(cluster: Cluster, tell: (news: ClusterNews) => void) {
    super((key) => this.#node(key).node);
    this.#cluster = cluster;
    this.#tell = tell;
    this.#watchBus();
  }

  start(): void {}

  /** Tells what has changed since the last time. */
  tellNews(): void {
    const { nodes, url } = this.#cluster;
    const ranges = this.#cluster.witness?.member.view.ranges ?? this.#toldRanges;
    const news = nodes.map((node) => {
      const { host, id, port, primaryId, role, running, url: nodeUrl } = node;
      return { key: this.#keyOf(node), id, host, port, url: nodeUrl, role, running, primaryId };
    });
    const text = JSON.stringify(news);
    if (text === this.#told && ranges === this.#toldRanges) return;
    const changed = ranges === this.#toldRanges ? undefined : ranges;
    this.#told = text;
    this.#toldRanges = ranges;
    this.#tell({
      url,
      nodes: news,
      ranges: changed?.map(({ first, last, owner }) => [first, last, owner.id] as const),
    });
  }

  async killNode(key: number): Promise<void> {
    await this.#node(key).kill();
  }

  async restartNode(key: number): Promise<void> {
    await this.#node(key).restart();
  }

  pauseNode(key: number): void {
    this.#node(key).pause();
  }

  resumeNode(key: number): void {
    this.#node(key).resume();
  }

  partition(some: readonly number[], others: readonly number[]): void {
    this.#cluster.partition(this.#all(some), this.#all(others));
  }

  heal(some?: readonly number[], others?: readonly number[]): void {
    this.#cluster.heal(some && this.#all(some), others && this.#all(others));
  }

  async addNode(replicaOf: number | undefined, port: number | undefined): Promise<number> {
    const node = await this.#cluster.addNode({
      ...(replicaOf !== undefined && { replicaOf: this.#node(replicaOf) }),
      ...(port !== undefined && { port }),
    });
    return this.#keyOf(node);
  }

  async removeNode(key: number): Promise<void> {
    await this.#cluster.removeNode(this.#node(key));
  }

  async migrateSlot(slot: number, to: number, options?: MigrateSlotOptions): Promise<MoveNews> {
    const move = await this.#cluster.migrateSlot(slot, this.#node(to), options);
    return { move: this.#moves.push(move) - 1, from: this.#keyOf(move.from), moved: move.moved };
  }

  async stepMove(move: number): Promise<{ readonly more: boolean; readonly moved: number }> {
    const slotMove = this.#move(move);
    return { more: await slotMove.step(), moved: slotMove.moved };
  }

  async finishMove(move: number): Promise<number> {
    await this.#move(move).finish();
    return this.#move(move).moved;
  }

  async abandonMove(move: number): Promise<void> {
    await this.#move(move).abandon();
  }

  async failover(replica: number, how?: "force" | "takeover"): Promise<void> {
    await this.#cluster.failover(this.#node(replica), how);
  }

  async ownerOf(slot: number, witness: number): Promise<number | undefined> {
    const owner = this.#cluster.ownerOf(slot, this.#node(witness));
    return owner === undefined ? undefined : this.#keyOf(owner);
  }

  close(): Promise<void> {
    return this.#cluster.close();
  }

  /** Once a turn of the event loop at most. */
  #watchBus(): void {
    const bus = this.#cluster.nodes[0]?.member.bus;
    if (bus === undefined) return;
    bus.onNews = () => {
      if (this.#telling) return;
      this.#telling = true;
      setImmediate(() => {
        this.#telling = false;
        this.tellNews();
      });
    };
  }

  #all(keys: readonly number[]): ClusterNode[] {
    return keys.map((key) => this.#node(key));
  }

  #node(key: number): ClusterNode {
    const node = this.#nodes.get(key);
    if (node === undefined) throw new RangeError(`no node has the number ${key}`);
    return node;
  }

  #keyOf(node: ClusterNode): number {
    let key = this.#keys.get(node);
    if (key === undefined) {
      key = this.#keys.size;
      this.#keys.set(node, key);
      this.#nodes.set(key, node);
    }
    return key;
  }

  #move(move: number): SlotMove {
    const slotMove = this.#moves[move];
    if (slotMove === undefined) throw new RangeError(`no move has the number ${move}`);
    return slotMove;
  }
}
