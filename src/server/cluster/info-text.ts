import type { ClusterMember } from "./cluster-member.ts";

/** In the order in which CLUSTER INFO lists them. */
const MESSAGES = ["ping", "pong", "meet", "fail", "publish", "auth-req", "auth-ack", "update", "mfstart"];

/** CLUSTER INFO. Messages are those that the bus would have carried. */
export function infoText(member: ClusterMember): string {
  const { view } = member;
  let assigned = 0;
  let suspected = 0;
  let failed = 0;
  for (const { first, last, owner } of view.ranges) {
    const count = last - first + 1;
    assigned += count;
    if (owner.failed) failed += count;
    else if (owner.suspected) suspected += count;
  }
  const lines: [string, string | number][] = [
    ["cluster_state", view.ok ? "ok" : "fail"],
    ["cluster_slots_assigned", assigned],
    ["cluster_slots_ok", assigned - suspected - failed],
    ["cluster_slots_pfail", suspected],
    ["cluster_slots_fail", failed],
    ["cluster_known_nodes", view.peers.size],
    ["cluster_size", view.size],
    ["cluster_current_epoch", view.currentEpoch],
    ["cluster_my_epoch", view.self.epoch],
    ...messageLines(member.sent, "sent"),
    ...messageLines(member.received, "received"),
    ["total_cluster_links_buffer_limit_exceeded", 0],
  ];
  return lines.map(([name, value]) => `${name}:${value}\r\n`).join("");
}

function messageLines(counts: ReadonlyMap<string, number>, word: string): [string, number][] {
  const lines: [string, number][] = [];
  let total = 0;
  for (const type of MESSAGES) {
    const count = counts.get(type) ?? 0;
    total += count;
    if (count > 0) lines.push([`cluster_stats_messages_${type}_${word}`, count]);
  }
  return [...lines, [`cluster_stats_messages_${word}`, total]];
}
