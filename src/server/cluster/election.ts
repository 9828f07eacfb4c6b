import type { ClusterMember } from "./cluster-member.ts";
import type { ClusterPeer } from "./cluster-peer.ts";

/**
 * A replica asks every primary that it can reach for its vote; true where a majority gave it. `forced`: the primary need not have failed, as with
 * CLUSTER FAILOVER.
 */
export function win(candidate: ClusterMember, forced: boolean): boolean {
  const { view } = candidate;
  view.currentEpoch += 1;
  const epoch = view.currentEpoch;
  candidate.announce();
  let votes = 0;
  for (const peer of view.peers.values()) {
    const voter = peer === view.self ? undefined : candidate.reach(peer);
    const known = voter?.view.peers.get(candidate.id);
    if (voter === undefined || known === undefined) continue;
    candidate.countMessage("auth-req", voter);
    if (!grants(voter, known, epoch, candidate, forced)) continue;
    voter.countMessage("auth-ack", candidate);
    votes += 1;
  }
  if (votes < view.quorum) return false;
  view.self.configEpoch = Math.max(view.self.configEpoch, epoch);
  return true;
}

/** Source: clusterSendFailoverAuthIfNeeded. */
function grants(
  voter: ClusterMember,
  candidate: ClusterPeer,
  epoch: number,
  asking: ClusterMember,
  forced: boolean,
): boolean {
  const { view } = voter;
  const { primary } = candidate;
  view.currentEpoch = Math.max(view.currentEpoch, epoch);
  if (view.self.replica || view.self.slotCount === 0) return false;
  if (epoch < view.currentEpoch || view.lastVoteEpoch === view.currentEpoch) return false;
  if (!candidate.replica || primary === undefined || (!primary.failed && !forced)) return false;
  if (voter.now - primary.votedAt < voter.nodeTimeoutMs * 2) return false;
  const old = asking.view.self.primary as ClusterPeer;
  for (const { first, last } of asking.view.rangesOf(old)) {
    for (let slot = first; slot <= last; slot += 1) {
      const owner = view.owner(slot);
      if (owner !== undefined && !view.unclaimed.has(slot) && owner.configEpoch > old.configEpoch)
        return false;
    }
  }
  view.lastVoteEpoch = view.currentEpoch;
  primary.votedAt = voter.now;
  return true;
}
