import { NO_NODE, SLOT_COUNT } from "../../src/slots/index.ts";
import type { Cluster } from "./cluster.ts";
import { count } from "./key-bytes.ts";
import type { KeySummary } from "./key-summary.ts";
import { percent, sharesOf } from "./shares.ts";

/** slotpack's default: keys in one packed write. */
export const CHUNK_SIZE = 256;

export type Waiting = "each" | "all";

export interface Lane {
  readonly id: "key" | "slot" | "node";
  readonly name: string;
  readonly how: string;
  /** Round trips that follow one another. */
  readonly trips: number;
  /** What is written to sockets: one per command, or one per packed chunk. */
  readonly writes: number;
  readonly latencyMs: number;
}

export function lanesFor(cluster: Cluster, summary: KeySummary, rttMs: number, waiting: Waiting): Lane[] {
  const perNode = sharesOf(cluster, summary.counts).slice(0, -1);
  const chunks = perNode.reduce((sum, { keys }) => sum + Math.ceil(keys / CHUNK_SIZE), 0);
  let keys = 0;
  let slots = 0;
  for (let slot = 0; slot < SLOT_COUNT; slot++) {
    if (summary.counts[slot] === 0 || cluster.map.nodeOfSlot[slot] === NO_NODE) continue;
    keys += summary.counts[slot]!;
    slots++;
  }
  const tripsOf = (commands: number): number => (waiting === "each" ? commands : Math.min(1, commands));
  const lane = (id: Lane["id"], name: string, how: string, writes: number, trips: number): Lane => ({
    id,
    name,
    how,
    trips,
    writes,
    latencyMs: trips * rttMs,
  });
  return [
    lane("key", "per key", "GET key", keys, tripsOf(keys)),
    lane("slot", "per slot", "MGET of a slot's keys", slots, tripsOf(slots)),
    lane("node", "per node", "slotpack: one packed write", chunks, Math.min(1, chunks)),
  ];
}

/** What the lanes do not say by themselves. */
export function honestNotes(cluster: Cluster, summary: KeySummary, waiting: Waiting): string[] {
  const notes: string[] = [];
  const saved = summary.slotCountWithoutTags - summary.slotCount;
  if (summary.tagged === 0) {
    notes.push(
      "None of these keys has a {tag}. Tags would shorten the per-slot lane only: the per-node lane sends whatever lies on a node together.",
    );
  } else {
    const change =
      saved > 0
        ? `take the per-slot lane from ${count(summary.slotCountWithoutTags, "slot")} to ${count(summary.slotCount, "slot")}`
        : "do not shorten even the per-slot lane";
    notes.push(
      `Hash tags in ${percent(summary.tagged / summary.count)} of these keys ${change}. They change nothing in the per-node lane.`,
    );
    const [hottest] = summary.hotTags;
    if (hottest !== undefined && hottest.keys > 1)
      notes.push(
        `What tags are for is one MSET, transaction or script over several keys. What they cost is balance: {${hottest.tag}} keeps ${count(hottest.keys, "key")} on one node for good.`,
      );
  }
  notes.push(
    waiting === "each"
      ? "Sent all at once (Promise.all, a pipeline), the first two lanes also wait about one round trip; what stays is a command, a promise and a reply for each."
      : "All at once, every lane waits about one round trip. The difference left is in the writes, and in the client's and server's CPU for each.",
  );
  notes.push(
    `Round trips only: no server time, no bandwidth. slotpack writes at most ${CHUNK_SIZE} keys at a time, all chunks at once; ${cluster.map.nodes.length === 1 ? "one node" : "the nodes"} answer${cluster.map.nodes.length === 1 ? "s" : ""} side by side.`,
  );
  return notes;
}

/** `850 µs`, `12.5 ms`, `1.3 s`, `2 min 5 s`. */
export function duration(ms: number): string {
  if (ms === 0) return "0 ms";
  if (ms < 1) return `${Math.round(ms * 1000)} µs`;
  if (ms < 1000)
    return `${ms < 10 ? Number(ms.toFixed(2)) : ms < 100 ? Number(ms.toFixed(1)) : Math.round(ms)} ms`;
  if (ms < 60_000) return `${Number((ms / 1000).toFixed(ms < 10_000 ? 2 : 1))} s`;
  const seconds = Math.round(ms / 1000);
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

/** The slider's 0 to 100 on a logarithmic scale from 0.05 to 200 ms, rounded to two digits. */
export function rttOf(position: number): number {
  const ms = 0.05 * 4000 ** (position / 100);
  return Number(ms.toPrecision(2));
}

export function positionOf(rttMs: number): number {
  return Math.round((Math.log(rttMs / 0.05) / Math.log(4000)) * 100);
}
