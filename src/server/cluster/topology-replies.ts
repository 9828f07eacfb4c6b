import type { Client } from "../client.ts";
import type { ReplyWriter } from "../protocol/reply-writer.ts";
import type { ClusterMember } from "./cluster-member.ts";
import type { ClusterPeer } from "./cluster-peer.ts";
import { portFor, preferredEndpoint } from "./endpoint.ts";

/** CLUSTER SLOTS. */
export function replySlots(member: ClusterMember, client: Client): void {
  member.refreshSelf();
  const { reply } = client;
  const { ranges } = member.view;
  reply.array(ranges.length);
  for (const { first, last, owner } of ranges) {
    const replicas = owner.replicas.filter((peer) => !peer.failed && peer.offset !== 0);
    reply.array(3 + replicas.length);
    reply.integer(first);
    reply.integer(last);
    for (const peer of [owner, ...replicas]) replyEndpoint(member, peer, client);
  }
}

function replyEndpoint(member: ClusterMember, peer: ClusterPeer, client: Client): void {
  const { reply } = client;
  const kind = member.node.config.text("cluster-preferred-endpoint-type");
  reply.array(4);
  if (kind === "unknown-endpoint") reply.null();
  else reply.bulk(preferredEndpoint(member, peer));
  reply.integer(portFor(member, client, peer));
  reply.bulk(peer.id);
  const more: string[] = [];
  if (kind !== "ip") more.push("ip", peer.ip);
  if (kind !== "hostname" && peer.hostname !== "") more.push("hostname", peer.hostname);
  reply.map(more.length / 2);
  for (const text of more) reply.bulk(text);
}

/** CLUSTER SHARDS. */
export function replyShards(member: ClusterMember, reply: ReplyWriter): void {
  member.refreshSelf();
  const { view } = member;
  const primaries = [...view.peers.values()].filter((peer) => !peer.replica);
  reply.array(primaries.length);
  for (const primary of primaries) {
    reply.map(2);
    reply.bulk("slots");
    const bounds = view.rangesOf(primary).flatMap(({ first, last }) => [first, last]);
    reply.array(bounds.length);
    for (const slot of bounds) reply.integer(slot);
    reply.bulk("nodes");
    const nodes = [primary, ...primary.replicas];
    reply.array(nodes.length);
    for (const peer of nodes) replyShardNode(member, peer, reply);
  }
}

function replyShardNode(member: ClusterMember, peer: ClusterPeer, reply: ReplyWriter): void {
  const fields: [string, string | number][] = [
    ["id", peer.id],
    ...portFields(member, peer),
    ["ip", peer.ip],
    ["endpoint", preferredEndpoint(member, peer)],
  ];
  if (peer.hostname !== "") fields.push(["hostname", peer.hostname]);
  const loading = peer.replica && peer.offset === 0;
  fields.push(
    ["role", peer.replica ? "replica" : "master"],
    ["replication-offset", peer.offset],
    ["health", peer.failed ? "fail" : loading ? "loading" : "online"],
  );
  reply.map(fields.length);
  for (const [name, value] of fields) {
    reply.bulk(name);
    if (typeof value === "number") reply.integer(value);
    else reply.bulk(value);
  }
}

function portFields(member: ClusterMember, peer: ClusterPeer): [string, number][] {
  if (!member.node.config.flag("tls-cluster")) return [["port", peer.port]];
  const plain: [string, number][] = peer.plainPort === 0 ? [] : [["port", peer.plainPort]];
  return [...plain, ["tls-port", peer.port]];
}

/** CLUSTER LINKS: there are none on sockets, but whoever can be reached is shown with one in each direction. */
export function replyLinks(member: ClusterMember, reply: ReplyWriter): void {
  const peers = [...member.view.peers.values()].filter((peer) => peer !== member.view.self && peer.linked);
  const links = peers.flatMap((peer) => [
    ...(peer.cutTo ? [] : [{ peer, direction: "to" }]),
    ...(peer.cutFrom ? [] : [{ peer, direction: "from" }]),
  ]);
  reply.array(links.length);
  for (const { peer, direction } of links) {
    reply.map(6);
    for (const text of ["direction", direction, "node", peer.id, "create-time"]) reply.bulk(text);
    reply.integer(peer.linkedAt);
    reply.bulk("events");
    reply.bulk("r");
    reply.bulk("send-buffer-allocated");
    reply.integer(0);
    reply.bulk("send-buffer-used");
    reply.integer(0);
  }
}
