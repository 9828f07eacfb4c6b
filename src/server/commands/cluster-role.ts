import type { Call } from "../call.ts";
import { memberOf } from "../cluster/cluster-member.ts";
import type { Command } from "../command.ts";

function role({ node, reply }: Call): void {
  const replication = memberOf(node)?.replication;
  if (node.replica && replication !== undefined) {
    const { link, primary, up } = replication;
    reply.array(5);
    reply.bulk("slave");
    reply.bulk(primary?.host ?? "");
    reply.integer(primary?.port ?? 0);
    reply.bulk(up ? "connected" : link === undefined ? "connect" : "sync");
    reply.integer(up ? replication.offset : -1);
    return;
  }
  const ends = replication?.feed.ends ?? [];
  reply.array(3);
  reply.bulk("master");
  reply.integer(replication?.offset ?? 0);
  reply.array(ends.length);
  for (const { host, port, acknowledged } of ends) reply.bulks([host, String(port), String(acknowledged)]);
}

export const roleCommand: Command = {
  name: "role",
  arity: 1,
  flags: ["noscript", "loading", "stale", "fast"],
  categories: ["admin", "dangerous"],
  since: "2.8.12",
  run: role,
};
