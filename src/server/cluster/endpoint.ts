import type { Client } from "../client.ts";
import type { ClusterMember } from "./cluster-member.ts";
import type { ClusterPeer } from "./cluster-peer.ts";

/** How clients are told to reach a node, by `cluster-preferred-endpoint-type`; "" means the address that they are connected to. */
export function preferredEndpoint(member: ClusterMember, peer: ClusterPeer): string {
  switch (member.node.config.text("cluster-preferred-endpoint-type")) {
    case "hostname":
      return peer.hostname === "" ? "?" : peer.hostname;
    case "unknown-endpoint":
      return "";
    default:
      return peer.ip;
  }
}

/** With `tls-cluster` nodes are told with the port that the asking connection could use: with TLS or without. */
export function portFor(member: ClusterMember, client: Client, peer: ClusterPeer): number {
  const plain = client.transport !== undefined && !client.transport.encrypted;
  return (plain && member.node.config.flag("tls-cluster") && peer.plainPort) || peer.port;
}
