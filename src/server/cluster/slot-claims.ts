import { SLOT_COUNT } from "../../slots/index.ts";
import type { ClusterMember } from "./cluster-member.ts";
import type { ClusterPeer } from "./cluster-peer.ts";
import type { SlotRange } from "./cluster-view.ts";

/**
 * A node claims exactly these slots under this config epoch: slots are bound to it where that epoch is newer, and who has lost all slots follows
 * the node that took them. True where anything changed. Source: clusterUpdateSlotsConfigWith.
 */
export function applyClaims(
  member: ClusterMember,
  claimer: ClusterPeer,
  epoch: number,
  claims: readonly SlotRange[],
): boolean {
  const { view } = member;
  const { self } = view;
  if (claimer === self) return false;
  const mine = self.replica ? self.primary : self;
  const lost: number[] = [];
  let taken = 0;
  let moved = 0;
  const claimed = slotSet(claims);
  for (let slot = 0; slot < SLOT_COUNT; slot += 1) {
    const owner = view.owner(slot);
    if (claimed[slot] === 0) {
      if (owner === claimer) view.unclaimed.add(slot);
      continue;
    }
    if (owner === claimer) {
      if (view.unclaimed.size > 0) view.unclaimed.delete(slot);
      continue;
    }
    // A slot that is being imported changes hands by command only.
    if (view.importing.has(slot)) continue;
    if (owner !== undefined && !view.unclaimed.has(slot) && owner.configEpoch >= epoch) continue;
    if (owner === self && member.node.databases[0]?.slots?.count(slot)) lost.push(slot);
    if (owner === mine && mine !== undefined) taken += 1;
    view.assign(slot, claimer);
    moved += 1;
  }
  const total = claims.reduce((sum, { first, last }) => sum + last - first + 1, 0);
  const migrates = member.node.config.flag("cluster-allow-replica-migration");
  const grandPrimary = self.primary?.primary;
  if (taken > 0 && mine?.slotCount === 0 && (migrates || total === taken)) member.follow(claimer);
  else if (grandPrimary !== undefined && grandPrimary !== self) member.follow(grandPrimary);
  else if (lost.length > 0) member.dropKeys(lost);
  return moved > 0;
}

function slotSet(ranges: readonly SlotRange[]): Uint8Array {
  const set = new Uint8Array(SLOT_COUNT);
  for (const { first, last } of ranges) set.fill(1, first, last + 1);
  return set;
}
