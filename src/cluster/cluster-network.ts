import { ReplyError } from "../bytes/reply.ts";
import { ConfigError, NotAppliedError } from "../errors.ts";
import { NO_NODE, SLOT_COUNT, SlotMap } from "../slots/index.ts";
import type { SlotRoute } from "./batch-source.ts";
import type { Network } from "./network.ts";
import type { NodeLink } from "./node-link.ts";
import { type Nodes, nodeName } from "./nodes.ts";
import { query } from "./query.ts";
import type { NodeAddress } from "./redirect.ts";
import { RefreshSchedule } from "./refresh-schedule.ts";
import type { ClientStats } from "./stats.ts";

export interface ClusterNetworkSettings {
  readonly nodes: Nodes;
  readonly seeds: readonly NodeAddress[];
  readonly stats: ClientStats;
  readonly queryTimeoutMs: number;
  readonly refreshEveryMs: number;
  readonly events: {
    refresh(nodeCount: number): void;
    redirect(kind: "moved" | "ask", slot: number, from: string, to: string): void;
  };
}

/** Our own slot table of a cluster: who owns each slot, patched by MOVED, refreshed from CLUSTER SLOTS in the background. */
export class ClusterNetwork implements Network {
  readonly cluster: boolean = true;
  readonly stats: ClientStats;
  readonly #settings: ClusterNetworkSettings;
  #map: SlotMap | undefined;
  #links: NodeLink[] = [];
  readonly #schedule: RefreshSchedule = new RefreshSchedule(
    () => this.#refresh(),
    () => this.#reviewSuspects(),
  );

  constructor(settings: ClusterNetworkSettings) {
    this.#settings = settings;
    this.stats = settings.stats;
  }

  get map(): SlotMap | undefined {
    return this.#map;
  }

  route(): { readonly slots: SlotRoute; readonly links: readonly NodeLink[] } {
    const map = this.#map!;
    const slots = { nodeOfSlot: map.nodeOfSlot, nodeCount: this.#links.length, version: map.version };
    return { slots, links: this.#links };
  }

  inLane(link: NodeLink): NodeLink {
    return link;
  }

  addressOf(link: NodeLink): NodeAddress {
    return this.#settings.nodes.addressOf(link);
  }

  linkTo(address: NodeAddress): NodeLink | undefined {
    const { nodes } = this.#settings;
    try {
      return nodes.linkTo(nodes.translate(address));
    } catch (error) {
      if (error instanceof ConfigError) return undefined;
      throw error;
    }
  }

  moved(slot: number, address: NodeAddress): void {
    const link = this.linkTo(address);
    if (link === undefined) return;
    let index = this.#links.indexOf(link);
    if (index === -1) {
      index = this.#map!.addNode(address);
      this.#links[index] = link;
    }
    this.#map!.assign(slot, index);
  }

  redirected(kind: "moved" | "ask", slot: number, from: NodeLink, to: NodeAddress): void {
    this.#settings.events.redirect(kind, slot, from.name, nodeName(this.#settings.nodes.translate(to)));
  }

  refreshSoon(): void {
    this.#schedule.soon();
  }

  /** Asks the nodes, one after another, until one answers; rejects with all causes when none does. Single flight. */
  refresh(): Promise<void> {
    return this.#schedule.now();
  }

  /** Begins the background refresh. */
  start(): void {
    this.#schedule.start(this.#settings.refreshEveryMs);
  }

  close(): void {
    this.#schedule.close();
  }

  /** While an owner of slots is out of reach the others are asked again, and it is called: heard of, it is no suspect any more. */
  #reviewSuspects(): void {
    if (this.#schedule.closed) return;
    for (const link of this.#links) if (link.suspected) link.connect();
    if (this.#links.some((link) => link.suspected || (link.busy && !link.connected))) this.refreshSoon();
  }

  async #refresh(): Promise<void> {
    const causes: Error[] = [];
    for (const link of this.#candidates()) {
      this.#schedule.begun();
      try {
        const reply = await query(link, ["CLUSTER", "SLOTS"], this.#settings.queryTimeoutMs);
        if (this.#schedule.closed) return;
        this.#adopt(SlotMap.fromClusterSlots(reply, this.addressOf(link).host));
        this.stats.refreshes++;
        this.#settings.events.refresh(this.#links.length);
        return;
      } catch (error) {
        causes.push(error as Error);
      }
    }
    const cause = new AggregateError(causes, causes.map((error) => error.message).join("; "));
    throw new NotAppliedError("NO_TOPOLOGY", `no node told the cluster's topology: ${cause.message}`, {
      cause,
    });
  }

  /** Connected and unsuspected nodes first, in random order, so that no single stale node is always believed. */
  #candidates(): NodeLink[] {
    const known = new Set(this.#links);
    for (const seed of this.#settings.seeds) {
      const link = this.linkTo(seed);
      if (link !== undefined) known.add(link);
    }
    const rank = (link: NodeLink) => (link.suspected ? 2 : link.connected ? 0 : 1) + Math.random() / 2;
    return Array.from(known, (link) => ({ link, rank: rank(link) }))
      .sort((a, b) => a.rank - b.rank)
      .map(({ link }) => link);
  }

  #adopt(map: SlotMap): void {
    if (map.nodes.length === 0) throw new Error("no slot has an owner");
    const { nodes } = this.#settings;
    const known = map.nodes
      .flatMap((node) => [node, ...node.replicas])
      .map((node) => nodes.peek(nodes.translate(node)));
    const staying = new Set(known.filter((link) => link !== undefined));
    if ([...staying].some((link) => link.suspected)) for (const link of this.#links) staying.add(link);
    // First, so that those who leave make room for those who come within `maxConnections`.
    nodes.retire(staying);
    const links = map.nodes.map((node) => nodes.linkTo(nodes.translate(node)));
    this.#keepFromSuspects(map, links);
    this.#map = map;
    this.#links = links;
    for (const link of nodes.all) link.replanWaiting(new Error("the topology was read anew"));
  }

  /** A node that has not heard of a promotion yet would hand slots back to the silent node that lost them. */
  #keepFromSuspects(map: SlotMap, links: NodeLink[]): void {
    const current = this.#map;
    if (current === undefined || !links.some((link) => link.suspected)) return;
    for (let slot = 0; slot < SLOT_COUNT; slot++) {
      const owner = map.nodeOfSlot[slot]!;
      const before = current.nodeOfSlot[slot]!;
      if (owner === NO_NODE || before === NO_NODE || !links[owner]!.suspected) continue;
      const keeper = this.#links[before]!;
      if (keeper === links[owner] || keeper.suspected) continue;
      let index = links.indexOf(keeper);
      if (index === -1) {
        index = map.addNode(this.addressOf(keeper));
        links[index] = keeper;
      }
      map.assign(slot, index);
    }
  }
}

/** Whether an error reply to CLUSTER SLOTS says that the server is no cluster node, or that this user may not ask. */
export function isNoCluster(error: unknown): boolean {
  const message = error instanceof ReplyError || error instanceof Error ? error.message : "";
  return /cluster support disabled|unknown command|NOPERM|unknown subcommand/i.test(message);
}
