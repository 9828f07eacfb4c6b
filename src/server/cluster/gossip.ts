import type { ClusterMember } from "./cluster-member.ts";
import { ClusterPeer } from "./cluster-peer.ts";
import type { SlotRange } from "./cluster-view.ts";
import { applyClaims } from "./slot-claims.ts";

/** A FAIL is taken back only after so many node timeouts where nobody took the node's slots over. */
const FAIL_UNDO_TIMEOUTS = 2;

/** Tells everybody that this node knows and can reach how it sees things now; what they learn from it they tell on. */
export function announce(member: ClusterMember): void {
  member.bus.spread(member, (teller) => {
    for (const peer of [...teller.view.peers.values()]) {
      if (peer === teller.view.self) continue;
      const other = teller.reach(peer);
      if (other === undefined || !other.view.peers.has(teller.id)) continue;
      if (learn(other, teller)) other.commit();
    }
  });
}

/** What a PING or PONG of `sender` tells; true where the receiver's view changed by it. Source: clusterProcessPacket. */
export function learn(receiver: ClusterMember, sender: ClusterMember): boolean {
  const { view } = receiver;
  const peer = view.peers.get(sender.id);
  if (peer === undefined || peer === view.self) return false;
  sender.refreshSelf();
  const said = sender.view.self;
  const epoch = said.epoch;
  let changed = false;
  if (sender.view.currentEpoch > view.currentEpoch) view.currentEpoch = sender.view.currentEpoch;
  if (epoch > peer.configEpoch) peer.configEpoch = epoch;
  const { ip, port, busPort, hostname, noFailover, offset } = said;
  Object.assign(peer, { ip, port, busPort, hostname, noFailover, offset, noAddress: false });
  changed = heardFrom(receiver, peer) || changed;
  changed = learnRole(receiver, peer, said) || changed;
  changed = learnSlots(receiver, sender, peer, said, epoch) || changed;
  changed = settleCollision(receiver, peer, epoch) || changed;
  return learnPeers(receiver, sender) || changed;
}

/** A node answers: suspicions end. */
function heardFrom(receiver: ClusterMember, peer: ClusterPeer): boolean {
  const { now } = receiver;
  peer.pongReceived = now;
  peer.pingSent = 0;
  if (!peer.linked) peer.linkedAt = now;
  peer.linked = true;
  if (peer.suspected) {
    peer.suspected = false;
    return true;
  }
  const undone =
    peer.replica || peer.slotCount === 0 || now - peer.failedAt > receiver.nodeTimeoutMs * FAIL_UNDO_TIMEOUTS;
  if (!peer.failed || !undone) return false;
  peer.failed = false;
  return true;
}

function learnRole(receiver: ClusterMember, peer: ClusterPeer, said: ClusterPeer): boolean {
  const { view } = receiver;
  if (!said.replica) {
    const changed = peer.replica;
    peer.promote(false);
    return changed;
  }
  let changed = false;
  if (!peer.replica) {
    view.unassignAll(peer);
    peer.replica = true;
    peer.hadReplicas = false;
    changed = true;
  }
  const primary = view.peers.get(said.primary?.id ?? "");
  if (primary !== undefined && peer.primary !== primary) {
    peer.attachTo(primary);
    changed = true;
  }
  return changed;
}

function learnSlots(
  receiver: ClusterMember,
  sender: ClusterMember,
  peer: ClusterPeer,
  said: ClusterPeer,
  epoch: number,
): boolean {
  const { view } = receiver;
  const claimer = peer.replica ? peer.primary : peer;
  if (claimer === undefined) return false;
  const claims = sender.view.rangesOf(said.replica ? (said.primary as ClusterPeer) : said);
  if (sameRanges(view.rangesOf(claimer), claims) && view.unclaimed.size === 0) return false;
  const changed = !peer.replica && applyClaims(receiver, peer, epoch, claims);
  correct(receiver, sender, peer, epoch, claims);
  return changed;
}

/** The sender claims slots that went to somebody with a newer epoch: it is told. As an UPDATE message. */
function correct(
  receiver: ClusterMember,
  sender: ClusterMember,
  peer: ClusterPeer,
  epoch: number,
  claims: readonly SlotRange[],
): void {
  const { view } = receiver;
  // Both are ascending.
  let next = 0;
  for (const range of view.ranges) {
    while (next < claims.length && (claims[next] as SlotRange).last < range.first) next += 1;
    const claim = claims[next];
    if (claim === undefined) return;
    const { owner } = range;
    if (owner === peer || owner.configEpoch <= epoch || view.unclaimed.has(range.first)) continue;
    if (claim.first > range.last) continue;
    receiver.countMessage("update", sender);
    const known = sender.view.peers.get(owner.id);
    if (known === undefined || known.configEpoch >= owner.configEpoch) continue;
    known.promote(known === sender.view.self);
    known.configEpoch = owner.configEpoch;
    if (applyClaims(sender, known, owner.configEpoch, view.rangesOf(owner))) sender.commit();
    return;
  }
}

/** Two primaries with the same epoch: the one with the smaller id takes a new one. */
function settleCollision(receiver: ClusterMember, peer: ClusterPeer, epoch: number): boolean {
  const { view } = receiver;
  const { self } = view;
  if (self.replica || peer.replica || epoch !== self.configEpoch || peer.id <= self.id) return false;
  view.currentEpoch += 1;
  self.configEpoch = view.currentEpoch;
  return true;
}

/** Nodes that the sender knows are taken over, unless this node has just forgotten them. */
function learnPeers(receiver: ClusterMember, sender: ClusterMember): boolean {
  const { now, view } = receiver;
  let changed = false;
  for (const other of sender.view.peers.values()) {
    if (view.peers.has(other.id) || other.handshake || other.noAddress) continue;
    if (view.isBlacklisted(other.id, now)) continue;
    const peer = new ClusterPeer(other.id, other.ip, other.port, now);
    const { busPort, hostname, replica, suspected, failed } = other;
    Object.assign(peer, { busPort, hostname, replica, suspected, failed, failedAt: now });
    view.add(peer);
    changed = true;
  }
  return changed;
}

function sameRanges(one: readonly SlotRange[], other: readonly SlotRange[]): boolean {
  return (
    one.length === other.length &&
    one.every(({ first, last }, index) => first === other[index]?.first && last === other[index]?.last)
  );
}
