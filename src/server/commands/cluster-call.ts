import type { Call } from "../call.ts";
import { type ClusterMember, memberOf } from "../cluster/cluster-member.ts";
import type { ClusterPeer } from "../cluster/cluster-peer.ts";
import type { Command, CommandFlag } from "../command.ts";
import { CommandError } from "../command-error.ts";

const DISABLED = "ERR This instance has cluster support disabled";

export type ClusterRun = (call: Call, member: ClusterMember) => void;

/** What changes the cluster's table, and what only looks at it: COMMAND INFO's flags. */
export const CHANGES: readonly CommandFlag[] = ["admin", "stale", "no_async_loading"];
export const ASKS: readonly CommandFlag[] = ["admin", "stale"];
export const LOOKS: readonly CommandFlag[] = ["stale"];

export interface ClusterRow {
  readonly name: string;
  readonly arity: number;
  readonly flags: readonly CommandFlag[];
  readonly since: string;
  readonly run: ClusterRun;
  /** Its reply depends on more than its arguments. */
  readonly varies?: boolean;
}

/** A subcommand of CLUSTER, refused where `cluster-enabled` is no. */
export function clusterSubcommand({ name, arity, flags, since, run, varies }: ClusterRow): Command {
  return {
    name: `cluster|${name}`,
    arity,
    flags,
    categories: [],
    since,
    tips: varies ? ["nondeterministic_output"] : undefined,
    run: (call) => run(call, requireMember(call)),
  };
}

export function requireMember({ node }: Call): ClusterMember {
  const member = memberOf(node);
  if (member === undefined) throw new CommandError(DISABLED);
  return member;
}

/** The node with the id that stands at `index`; `unknown` is the error's text before the id. */
export function peerArgument(
  call: Call,
  member: ClusterMember,
  index: number,
  unknown = "Unknown node",
): ClusterPeer {
  const peer = member.view.peers.get(call.arg(index));
  if (peer === undefined) throw new CommandError(`ERR ${unknown} ${call.shown(index)}`);
  return peer;
}
