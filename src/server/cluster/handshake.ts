import { isIP } from "node:net";
import { type ClusterMember, randomId } from "./cluster-member.ts";
import { ClusterPeer } from "./cluster-peer.ts";

/**
 * CLUSTER MEET: both nodes get to know each other, and through each other all the rest. Where nobody answers at the address, a handshake stays for
 * the node timeout. False where the address is none.
 */
export function meet(member: ClusterMember, host: string, port: number): boolean {
  if (isIP(host) === 0 || port <= 0 || port > 65_535) return false;
  const { view } = member;
  for (const peer of view.peers.values()) {
    if (peer.handshake && peer.ip === host && peer.port === port) return true;
  }
  const peer = new ClusterPeer(randomId(), host, port, member.now);
  peer.handshake = true;
  view.add(peer);
  shakeHands(member, peer);
  return true;
}

/** Tries to finish a handshake. */
export function shakeHands(member: ClusterMember, peer: ClusterPeer): void {
  const other = member.bus.at(peer.ip, peer.port);
  if (other === undefined || !member.bus.linked(member, other)) return;
  const { view } = member;
  member.countMessage("meet", other);
  if (other === member || view.peers.has(other.id)) view.remove(peer);
  else {
    view.rename(peer, other.id);
    peer.handshake = false;
  }
  if (other === member) return;
  if (!other.view.peers.has(member.id)) {
    member.refreshSelf();
    const { ip, port } = view.self;
    other.view.add(new ClusterPeer(member.id, ip, port, other.now));
  }
  member.commit();
  other.commit();
}

/** Handshakes that nobody answered end after the node timeout (a second at least). */
export function endHandshakes(member: ClusterMember): void {
  const { now, view } = member;
  const timeout = Math.max(1000, member.nodeTimeoutMs);
  for (const peer of [...view.peers.values()]) {
    if (!peer.handshake) continue;
    if (now - peer.addedAt > timeout) view.remove(peer);
    else shakeHands(member, peer);
  }
}
