import { slotOfKey } from "../key-slot.ts";
import type { ServerNode } from "../server-node.ts";
import { ClusterBus } from "./cluster-bus.ts";
import { ClusterMember } from "./cluster-member.ts";
import { Failover } from "./failover.ts";
import { watchPeers } from "./failure-detection.ts";
import { announce } from "./gossip.ts";
import { endHandshakes } from "./handshake.ts";
import { MigrateSockets } from "./migrate-sockets.ts";
import { publish } from "./publish.ts";
import { ReplicaMigration } from "./replica-migration.ts";
import { addPrimaryRule, addReplicaRules } from "./replica-rules.ts";
import { Replication } from "./replication.ts";
import { replicationFields } from "./replication-info.ts";
import { route } from "./routing.ts";

/**
 * Nodes of this process find each other here by host and port, whichever call started them, so that `redis-cli --cluster create` can join nodes
 * that run alone. It stands for the gossip bus: a node in another process, or a real server, cannot join.
 */
const BUS = new ClusterBus<ClusterMember>();

const FAILOVERS = new WeakMap<ClusterMember, Failover>();

export function failoverOf(member: ClusterMember): Failover {
  return FAILOVERS.get(member) as Failover;
}

/** Makes a node part of a cluster where its configuration says so, and brings INFO's replication section in any case. */
export function attachCluster(node: ServerNode): void {
  node.info.add("Stats", () => [["migrate_cached_sockets", MigrateSockets.count(node)]]);
  if (!node.clusterEnabled) {
    node.info.add("Replication", () => replicationFields(node, undefined));
    addPrimaryRule(node, undefined);
    return;
  }
  const replication = new Replication(node);
  const member = new ClusterMember(node, BUS, replication);
  replication.hostName = () => member.host;
  replication.reachable = (source) => {
    const other = [...member.view.peers.values()].find((peer) => member.reach(peer)?.replication === source);
    return other !== undefined;
  };
  const failover = new Failover(member);
  const migration = new ReplicaMigration(member);
  FAILOVERS.set(member, failover);
  member.announce = () => announce(member);
  node.info.add("Replication", () => replicationFields(node, replication));
  addPrimaryRule(node, replication);
  addReplicaRules(node, replication);
  node.hooks.routing.push((client, entry, args) => route(member, client, entry, args));
  for (const name of ["cluster-require-full-coverage", "cluster-replica-no-failover"]) {
    node.config.watch(name, () => {
      if (node.port !== 0) member.commit();
    });
  }
  node.hooks.restoring.push((key) => {
    const slot = slotOfKey(key);
    const { importing, self } = member.view;
    const owner = member.view.owner(slot);
    if (owner === undefined || owner === self || importing.has(slot)) return undefined;
    return `slot ${slot} of the key ${JSON.stringify(key)} is another node's`;
  });
  node.hooks.published.push((channel, message, sharded) => publish(member, channel, message, sharded));
  BUS.add(member);
  node.hooks.stop.push(() => {
    BUS.remove(member);
    replication.disconnect();
  });
  node.hooks.cron.push(() => {
    if (member.paused) return;
    tick(member, failover, migration);
  });
}

function tick(member: ClusterMember, failover: Failover, migration: ReplicaMigration): void {
  const { replication } = member;
  endHandshakes(member);
  const changed = watchPeers(member);
  member.keepLink();
  replication.feed.pingIfDue();
  failover.tick();
  migration.tick();
  if (changed || !member.view.ok) {
    if (member.updateHealth() || changed) member.announce();
  }
}
