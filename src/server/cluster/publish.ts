import type { Bytes } from "../protocol/arg.ts";
import type { ClusterMember } from "./cluster-member.ts";

/** PUBLISH reaches every node's subscribers, SPUBLISH those of the same shard. */
export function publish(member: ClusterMember, channel: string, message: Bytes, sharded: boolean): void {
  const { self } = member.view;
  const shard = self.primary ?? self;
  for (const peer of member.view.peers.values()) {
    if (peer === self || peer.cutTo || (sharded && peer !== shard && peer.primary !== shard)) continue;
    const other = member.reach(peer);
    if (other === undefined || !other.view.peers.has(member.id)) continue;
    const { pubsub } = other.node;
    if (sharded) pubsub.publishSharded(channel, message);
    else pubsub.publish(channel, message);
  }
}
