import type { InfoField } from "../info-sections.ts";
import type { ServerNode } from "../server-node.ts";
import type { Replication } from "./replication.ts";

/** INFO's `Replication`. */
export function replicationFields(node: ServerNode, replication: Replication | undefined): InfoField[] {
  const now = node.clock.nowMs();
  const fields: InfoField[] = [["role", node.replica ? "slave" : "master"]];
  if (node.replica && replication !== undefined) fields.push(...replicaFields(node, replication, now));
  const ends = replication?.feed.ends ?? [];
  fields.push(["connected_slaves", ends.length]);
  const lag = (heardAt: number): number => Math.max(0, Math.floor((now - heardAt) / 1000));
  if (node.config.number("min-replicas-to-write") > 0) {
    const most = node.config.number("min-replicas-max-lag");
    fields.push(["min_slaves_good_slaves", ends.filter(({ heardAt }) => lag(heardAt) <= most).length]);
  }
  for (const [index, { host, port, acknowledged, heardAt }] of ends.entries()) {
    fields.push([
      `slave${index}`,
      `ip=${host},port=${port},state=online,offset=${acknowledged},lag=${lag(heardAt)}`,
    ]);
  }
  const offset = replication?.offset ?? 0;
  const active = replication !== undefined && (replication.feed.active || node.replica);
  const size = node.config.number("repl-backlog-size");
  const kept = active ? Math.min(offset, size) : 0;
  fields.push(
    ["master_failover_state", "no-failover"],
    ["master_replid", replication?.id ?? node.runId],
    ["master_replid2", replication?.formerId ?? "0".repeat(40)],
    ["master_repl_offset", offset],
    ["second_repl_offset", replication?.formerOffset ?? -1],
    ["repl_backlog_active", active ? 1 : 0],
    ["repl_backlog_size", size],
    ["repl_backlog_first_byte_offset", active ? offset - kept + 1 : 0],
    ["repl_backlog_histlen", kept],
  );
  return fields;
}

function replicaFields(node: ServerNode, replication: Replication, now: number): InfoField[] {
  const { link, primary, up } = replication;
  const seconds = (since: number): number => Math.max(0, Math.floor((now - since) / 1000));
  const fields: InfoField[] = [
    ["master_host", primary?.host ?? ""],
    ["master_port", primary?.port ?? 0],
    ["master_link_status", up ? "up" : "down"],
    ["master_last_io_seconds_ago", up && link !== undefined ? seconds(link.heardAt) : -1],
    ["master_sync_in_progress", link !== undefined && !link.synced ? 1 : 0],
    ["slave_read_repl_offset", replication.offset],
    ["slave_repl_offset", replication.offset],
  ];
  if (!up) fields.push(["master_link_down_since_seconds", seconds(replication.downSince)]);
  fields.push(
    ["slave_priority", node.config.text("replica-priority")],
    ["slave_read_only", node.config.flag("replica-read-only") ? 1 : 0],
    ["replica_announced", node.config.flag("replica-announced") ? 1 : 0],
  );
  return fields;
}
