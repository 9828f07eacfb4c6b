import type { SlotRoute } from "./batch-source.ts";
import type { DispatchLimits } from "./dispatch.ts";
import type { Network } from "./network.ts";
import type { NodeLink } from "./node-link.ts";
import type { ResolvedOptions } from "./options.ts";
import type { NodeAddress } from "./redirect.ts";
import type { ClientStats } from "./stats.ts";

/*
 * Measured on two cores with three primaries on loopback while 2 GB of PUTs were queued, as the p99 of a lookup in the main lane. Without
 * lanes: 160 to 1,400 ms. 8 MiB in packets written whole: 23 to 54 ms. 4 MiB in portions of 256 KiB: 8 to 10 ms, at 1.2 to 1.3 GB/s. Portions of
 * 1 MiB: 12 to 16 ms; of 128 KiB: no better than 256; a window of 2 MiB costs a third of the throughput of 8 MB values.
 */

/** Bytes written or expected on one bulk connection; a packet takes a quarter of it, see packet-cutter.ts. */
const BULK_WINDOW_BYTES = 4 * 1024 ** 2;

/** Bytes written to one bulk connection in one turn of the event loop. */
export const BULK_PORTION_BYTES: number = 256 * 1024;

/** Of `maxQueuedBytes`, or an eighth of it where that is less: bulk calls leave so much to the others, which are not to be refused for them. */
const RESERVED_QUEUE_BYTES = 16 * 1024 ** 2;

/** What bounds a bulk call: the client's own limits, less what leaves the node, the event loop and the queue room for other calls. */
export function bulkLimits(options: ResolvedOptions): DispatchLimits {
  const { maxInFlightBytes, maxQueuedBytes } = options;
  return {
    ...options,
    maxInFlightBytes: Math.min(maxInFlightBytes, BULK_WINDOW_BYTES),
    maxQueuedBytes: maxQueuedBytes - Math.min(RESERVED_QUEUE_BYTES, Math.floor(maxQueuedBytes / 8)),
  };
}

/**
 * The same nodes and the same slot table, over the nodes' second connections; made for one call, which keeps to the connection that it began with:
 * of two of its writes to one key, the later one would overtake the earlier one on another.
 */
export class BulkLane implements Network {
  readonly #main: Network;
  readonly #bulkOf: (link: NodeLink) => NodeLink;
  /** By the main link of a node, the one that this call has taken. */
  readonly #taken = new Map<NodeLink, NodeLink>();

  constructor(main: Network, bulkOf: (link: NodeLink) => NodeLink) {
    this.#main = main;
    this.#bulkOf = bulkOf;
  }

  get stats(): ClientStats {
    return this.#main.stats;
  }

  get cluster(): boolean {
    return this.#main.cluster;
  }

  route(): { readonly slots: SlotRoute; readonly links: readonly NodeLink[] } {
    return this.#main.route();
  }

  inLane(link: NodeLink): NodeLink {
    const taken = this.#taken.get(link);
    // One that is idle has nothing of this call any more.
    if (taken !== undefined && (taken === link || taken.busy)) return taken;
    const bulk = this.#bulkOf(link);
    this.#taken.set(link, bulk);
    return bulk;
  }

  addressOf(link: NodeLink): NodeAddress {
    return this.#main.addressOf(link);
  }

  linkTo(address: NodeAddress): NodeLink | undefined {
    const link = this.#main.linkTo(address);
    return link === undefined ? undefined : this.inLane(link);
  }

  moved(slot: number, address: NodeAddress): void {
    this.#main.moved(slot, address);
  }

  refreshSoon(): void {
    this.#main.refreshSoon();
  }

  redirected(kind: "moved" | "ask", slot: number, from: NodeLink, to: NodeAddress): void {
    this.#main.redirected(kind, slot, from, to);
  }
}
