import type { SlotMap } from "../slots/index.ts";
import type { Kernel } from "../wasm/kernel.ts";
import type { Network } from "./network.ts";
import type { ResolvedOptions } from "./options.ts";
import type { ClientStats } from "./stats.ts";

/** What `connect()` hands to the client. */
export interface ClientParts {
  readonly options: ResolvedOptions;
  readonly kernel: Kernel;
  readonly stats: ClientStats;
  /** Resolves when the nodes are known; starts connecting on its first call. */
  ready(): Promise<Network>;
  network(): Network | undefined;
  /** Undefined for one server. */
  slotMap(): SlotMap | undefined;
  /** Why the last connection ended or could not be made, while there is none. */
  lastFailure(): Error | undefined;
  close(): Promise<void>;
}
