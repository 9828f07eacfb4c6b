import type { ClusterMember } from "./cluster-member.ts";
import type { ClusterPeer } from "./cluster-peer.ts";
import { joinLink } from "./cut-link.ts";
import { learn } from "./gossip.ts";

/**
 * One round of looking after all others, ten times a second: whoever cannot be reached for the node timeout is suspected, and what a majority of
 * the primaries suspects has failed. True where the view changed.
 */
export function watchPeers(member: ClusterMember): boolean {
  const { view } = member;
  let changed = false;
  for (const peer of [...view.peers.values()]) {
    if (peer === view.self || peer.handshake) continue;
    const other = member.reach(peer);
    if (other !== undefined) {
      joinLink(member, peer, other);
      member.countMessage("ping", other);
      other.countMessage("pong", member);
      changed = learn(member, other) || changed;
    } else changed = noAnswer(member, peer) || changed;
  }
  for (const peer of view.peers.values()) {
    if (peer.suspected && !peer.failed) changed = failIfAgreed(member, peer) || changed;
  }
  return changed;
}

function noAnswer(member: ClusterMember, peer: ClusterPeer): boolean {
  const { bus, now } = member;
  if (bus.withId(peer.id) === undefined) {
    peer.linked = false;
    const stranger = bus.at(peer.ip, peer.port);
    if (stranger !== undefined && bus.linked(member, stranger)) {
      Object.assign(peer, { noAddress: true, ip: "", port: 0, busPort: 0 });
    }
  }
  if (peer.pingSent === 0) peer.pingSent = now;
  const silence = now - peer.pingSent;
  if (silence > member.nodeTimeoutMs / 2) peer.linked = false;
  if (silence <= member.nodeTimeoutMs || peer.suspected || peer.failed) return false;
  peer.suspected = true;
  return true;
}

/** Other primaries that can be reached and that suspect the node. */
export function failureReports(member: ClusterMember, peer: ClusterPeer): number {
  let count = 0;
  for (const reporter of member.view.peers.values()) {
    if (reporter === member.view.self || reporter === peer || reporter.replica) continue;
    const opinion = member.reach(reporter)?.view.peers.get(peer.id);
    if (opinion?.suspected || opinion?.failed) count += 1;
  }
  return count;
}

function failIfAgreed(member: ClusterMember, peer: ClusterPeer): boolean {
  const { view } = member;
  const agreed = failureReports(member, peer) + (view.self.replica ? 0 : 1);
  if (agreed < view.quorum) return false;
  fail(member, peer);
  for (const witness of view.peers.values()) {
    const other = witness === view.self ? undefined : member.reach(witness);
    const theirs = other?.view.peers.get(peer.id);
    if (other === undefined || theirs === undefined || theirs.failed || theirs === other.view.self) continue;
    if (!other.view.peers.has(member.id)) continue;
    member.countMessage("fail", other);
    fail(other, theirs);
    other.updateHealth();
  }
  return true;
}

function fail(member: ClusterMember, peer: ClusterPeer): void {
  peer.suspected = false;
  peer.failed = true;
  peer.failedAt = member.now;
}
