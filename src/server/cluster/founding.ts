import { SLOT_COUNT } from "../../slots/index.ts";
import type { ClusterMember } from "./cluster-member.ts";
import { ClusterPeer } from "./cluster-peer.ts";

/**
 * Makes a cluster of members that know nothing yet: primaries first, then the replicas of the first, of the second, and so on. Everybody is given at once
 * what all would have told each other, which takes a tenth of the time that their telling takes.
 */
export function found(members: readonly ClusterMember[], primaries: number, replicas: number): void {
  for (const [index, member] of members.entries()) {
    member.refreshSelf();
    member.view.currentEpoch = primaries;
    if (index < primaries) member.view.self.configEpoch = index + 1;
    if (index > 0) members[0]?.countMessage("meet", member);
  }
  for (const member of members) meetAll(member, members, primaries, replicas);
  for (const member of members) {
    if (member.view.self.replica) member.replication.becomeReplica();
    member.keepLink();
  }
  for (const member of members) member.commit();
}

function meetAll(
  { now, view }: ClusterMember,
  members: readonly ClusterMember[],
  primaries: number,
  replicas: number,
): void {
  const known = members.map((other) => {
    const { self } = other.view;
    if (self === view.self) return self;
    const peer = new ClusterPeer(self.id, self.ip, self.port, now);
    peer.configEpoch = self.configEpoch;
    view.add(peer);
    return peer;
  });
  view.adopt(
    known.slice(0, primaries).map((owner, index) => ({
      first: Math.floor((index * SLOT_COUNT) / primaries),
      last: Math.floor(((index + 1) * SLOT_COUNT) / primaries) - 1,
      owner,
    })),
  );
  for (const [index, peer] of known.entries()) {
    if (index >= primaries) peer.attachTo(known[Math.floor((index - primaries) / replicas)] as ClusterPeer);
  }
}
