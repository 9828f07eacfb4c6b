import type { ClusterMember } from "./cluster-member.ts";
import type { ClusterPeer } from "./cluster-peer.ts";

/** Ends the link to a node, or from it, as both ends see it. The side that it goes out from makes a new one in its next round. */
export function cutLink(member: ClusterMember, peer: ClusterPeer, direction: "to" | "from"): void {
  const theirs = member.reach(peer)?.view.peers.get(member.id);
  const [sender, receiver] = direction === "to" ? [peer, theirs] : [theirs, peer];
  if (sender !== undefined) sender.cutTo = true;
  if (receiver !== undefined) receiver.cutFrom = true;
}

/** A new link in the place of one that was cut. */
export function joinLink(member: ClusterMember, peer: ClusterPeer, other: ClusterMember): void {
  if (!peer.cutTo) return;
  const theirs = other.view.peers.get(member.id);
  peer.cutTo = false;
  peer.linkedAt = member.now;
  if (theirs !== undefined) theirs.cutFrom = false;
}
