import { ConfigError, ServerError } from "../errors.ts";
import { SLOT_COUNT } from "../slots/index.ts";
import type { Clock } from "./clock.ts";
import { SystemClock } from "./clock.ts";
import { ClusterNode } from "./cluster/cluster-node.ts";
import { type ClusterOptions, checkClusterOptions } from "./cluster/cluster-options.ts";
import { found } from "./cluster/founding.ts";
import { meet } from "./cluster/handshake.ts";
import { runCommand } from "./cluster/run-command.ts";
import { MIGRATE_SLOT_CHECKS, type MigrateSlotOptions, SlotMove } from "./cluster/slot-mover.ts";
import { checkOptions, OBJECT, wholeNumber } from "./option-check.ts";
import type { ServerOptions } from "./server-options.ts";

const KEYS_PER_STEP = 100;
/** Turns of the event loop in which a replica has surely caught up, where it can at all. */
const FOLLOW_TURNS = 100;
const FAILOVER_TURNS = 1000;

/** A running cluster of nodes in this process. */
export class Cluster implements AsyncDisposable {
  /** Of all its nodes. */
  readonly clock: Clock;
  readonly #options: ServerOptions;
  readonly #nodes: ClusterNode[];

  /** @internal */
  constructor(nodes: ClusterNode[], options: ServerOptions, clock: Clock) {
    this.#nodes = nodes;
    this.#options = options;
    this.clock = clock;
  }

  /** `redis-cluster://host:port,…` of all nodes, with the password; with TLS `rediss-cluster://host:port,…`. */
  get url(): string {
    const password = this.#options.password ?? "";
    const login = password === "" ? "" : `:${encodeURIComponent(password)}@`;
    const scheme = this.#options.tls === undefined ? "redis-cluster" : "rediss-cluster";
    const hosts = this.#nodes.map(({ host, port }) => `${host.includes(":") ? `[${host}]` : host}:${port}`);
    return `${scheme}://${login}${hosts.join(",")}`;
  }

  /** In the order in which they were started: at first all primaries, then the replicas of the first, of the second, and so on. */
  get nodes(): readonly ClusterNode[] {
    return [...this.#nodes];
  }

  /** Those that run and say that they are primaries. */
  get primaries(): readonly ClusterNode[] {
    return this.#nodes.filter((node) => node.running && node.role === "primary");
  }

  get replicas(): readonly ClusterNode[] {
    return this.#nodes.filter((node) => node.running && node.role === "replica");
  }

  replicasOf(primary: ClusterNode): readonly ClusterNode[] {
    return this.replicas.filter((node) => node.primaryId === primary.id);
  }

  /** The first node that runs: who is asked how things are. */
  get witness(): ClusterNode | undefined {
    return this.#nodes.find(({ running, member }) => running && !member.paused);
  }

  /** Who serves the slot, as `witness` (by default the first node that runs) sees it. Throws ConfigError `BAD_SLOT`. */
  ownerOf(slot: number, witness?: ClusterNode): ClusterNode | undefined {
    if (!Number.isInteger(slot) || slot < 0 || slot >= SLOT_COUNT) {
      throw new ConfigError("BAD_SLOT", `expected a slot from 0 to ${SLOT_COUNT - 1}, got ${slot}`);
    }
    const owner = (witness ?? this.witness)?.member.view.owner(slot);
    return this.#nodes.find((node) => node.id === owner?.id);
  }

  /** Cuts both groups off from each other (not from clients) until `heal`. */
  partition(some: ClusterNode | readonly ClusterNode[], others: ClusterNode | readonly ClusterNode[]): void {
    for (const one of [some].flat()) {
      for (const other of [others].flat()) one.member.bus.cut(one.port, other.port);
    }
  }

  /** Without arguments: every partition of this cluster ends. */
  heal(
    some: ClusterNode | readonly ClusterNode[] = this.#nodes,
    others: ClusterNode | readonly ClusterNode[] = this.#nodes,
  ): void {
    for (const one of [some].flat()) {
      for (const other of [others].flat()) one.member.bus.heal(one.port, other.port);
    }
  }

  /** Starts another node and joins it: as a primary without slots, or as a replica of `replicaOf`. Rejects with ConfigError `BAD_OPTION` or `BAD_NODE`. */
  async addNode(
    options: { readonly replicaOf?: ClusterNode; readonly port?: number } = {},
  ): Promise<ClusterNode> {
    checkOptions("addNode", options, { replicaOf: OBJECT, port: wholeNumber(0, 65_535) });
    if (options.replicaOf !== undefined) this.#check("addNode", options.replicaOf, "primary");
    if (options.replicaOf?.member.paused)
      throw badNode("addNode", "a primary that is not paused", options.replicaOf);
    const node = await ClusterNode.start({ ...this.#options, port: options.port ?? 0 });
    const { witness } = this;
    if (witness !== undefined) meet(witness.member, node.host, node.port);
    this.#nodes.push(node);
    if (options.replicaOf !== undefined) follow(node, options.replicaOf);
    return node;
  }

  /**
   * Takes a node out and stops it. A primary's slots go to the other primaries first, with their keys; those of one that was killed go to a replica of
   * it that runs, or without keys to the others. A paused node goes on for that. Rejects with ConfigError `BAD_NODE` where it is not this cluster's.
   */
  async removeNode(node: ClusterNode): Promise<void> {
    this.#check("removeNode", node);
    if (node.running) node.resume();
    await this.#empty(node);
    const { id } = node;
    for (const other of this.#nodes) {
      const peer = other === node ? undefined : other.member.view.peers.get(id);
      if (peer === undefined) continue;
      this.heal(node, other);
      const { self } = other.member.view;
      if (self.primary === peer) {
        const target = this.primaries.find((primary) => primary !== node);
        if (target !== undefined) follow(other, target);
      }
      other.member.view.blacklist(id, other.member.now);
      other.member.view.remove(peer);
      other.member.commit();
    }
    this.#nodes.splice(this.#nodes.indexOf(node), 1);
    await node.close();
  }

  /**
   * Moves a slot with its keys from its owner to another primary. With `hold` it stays open, half migrated: `step`, `finish` or `abandon` of what is
   * returned go on. Rejects with a ConfigError: `BAD_SLOT`, `BAD_NODE` (`to` is no running primary), `UNKNOWN_OPTION`, `BAD_OPTION`.
   */
  async migrateSlot(slot: number, to: ClusterNode, options: MigrateSlotOptions = {}): Promise<SlotMove> {
    checkOptions("migrateSlot", options, MIGRATE_SLOT_CHECKS);
    const from = this.ownerOf(slot);
    if (from === undefined) throw new ConfigError("BAD_SLOT", `nobody serves slot ${slot}`, { slot });
    this.#check("migrateSlot", to, "primary");
    const { hold = false, keysPerStep = KEYS_PER_STEP } = options;
    const move = new SlotMove(slot, from, to, keysPerStep, () => this.primaries);
    if (from === to) return move;
    await move.open();
    if (hold === false) await move.finish();
    else for (let step = 0; step < Number(hold === true ? 0 : hold); step += 1) await move.step();
    return move;
  }

  /**
   * Makes a replica take its primary's place, as CLUSTER FAILOVER does; "force" needs no primary that answers, "takeover" no majority. Resolves when
   * it is done. Rejects with ConfigError `BAD_NODE`, or with ServerError `NOT_ELECTED` where the other primaries did not vote.
   */
  async failover(replica: ClusterNode, how?: "force" | "takeover"): Promise<void> {
    this.#check("failover", replica, "replica");
    const words = how === undefined ? [] : [how];
    await runCommand(replica.node, ["CLUSTER", "FAILOVER", ...words]);
    for (let turn = 0; replica.role === "replica" && turn < FAILOVER_TURNS; turn += 1) await nextTurn();
    if (replica.role === "replica") {
      throw new ServerError("NOT_ELECTED", `${replica.address} was not elected`, { node: replica.address });
    }
  }

  /** Stops all nodes and leaves no handle open. */
  async close(): Promise<void> {
    this.heal();
    await Promise.all(this.#nodes.map((node) => node.close()));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Throws ConfigError `BAD_NODE`. */
  #check(what: string, node: ClusterNode, role?: "primary" | "replica"): void {
    const expected = role === undefined ? "a node of this cluster" : `a running ${role} of this cluster`;
    if (this.#nodes.includes(node) && (role === undefined || (node.running && node.role === role))) return;
    throw badNode(what, expected, node);
  }

  /** Whoever gets the slots gets them in runs, as few as can be: every node compares them with what it knows. */
  async #empty(node: ClusterNode): Promise<void> {
    const [heir] = node.running ? [] : this.replicasOf(node).filter(({ member }) => !member.paused);
    if (heir !== undefined) return this.failover(heir, "takeover");
    const targets = this.primaries.filter((primary) => primary !== node && !primary.member.paused);
    const view = (node.running ? node : targets[0])?.member.view;
    const peer = view?.peers.get(node.id);
    if (view === undefined || peer === undefined || targets.length === 0) return;
    const slots = view
      .rangesOf(peer)
      .flatMap(({ first, last }) => Array.from({ length: last - first + 1 }, (_, index) => first + index));
    if (slots.length === 0) return;
    for (const [index, slot] of slots.entries()) {
      const to = targets[Math.floor((index * targets.length) / slots.length)] as ClusterNode;
      const keys = node.running ? (node.node.databases[0]?.slots?.count(slot) ?? 0) : 0;
      if (keys > 0) await this.migrateSlot(slot, to);
      else to.member.view.assign(slot, to.member.view.self);
    }
    for (const to of targets) {
      to.member.view.bumpEpoch();
      to.member.commit();
    }
  }
}

function badNode(what: string, expected: string, got: unknown): ConfigError {
  const shown = got instanceof ClusterNode ? got.address : typeof got;
  return new ConfigError("BAD_NODE", `${what}: expected ${expected}, got ${shown}`);
}

/**
 * Starts a cluster inside this process: 3 primaries by default, each with `replicas` replicas; it serves when this resolves. Instead of a gossip bus
 * the nodes tell each other at once, by calls, what they know, so that a change is known to all that can be reached before the command that made it
 * is answered. For development, tests, demos and CI, not for production. Rejects with a ConfigError (`UNKNOWN_OPTION`, `BAD_OPTION`, `SERVER_CONFIG`) for
 * wrong options, and as `startServer` where a port is taken; nothing is left running then.
 */
export async function startCluster(options: ClusterOptions = {}): Promise<Cluster> {
  checkClusterOptions(options);
  const { primaries = 3, replicas = 0, ports, nodeTimeoutMs, ...rest } = options;
  const clock = options.clock ?? new SystemClock();
  const serverOptions: ServerOptions = {
    ...rest,
    clock,
    config: {
      ...rest.config,
      "cluster-enabled": true,
      ...(nodeTimeoutMs === undefined ? {} : { "cluster-node-timeout": nodeTimeoutMs }),
    },
  };
  const count = primaries * (1 + replicas);
  const started = await Promise.allSettled(
    Array.from({ length: count }, (_, index) =>
      ClusterNode.start({ ...serverOptions, port: ports?.[index] ?? 0 }),
    ),
  );
  const nodes = started.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
  const failure = started.find((result) => result.status === "rejected");
  const cluster = new Cluster(nodes, serverOptions, clock);
  if (failure !== undefined) {
    await cluster.close();
    throw failure.reason;
  }
  found(
    nodes.map(({ member }) => member),
    primaries,
    replicas,
  );
  await replicasFollow(nodes);
  return cluster;
}

/** Until every node has heard that every replica has an offset: without one nobody shows it. */
async function replicasFollow(nodes: readonly ClusterNode[]): Promise<void> {
  const shown = () =>
    nodes.every(({ member }) =>
      [...member.view.peers.values()].every((peer) => !peer.replica || peer.offset !== 0),
    );
  for (let turn = 0; turn < FOLLOW_TURNS && !shown(); turn += 1) {
    await nextTurn();
    for (const { member, role } of nodes) if (role === "replica") member.commit();
  }
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function follow(node: ClusterNode, primary: ClusterNode): void {
  const peer = node.member.view.peers.get(primary.id);
  if (peer === undefined) throw new Error(`${node.address} does not know ${primary.address}`);
  node.member.follow(peer);
  node.member.commit();
}
