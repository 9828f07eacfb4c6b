import { SLOT_COUNT } from "../../slots/index.ts";
import type { ClusterView } from "./cluster-view.ts";

export interface HealthRules {
  readonly requireFullCoverage: boolean;
  readonly nodeTimeoutMs: number;
}

/** A primary that comes back from a minority waits for news before it serves again. */
const REJOIN_MIN_MS = 500;
const REJOIN_MAX_MS = 5000;

/**
 * Decides whether the node serves (`cluster_state`); true where that changed. Source: clusterUpdateState. The two seconds that a real server waits
 * after its start are left out: nodes of one process have no news to wait for.
 */
export function updateHealth(view: ClusterView, rules: HealthRules, now: number): boolean {
  let ok = !rules.requireFullCoverage || isCovered(view);
  let reachable = 0;
  view.size = 0;
  for (const peer of view.peers.values()) {
    if (peer.replica || peer.slotCount === 0) continue;
    view.size += 1;
    if (!peer.failed && !peer.suspected) reachable += 1;
  }
  if (reachable < view.quorum) {
    ok = false;
    // A node that has never been part of a working cluster has nothing to come back from.
    if (view.ok || view.minorityAt !== undefined) view.minorityAt = now;
  }
  if (ok === view.ok) return false;
  const delay = Math.min(REJOIN_MAX_MS, Math.max(REJOIN_MIN_MS, rules.nodeTimeoutMs));
  const { minorityAt } = view;
  if (ok && !view.self.replica && minorityAt !== undefined && now - minorityAt < delay) return false;
  if (ok) view.minorityAt = undefined;
  view.ok = ok;
  return true;
}

function isCovered(view: ClusterView): boolean {
  let covered = 0;
  for (const { first, last, owner } of view.ranges) {
    if (owner.failed) return false;
    covered += last - first + 1;
  }
  return covered === SLOT_COUNT;
}
