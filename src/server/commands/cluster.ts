import type { Call } from "../call.ts";
import { infoText } from "../cluster/info-text.ts";
import { nodesText } from "../cluster/nodes-text.ts";
import { replyLinks, replyShards, replySlots } from "../cluster/topology-replies.ts";
import type { Command, CommandFlag } from "../command.ts";
import { clusterSubcommand, LOOKS, requireMember } from "./cluster-call.ts";
import { CLUSTER_HELP } from "./cluster-help.ts";
import { migrateCommand } from "./cluster-migrate.ts";
import { CLUSTER_NODE_SUBCOMMANDS } from "./cluster-nodes.ts";
import { roleCommand } from "./cluster-role.ts";
import { CLUSTER_SLOT_SUBCOMMANDS } from "./cluster-slots.ts";
import { container } from "./container.ts";
import { helpCommand } from "./help.ts";

const LOOK_SUBCOMMANDS: readonly Command[] = [
  clusterSubcommand({
    name: "nodes",
    arity: 2,
    flags: LOOKS,
    since: "3.0.0",
    run: ({ client, reply }, member) => reply.verbatim(nodesText(member, client)),
    varies: true,
  }),
  clusterSubcommand({
    name: "info",
    arity: 2,
    flags: LOOKS,
    since: "3.0.0",
    run: ({ reply }, member) => reply.verbatim(infoText(member)),
    varies: true,
  }),
  clusterSubcommand({
    name: "slots",
    arity: 2,
    flags: LOOKS,
    since: "3.0.0",
    run: ({ client }, member) => replySlots(member, client),
    varies: true,
  }),
  clusterSubcommand({
    name: "shards",
    arity: 2,
    flags: LOOKS,
    since: "7.0.0",
    run: ({ reply }, member) => replyShards(member, reply),
    varies: true,
  }),
  clusterSubcommand({
    name: "links",
    arity: 2,
    flags: LOOKS,
    since: "7.0.0",
    run: ({ reply }, member) => replyLinks(member, reply),
    varies: true,
  }),
  clusterSubcommand({
    name: "myid",
    arity: 2,
    flags: LOOKS,
    since: "3.0.0",
    run: ({ reply }, member) => reply.bulk(member.id),
  }),
];

/** ASKING, READONLY and READWRITE, which only change how this connection is routed. */
function mode(name: string, flags: readonly CommandFlag[], set: (client: Call["client"]) => void): Command {
  return {
    name,
    arity: 1,
    flags,
    categories: ["connection"],
    since: "3.0.0",
    run: (call) => {
      requireMember(call);
      set(call.client);
      call.reply.ok();
    },
  };
}

const CLUSTER_HELP_COMMAND = helpCommand("cluster", CLUSTER_HELP);
const FAST: readonly CommandFlag[] = ["loading", "stale", "fast"];

export const CLUSTER_COMMANDS: readonly Command[] = [
  container("cluster", "3.0.0", LOOK_SUBCOMMANDS, CLUSTER_SLOT_SUBCOMMANDS, CLUSTER_NODE_SUBCOMMANDS, [
    {
      ...CLUSTER_HELP_COMMAND,
      run: (call) => {
        requireMember(call);
        CLUSTER_HELP_COMMAND.run(call);
      },
    },
  ]),
  mode("asking", ["fast"], (client) => {
    client.asking = true;
  }),
  mode("readonly", FAST, (client) => {
    client.clusterReadonly = true;
  }),
  mode("readwrite", FAST, (client) => {
    client.clusterReadonly = false;
  }),
  migrateCommand,
  roleCommand,
];
