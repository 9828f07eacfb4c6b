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
