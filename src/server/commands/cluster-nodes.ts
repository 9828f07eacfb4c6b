import type { Call } from "../call.ts";
import { failoverOf } from "../cluster/attach-cluster.ts";
import { type ClusterMember, randomId } from "../cluster/cluster-member.ts";
import { failureReports } from "../cluster/failure-detection.ts";
import { meet } from "../cluster/handshake.ts";
import { nodeLine } from "../cluster/nodes-text.ts";
import type { Command } from "../command.ts";
import { CommandError } from "../command-error.ts";
import { SYNTAX_ERROR, subcommandSyntax } from "../errors-text.ts";
import { parseInt64 } from "../protocol/int64.ts";
import { ASKS, CHANGES, clusterSubcommand, peerArgument } from "./cluster-call.ts";
import { int64Argument } from "./number-argument.ts";

function meetNode(call: Call, member: ClusterMember): void {
  const { args } = call;
  if (args.length > 5) throw new CommandError(subcommandSyntax("cluster", call.arg(1)));
  const port = parseInt64(call.arg(3));
  if (port === undefined) throw new CommandError(`ERR Invalid TCP base port specified: ${call.shown(3)}`);
  if (args.length === 5 && parseInt64(call.arg(4)) === undefined) {
    throw new CommandError(`ERR Invalid TCP bus port specified: ${call.shown(4)}`);
  }
  if (!meet(member, call.arg(2), Number(port))) {
    throw new CommandError(`ERR Invalid node address specified: ${call.shown(2)}:${call.shown(3)}`);
  }
  call.reply.ok();
}

function forget(call: Call, member: ClusterMember): void {
  const { view } = member;
  const peer = peerArgument(call, member, 2);
  if (peer === view.self) throw new CommandError("ERR I tried hard but I can't forget myself...");
  if (view.self.primary === peer) throw new CommandError("ERR Can't forget my master!");
  view.blacklist(peer.id, member.now);
  view.remove(peer);
  member.commit();
  call.reply.ok();
}

function replicate(call: Call, member: ClusterMember): void {
  const { view } = member;
  const { self } = view;
  const peer = peerArgument(call, member, 2);
  if (peer === self) throw new CommandError("ERR Can't replicate myself");
  if (peer.replica) throw new CommandError("ERR I can only replicate a master, not a replica.");
  if (!self.replica && (self.slotCount !== 0 || (call.node.databases[0]?.size ?? 0) !== 0)) {
    throw new CommandError("ERR To set a master the node must be empty and without assigned slots.");
  }
  member.follow(peer);
  member.commit();
  call.reply.ok();
}

function replicas(call: Call, member: ClusterMember): void {
  const peer = peerArgument(call, member, 2);
  if (peer.replica) throw new CommandError("ERR The specified node is not a master");
  member.refreshSelf();
  call.reply.bulks(peer.replicas.map((replica) => nodeLine(member, replica)));
}

function countReports(call: Call, member: ClusterMember): void {
  call.reply.integer(failureReports(member, peerArgument(call, member, 2)));
}

function failover(call: Call, member: ClusterMember): void {
  const { args, reply } = call;
  if (args.length > 3) throw new CommandError(subcommandSyntax("cluster", call.arg(1)));
  const how = args.length === 3 ? call.word(2) : undefined;
  if (how !== undefined && how !== "force" && how !== "takeover") throw new CommandError(SYNTAX_ERROR);
  const { primary, replica } = member.view.self;
  if (!replica) throw new CommandError("ERR You should send CLUSTER FAILOVER to a replica");
  if (primary === undefined) throw new CommandError("ERR I'm a replica but my master is unknown to me");
  const ways = failoverOf(member);
  if (how === "takeover") ways.byTakeover();
  else if (how === "force") ways.byForce();
  else {
    const other = member.reach(primary);
    if (primary.failed || !primary.linked || other === undefined) {
      throw new CommandError("ERR Master is down or failed, please use CLUSTER FAILOVER FORCE");
    }
    ways.byAgreement(other);
  }
  reply.ok();
}

function setConfigEpoch(call: Call, member: ClusterMember): void {
  const { view } = member;
  const epoch = int64Argument(call, 2);
  if (epoch < 0) throw new CommandError(`ERR Invalid config epoch specified: ${epoch}`);
  if (view.peers.size > 1) {
    throw new CommandError(
      "ERR The user can assign a config epoch only when the node does not know any other node.",
    );
  }
  if (view.self.configEpoch !== 0) throw new CommandError("ERR Node config epoch is already non-zero");
  view.self.configEpoch = Number(epoch);
  view.currentEpoch = Math.max(view.currentEpoch, Number(epoch));
  member.commit();
  call.reply.ok();
}

function reset(call: Call, member: ClusterMember): void {
  if (call.args.length > 3) throw new CommandError(subcommandSyntax("cluster", call.arg(1)));
  const how = call.args.length === 3 ? call.word(2) : "soft";
  if (how !== "hard" && how !== "soft") throw new CommandError(SYNTAX_ERROR);
  const { view } = member;
  const { self } = view;
  if (!self.replica && call.db.size !== 0) {
    throw new CommandError("ERR CLUSTER RESET can't be called with master nodes containing keys");
  }
  if (self.replica) {
    member.lead();
    call.db.flush();
  }
  view.closeSlots();
  for (const range of [...view.ranges]) {
    for (let slot = range.first; slot <= range.last; slot += 1) view.assign(slot, undefined);
  }
  for (const peer of [...view.peers.values()]) if (peer !== self) view.remove(peer);
  if (how === "hard") {
    view.currentEpoch = 0;
    view.lastVoteEpoch = 0;
    self.configEpoch = 0;
    view.rename(self, randomId());
  }
  member.commit();
  call.reply.ok();
}

function bumpEpoch({ reply }: Call, member: ClusterMember): void {
  const bumped = member.view.bumpEpoch();
  if (bumped) member.commit();
  reply.status(`${bumped ? "BUMPED" : "STILL"} ${member.view.self.configEpoch}`);
}

/** Subcommands of CLUSTER about nodes. */
export const CLUSTER_NODE_SUBCOMMANDS: readonly Command[] = [
  { name: "meet", arity: -4, flags: CHANGES, since: "3.0.0", run: meetNode },
  { name: "forget", arity: 3, flags: CHANGES, since: "3.0.0", run: forget },
  { name: "replicate", arity: 3, flags: CHANGES, since: "3.0.0", run: replicate },
  { name: "replicas", arity: 3, flags: ASKS, since: "5.0.0", run: replicas, varies: true },
  { name: "slaves", arity: 3, flags: ASKS, since: "3.0.0", run: replicas, varies: true },
  {
    name: "count-failure-reports",
    arity: 3,
    flags: ASKS,
    since: "3.0.0",
    run: countReports,
    varies: true,
  },
  { name: "failover", arity: -2, flags: CHANGES, since: "3.0.0", run: failover },
  { name: "set-config-epoch", arity: 3, flags: CHANGES, since: "3.0.0", run: setConfigEpoch },
  {
    name: "reset",
    arity: -2,
    flags: ["admin", "noscript", "stale"] as const,
    since: "3.0.0",
    run: reset,
  },
  { name: "bumpepoch", arity: 2, flags: CHANGES, since: "3.0.0", run: bumpEpoch, varies: true },
  // The table lives as long as the process; there is no file to write it to.
  { name: "saveconfig", arity: 2, flags: CHANGES, since: "3.0.0", run: ({ reply }: Call) => reply.ok() },
].map(clusterSubcommand);
