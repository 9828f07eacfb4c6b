import { SLOT_COUNT, SlotMap } from "../slots/index.ts";
import type { SlotRoute } from "./batch-source.ts";
import type { Network } from "./network.ts";
import type { NodeLink } from "./node-link.ts";
import { type Nodes, nodeName } from "./nodes.ts";
import type { NodeAddress } from "./redirect.ts";
import { RefreshSchedule } from "./refresh-schedule.ts";
import type { SentinelPlan } from "./sentinel-plan.ts";
import { type Finding, findPrimary } from "./sentinel-search.ts";
import { SentinelWatch } from "./sentinel-watch.ts";
import { askOnce } from "./side-connection.ts";
import type { ClientStats } from "./stats.ts";

const ROUTE: SlotRoute = { nodeOfSlot: undefined, nodeCount: 1, version: 0 };

export interface SentinelNetworkSettings {
  readonly sentinel: SentinelPlan;
  readonly seeds: readonly NodeAddress[];
  readonly nodes: Nodes;
  readonly stats: ClientStats;
  /** For one Sentinel or node to connect and answer. */
  readonly askTimeoutMs: number;
  readonly refreshEveryMs: number;
  readonly events: { refresh(nodeCount: number): void };
}

/** One server behind Sentinels: the primary of the moment, which has everything. */
export class SentinelNetwork implements Network {
  readonly cluster: boolean = false;
  readonly stats: ClientStats;
  readonly #settings: SentinelNetworkSettings;
  #links: NodeLink[] = [];
  #map: SlotMap | undefined;
  #epoch = 0;
  /** As they are reached: those of the target first, then those that Sentinels told of. */
  #sentinels: readonly NodeAddress[];
  readonly #schedule: RefreshSchedule = new RefreshSchedule(
    () => this.#refresh(),
    () => this.#reviewSuspect(),
  );
  #search: AbortController | undefined;
  #searchAgain = false;
  #watch: SentinelWatch | undefined;

  constructor(settings: SentinelNetworkSettings) {
    this.#settings = settings;
    this.stats = settings.stats;
    this.#sentinels = settings.seeds;
  }

  /** The primary, with all slots, and its replicas. */
  get map(): SlotMap | undefined {
    return this.#map;
  }

  route(): { readonly slots: SlotRoute; readonly links: readonly NodeLink[] } {
    return { slots: ROUTE, links: this.#links };
  }

  inLane(link: NodeLink): NodeLink {
    return link;
  }

  addressOf(link: NodeLink): NodeAddress {
    return this.#settings.nodes.addressOf(link);
  }

  linkTo(): undefined {
    return undefined;
  }

  moved(): void {}

  redirected(): void {}

  refreshSoon(): void {
    this.#schedule.soon();
  }

  /** Looks for the primary and goes over to it; rejects with all causes when there is none. Single flight. */
  refresh(): Promise<void> {
    return this.#schedule.now();
  }

  /** Begins the background refresh. */
  start(): void {
    this.#schedule.start(this.#settings.refreshEveryMs, () => this.#watch?.look());
  }

  close(): void {
    this.#schedule.close();
    this.#search?.abort(new Error("the client is closed"));
    this.#watch?.close();
    this.#watch = undefined;
  }

  /** While the primary is out of reach the Sentinels are asked again, and it is called: heard of, it is no suspect any more. */
  #reviewSuspect(): void {
    const [link] = this.#links;
    if (this.#schedule.closed || link === undefined || !link.suspected) return;
    link.connect();
    this.refreshSoon();
  }

  async #refresh(): Promise<void> {
    do {
      this.#searchAgain = false;
      this.#schedule.begun();
      try {
        await this.#searchOnce();
      } catch (error) {
        if (!this.#searchAgain) throw error;
      }
    } while (this.#searchAgain && !this.#schedule.closed);
  }

  async #searchOnce(): Promise<void> {
    const { sentinel, seeds, nodes, askTimeoutMs: timeoutMs, events } = this.#settings;
    const heardOf: NodeAddress[] = [];
    const search = new AbortController();
    const { signal } = search;
    this.#search = search;
    if (this.#schedule.closed) search.abort(new Error("the client is closed"));
    try {
      const found = await findPrimary({
        name: sentinel.name,
        sentinels: this.#sentinels,
        epoch: this.#epoch,
        askSentinel: (address, commands) =>
          askOnce((until) => sentinel.open(address, timeoutMs, until), commands, { timeoutMs, signal }),
        askNode: (announced, commands) =>
          askOnce((until) => nodes.open(nodes.translate(announced), until), commands, { timeoutMs, signal }),
        answered: (address, opinion) => {
          heardOf.push(address, ...opinion.sentinels.map((announced) => nodes.translate(announced)));
          this.#watchSwitches(address);
        },
        signal,
      });
      if (signal.aborted) throw signal.reason;
      this.#adopt(found);
      this.stats.refreshes++;
      events.refresh(1);
    } finally {
      if (!signal.aborted && heardOf.length > 0) this.#sentinels = distinct([...seeds, ...heardOf]);
      search.abort();
      this.#search = undefined;
    }
  }

  #adopt({ primary, replicas, epoch }: Finding): void {
    const { nodes } = this.#settings;
    this.#epoch = epoch;
    this.#map = mapOf(primary, replicas);
    const address = nodes.translate(primary);
    const staying = nodes.peek(address);
    if (staying !== undefined && staying === this.#links[0]) return;
    // First, so that the old primary makes room for the new one within `maxConnections`.
    nodes.retire(new Set(staying === undefined ? [] : [staying]));
    const link = nodes.linkTo(address);
    this.#links = [link];
    link.connect();
  }

  #watchSwitches(address: NodeAddress): void {
    if (this.#watch !== undefined || this.#schedule.closed) return;
    const { sentinel, askTimeoutMs } = this.#settings;
    this.#watch = new SentinelWatch(sentinel.name, (signal) => sentinel.open(address, askTimeoutMs, signal), {
      // A failover may have ended between the last question and the subscription.
      watching: () =>
        void (this.#schedule.running ?? Promise.resolve()).catch(() => {}).then(() => this.refreshSoon()),
      // At once, whenever the last search was.
      switched: () => {
        this.#searchAgain = true;
        if (this.#schedule.running === undefined) this.refresh().catch(() => {});
        else this.#search?.abort(new Error("a failover has ended meanwhile"));
      },
      // A Sentinel that refuses the subscription is asked for it again at the next refresh only.
      ended: (wasWatching) => {
        this.#watch = undefined;
        if (wasWatching) this.refreshSoon();
      },
    });
  }
}

function distinct(addresses: readonly NodeAddress[]): NodeAddress[] {
  return [...new Map(addresses.map((address) => [nodeName(address), address])).values()];
}

function mapOf(primary: NodeAddress, replicas: readonly NodeAddress[]): SlotMap {
  const node = {
    ...primary,
    id: nodeName(primary),
    role: "primary" as const,
    replicas: replicas.map((replica) => ({ ...replica, id: nodeName(replica), role: "replica" as const })),
  };
  return new SlotMap([{ primary: node, ranges: [[0, SLOT_COUNT - 1]] }]);
}
