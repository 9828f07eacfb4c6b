import type { ServerNode } from "../server-node.ts";
import { Eviction } from "./eviction.ts";
import { ExpireCycle } from "./expire-cycle.ts";

/** Eviction and active expiry take hold of a node. */
export function attachKeyspace(node: ServerNode): void {
  const { hooks } = node;
  const eviction = new Eviction(node);
  hooks.makeRoom.push(() => eviction.makeRoom());
  const cycle = new ExpireCycle(node);
  hooks.cron.push(() => cycle.slow());
  hooks.beforeSleep.push(() => cycle.fast());
}
