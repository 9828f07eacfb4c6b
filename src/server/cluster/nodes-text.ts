import type { Client } from "../client.ts";
import type { ClusterMember } from "./cluster-member.ts";
import type { ClusterPeer } from "./cluster-peer.ts";
import { portFor } from "./endpoint.ts";

/** CLUSTER NODES, one line a node. */
export function nodesText(member: ClusterMember, client: Client): string {
  member.refreshSelf();
  return [...member.view.peers.values()].map((peer) => `${nodeLine(member, client, peer)}\n`).join("");
}

/** One node as CLUSTER NODES and CLUSTER REPLICAS write it. */
export function nodeLine(member: ClusterMember, client: Client, peer: ClusterPeer): string {
  const { view } = member;
  const isSelf = peer === view.self;
  const host = peer.hostname === "" ? "" : `,${peer.hostname}`;
  const words = [
    peer.id,
    `${peer.ip}:${portFor(member, client, peer)}@${peer.busPort}${host}`,
    flagsOf(peer, isSelf),
    peer.primary?.id ?? "-",
    peer.pingSent,
    isSelf ? 0 : peer.pongReceived,
    peer.epoch,
    (peer.linked && !peer.cutTo) || isSelf ? "connected" : "disconnected",
  ];
  for (const { first, last } of view.rangesOf(peer)) words.push(first === last ? first : `${first}-${last}`);
  if (isSelf) words.push(...openSlots(member));
  return words.join(" ");
}

function flagsOf(peer: ClusterPeer, isSelf: boolean): string {
  const flags: string[] = [];
  if (isSelf) flags.push("myself");
  if (!peer.handshake) flags.push(peer.replica ? "slave" : "master");
  if (peer.suspected) flags.push("fail?");
  if (peer.failed) flags.push("fail");
  if (peer.handshake) flags.push("handshake");
  if (peer.noAddress) flags.push("noaddr");
  if (peer.noFailover) flags.push("nofailover");
  return flags.join(",");
}

function openSlots({ view }: ClusterMember): string[] {
  const open = [
    ...[...view.migrating].map(([slot, to]) => ({ slot, text: `[${slot}->-${to.id}]` })),
    ...[...view.importing]
      .filter(([slot]) => !view.migrating.has(slot))
      .map(([slot, from]) => ({ slot, text: `[${slot}-<-${from.id}]` })),
  ];
  return open.sort((one, other) => one.slot - other.slot).map(({ text }) => text);
}
