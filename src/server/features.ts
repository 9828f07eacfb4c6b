import { addBaseInfo } from "./base-info.ts";
import { attachClientMemory } from "./client-memory.ts";
import { attachCluster } from "./cluster/attach-cluster.ts";
import { addFurtherInfo } from "./further-info.ts";
import { attachHousekeeping } from "./housekeeping.ts";
import { attachKeyspace } from "./keyspace/attach.ts";
import { attachLatency } from "./latency/attach-latency.ts";
import { attachPubSub } from "./pubsub/attach-pubsub.ts";
import type { ServerNode } from "./server-node.ts";
import { attachTracking } from "./tracking/attach-tracking.ts";

/** What takes hold of a node's hooks, INFO and configuration before it listens; in this order. */
export const FEATURES: readonly ((node: ServerNode) => void)[] = [
  addBaseInfo,
  attachHousekeeping,
  attachClientMemory,
  addFurtherInfo,
  attachKeyspace,
  attachLatency,
  attachPubSub,
  attachTracking,
  attachCluster,
];
