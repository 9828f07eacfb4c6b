import type { SlotMap } from "../slots/index.ts";
import type { Kernel } from "../wasm/kernel.ts";
import type { Network } from "./network.ts";
import type { NodeLink } from "./node-link.ts";
import type { ResolvedOptions } from "./options.ts";
import type { ClientStats } from "./stats.ts";
import type { Subscriptions } from "./subscriptions.ts";

/** What `connect()` hands to the client. */
export interface ClientParts {
  readonly options: ResolvedOptions;
  readonly kernel: Kernel;
  readonly stats: ClientStats;
  readonly subscriptions: Subscriptions;
  /** Resolves when the nodes are known; starts connecting on its first call. */
  ready(): Promise<Network>;
  network(): Network | undefined;
  /** The connection for bulk calls to the node of a main connection, see Nodes. */
  bulkOf(link: NodeLink): NodeLink;
  /** Undefined for one server, behind Sentinels or not. */
  slotMap(): SlotMap | undefined;
  /** What there is to show of the nodes. */
  topology(): SlotMap | undefined;
  /** Why the last connection ended or could not be made, while there is none. */
  lastFailure(): Error | undefined;
  close(): Promise<void>;
}
