import type { SlotRoute } from "./batch-source.ts";
import type { Network } from "./network.ts";
import type { NodeLink } from "./node-link.ts";
import type { NodeAddress } from "./redirect.ts";
import type { ClientStats } from "./stats.ts";

const ROUTE: SlotRoute = { nodeOfSlot: undefined, nodeCount: 1, version: 0 };

/** One server, which has everything. */
export class SingleNetwork implements Network {
  readonly cluster: boolean = false;
  readonly stats: ClientStats;
  readonly #link: NodeLink;
  readonly #address: NodeAddress;

  constructor(link: NodeLink, address: NodeAddress, stats: ClientStats) {
    this.#link = link;
    this.#address = address;
    this.stats = stats;
  }

  route(): { readonly slots: SlotRoute; readonly links: readonly NodeLink[] } {
    return { slots: ROUTE, links: [this.#link] };
  }

  inLane(link: NodeLink): NodeLink {
    return link;
  }

  addressOf(): NodeAddress {
    return this.#address;
  }

  linkTo(): undefined {
    return undefined;
  }

  moved(): void {}

  redirected(): void {}

  refreshSoon(): void {}
}
