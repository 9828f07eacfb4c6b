import type { ClusterMember } from "./cluster-member.ts";
import type { ClusterPeer } from "./cluster-peer.ts";

/** A primary has to be without replicas for so long before another's replica comes to it. */
const ORPHANED_MS = 5000;

/**
 * Moves this replica to a primary that has lost all of its own, where this replica's primary has more than it needs. Source:
 * clusterHandleSlaveMigration.
 */
export class ReplicaMigration {
  readonly #member: ClusterMember;
  readonly #orphanedSince = new Map<string, number>();

  constructor(member: ClusterMember) {
    this.#member = member;
  }

  tick(): void {
    const member = this.#member;
    const { now, view } = member;
    const { self } = view;
    if (!self.replica || !view.ok || !member.node.config.flag("cluster-allow-replica-migration")) {
      this.#orphanedSince.clear();
      return;
    }
    let most = 0;
    let target: ClusterPeer | undefined;
    let candidate: ClusterPeer = self;
    for (const peer of view.peers.values()) {
      if (peer.replica || peer.failed) continue;
      const healthy = healthyReplicas(peer);
      if (healthy.length > 0 || peer.slotCount === 0 || !peer.hadReplicas)
        this.#orphanedSince.delete(peer.id);
      else if (!this.#orphanedSince.has(peer.id)) this.#orphanedSince.set(peer.id, now);
      else target ??= peer;
      most = Math.max(most, healthy.length);
    }
    const mine = self.primary === undefined ? [] : healthyReplicas(self.primary);
    if (target === undefined || most < 2 || mine.length !== most) return;
    if (mine.length <= member.node.config.number("cluster-migration-barrier")) return;
    for (const peer of view.peers.values()) {
      if (peer.replica || healthyReplicas(peer).length !== most) continue;
      for (const replica of peer.replicas) if (replica.id < candidate.id) candidate = replica;
    }
    if (candidate !== self || now - (this.#orphanedSince.get(target.id) ?? now) <= ORPHANED_MS) return;
    member.follow(target);
    member.commit();
  }
}

function healthyReplicas(primary: ClusterPeer): ClusterPeer[] {
  return primary.replicas.filter(({ failed }) => !failed);
}
