import { FLAG } from "../command-entry.ts";
import type { ServerNode } from "../server-node.ts";
import type { Replication } from "./replication.ts";

const READ_ONLY = "READONLY You can't write against a read only replica.";
const STALE = "MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.";
const TOO_FEW = "NOREPLICAS Not enough good replicas to write.";

/** What a replica refuses, and a primary without enough of them. The order is that of processCommand. */
export function addReplicaRules(node: ServerNode, replication: Replication | undefined): void {
  const { config } = node;
  node.hooks.refusal.push((client, entry, bits) => {
    if (client.master) return undefined;
    const writes = (bits & FLAG.write) !== 0;
    if (!node.replica) {
      const wanted = config.number("min-replicas-to-write");
      if (!writes || wanted === 0 || config.number("min-replicas-max-lag") === 0) return undefined;
      return goodReplicas(node, replication) < wanted ? TOO_FEW : undefined;
    }
    if (writes && config.flag("replica-read-only")) return READ_ONLY;
    const stale = replication?.up === false && !config.flag("replica-serve-stale-data");
    return stale && (entry.bits & FLAG.stale) === 0 ? STALE : undefined;
  });
}

function goodReplicas(node: ServerNode, replication: Replication | undefined): number {
  if (replication === undefined) return 0;
  const oldest = node.clock.nowMs() - node.config.number("min-replicas-max-lag") * 1000;
  return replication.feed.ends.filter(({ heardAt }) => heardAt >= oldest).length;
}
