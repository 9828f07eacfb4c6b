import type { SlotRoute } from "./batch-source.ts";
import type { NodeLink } from "./node-link.ts";
import type { NodeAddress } from "./redirect.ts";
import type { ClientStats } from "./stats.ts";

/** The nodes as the dispatch sees them. */
export interface Network {
  readonly stats: ClientStats;
  /** False in a client of one server, which has no slots. */
  readonly cluster: boolean;
  /** Owner of each slot and, by node index, the links; a snapshot that holds until the next await. */
  route(): { readonly slots: SlotRoute; readonly links: readonly NodeLink[] };
  /** The connection to the node behind `link`, which `route()` gave, that this lane's calls travel on. */
  inLane(link: NodeLink): NodeLink;
  addressOf(link: NodeLink): NodeAddress;
  /** The link to an address that the cluster named; undefined in a client of one server, or past `maxConnections`. */
  linkTo(address: NodeAddress): NodeLink | undefined;
  /** Patches the owner of one slot. */
  moved(slot: number, address: NodeAddress): void;
  /** Asks for a topology refresh soon. */
  refreshSoon(): void;
  redirected(kind: "moved" | "ask", slot: number, from: NodeLink, to: NodeAddress): void;
}
