import type { Call } from "../../call.ts";
import { memberOf } from "../../cluster/cluster-member.ts";
import { cutLink } from "../../cluster/cut-link.ts";
import { CommandError } from "../../command-error.ts";
import { subcommandSyntax } from "../../errors-text.ts";

/** DEBUG DROP-CLUSTER-PACKET-FILTER: there are no packets here that could be dropped, so it can only be switched off. */
export function dropPackets(call: Call): void {
  if (Number.parseInt(call.arg(2), 10) !== -1) {
    throw new CommandError("ERR there are no packets between the nodes here, so only -1 (none) is possible");
  }
  call.reply.ok();
}

/** DEBUG CLUSTERLINK KILL <to|from|all> <node-id>. */
export function clusterLink(call: Call): void {
  if (call.word(2) !== "kill") throw new CommandError(subcommandSyntax("debug", call.arg(1)));
  const member = memberOf(call.node);
  if (member === undefined) {
    throw new CommandError("ERR Debug option only available for cluster mode enabled setup!");
  }
  const peer = member.view.peers.get(call.arg(4));
  if (peer === undefined) throw new CommandError(`ERR Unknown node ${call.arg(4)}`);
  const direction = call.word(3);
  if (direction !== "to" && direction !== "from" && direction !== "all") {
    throw new CommandError(`ERR Unknown direction ${call.arg(3)}`);
  }
  if (peer !== member.view.self) {
    if (direction !== "from") cutLink(member, peer, "to");
    if (direction !== "to") cutLink(member, peer, "from");
  }
  call.reply.ok();
}
